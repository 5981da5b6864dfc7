//! `trunkline stats METHOD`: one method from JSON, `{"inputs": .., "params": ..}`, to JSON.
//!
//! Names of methods and fields are those of the field's shared golden cases, so that anybody's can be compared with ours.

mod input;
mod methods;

use kernel::Problem;
use serde_json::Value;

/// Largest input.
pub const INPUT_BYTES_MAX: usize = 1 << 20;

type Method = fn(&str) -> Result<Value, Problem>;

/// What can be asked, in the order of the catalogue.
const METHODS: [(&str, Method); 17] = [
    ("two_proportion_z", methods::two_proportions),
    ("welch_t_absolute", methods::welch),
    ("relative_lift_fieller", methods::fieller),
    ("relative_lift_delta", methods::delta),
    ("edge_relative_t", methods::delta_or_nothing),
    ("ratio_metric_delta", methods::ratio),
    ("asymptotic_cs_two_sided", methods::sequence_two_sided),
    ("asymptotic_cs_one_sided", methods::sequence_one_sided),
    ("bernoulli_confidence_sequence", methods::bernoulli),
    ("srm_chi_square", methods::srm_chi_square),
    ("srm_sequential_dirichlet_multinomial", methods::srm_sequential),
    ("power_two_proportions_n", methods::units_for_share),
    ("power_means_n", methods::units_for_means),
    ("power_means_mde", methods::effect_for_means),
    ("power_means_power", methods::power_of_means),
    ("mid_experiment_power", methods::still_needed),
    ("tail_p_value", methods::tail),
];

/// The names of all methods.
pub fn methods() -> impl Iterator<Item = &'static str> {
    METHODS.iter().map(|(name, _)| *name)
}

/// Runs one method. A method that is not known is not found; an input that makes no sense is invalid.
pub fn run(method: &str, input: &str) -> Result<Value, Problem> {
    let Some((_, run)) = METHODS.iter().find(|(name, _)| *name == method) else {
        let known: Vec<_> = methods().collect();
        return Err(Problem::not_found(format!("there is no method {method:?}"))
            .hint(format!("there are {}", known.join(", "))));
    };
    if input.len() > INPUT_BYTES_MAX {
        return Err(Problem::invalid(format!("the input has more than {INPUT_BYTES_MAX} bytes")));
    }
    run(input)
}
