//! From the text of `experiments/*.yaml` to a [`Definition`], or to the place of what is wrong with it.

use kernel::Problem;

use super::Definition;

const BYTES_MAX: usize = 256 << 10;

/// Parses a definition; `name` is the file, for the problem.
pub fn parse(text: &str, name: &str) -> Result<Definition, Box<Problem>> {
    let in_file = |problem: Problem| Box::new(Problem { file: Some(name.to_owned()), ..problem });
    if text.len() > BYTES_MAX {
        return Err(in_file(Problem::invalid(format!("the file has more than {} KiB", BYTES_MAX >> 10))));
    }
    let definition: Definition = serde_saphyr::from_str(text)
        .map_err(|error| Box::new(misread::problem(&error, name, |field| Some(missing(field).to_owned()))))?;
    if definition.control == definition.treatment {
        let problem = Problem::invalid(format!("control and treatment are both {:?}", definition.control));
        return Err(in_file(problem.hint("they are two variants of the flag")));
    }
    Ok(definition)
}

/// The JSON Schema of the file.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Definition).to_value()
}

/// What a key that must be there is for.
fn missing(field: &str) -> &'static str {
    match field {
        "experiment" => "its name, for example `experiment: gift-wrap`",
        "owner" => "the domain that owns it, for example `owner: sales`",
        "hypothesis" => "what is believed, for example `hypothesis: gift wrap brings more orders`",
        "flag" => "the flag whose variants are compared",
        "control" => "the variant that customers had before, for example `control: \"off\"`",
        "treatment" => "the variant that is tried, for example `treatment: \"on\"`",
        "metrics" => "what is measured, for example `metrics: [{ name: paid, role: success, journey: checkout }]`",
        "within" => "how long a person is followed from what they saw, for example `within: 1d`",
        "planned_persons" => "in both arms together; `trunkline stats power_two_proportions_n` says how many it takes",
        "name" => "what people call the metric",
        "role" => "`success` is to become better, `guardrail` must not become worse",
        _ => "docs/reference/experiments.md shows every key",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
experiment: gift-wrap
owner: sales
hypothesis: gift wrap brings more orders
flag: gift-wrap
control: \"off\"
treatment: \"on\"
within: 10m
planned_persons: 4000
metrics:
  - { name: paid, role: success, journey: checkout }
  - { name: revenue, role: guardrail, event: order placed, sum: price, margin: 2% }
";

    #[test]
    fn what_is_left_out_has_a_default() {
        let definition = parse(GOOD, "experiments/gift-wrap.yaml").unwrap();
        assert_eq!((definition.share, definition.alpha, definition.min_persons), (0.5, 0.05, 200));
        assert_eq!((definition.within_ms(), definition.min_duration_ms()), (600_000, 7 * 86_400_000));
        assert!((definition.metrics[1].margin - 0.02).abs() < f64::EPSILON);
        let stored = serde_json::to_string(&definition).unwrap();
        assert_eq!(serde_json::from_str::<Definition>(&stored).unwrap(), definition, "it is stored as JSON");
    }

    #[test]
    fn mistakes_have_their_place_and_a_hint() {
        let cases = [
            ("flag: gift-wrap\n", "", "\"flag\" is missing", "the flag whose variants"),
            ("treatment: \"on\"", "treatment: \"off\"", "control and treatment are both \"off\"", "two variants"),
            ("role: success", "role: guardrail", "no metric is a success", "role: success"),
            (
                "journey: checkout",
                "journey: checkout, sum: price",
                "the metric \"paid\" has a journey with sum",
                "for events",
            ),
            ("margin: 2%", "margin: 200%", "\"200%\" is not a share", "write 10%"),
            ("name: revenue", "name: paid", "the metric \"paid\" is there twice", "own name"),
            ("within: 10m", "within: soon", "\"soon\" is not a duration", "30m"),
            ("planned_persons: 4000", "planned_persons: 3", "3 persons cannot be planned", "power_two"),
            ("owner: sales", "owners: sales", "unknown key \"owners\"", "owner"),
        ];
        for (good, bad, message, hint) in cases {
            assert!(GOOD.contains(good), "{good}");
            let problem = parse(&GOOD.replacen(good, bad, 1), "experiments/x.yaml").unwrap_err();
            assert!(problem.message.starts_with(message), "{bad}: {problem:?}");
            assert!(problem.hint.as_deref().is_some_and(|given| given.contains(hint)), "{bad}: {problem:?}");
            assert_eq!(problem.file.as_deref(), Some("experiments/x.yaml"));
        }
    }
}
