//! From the text of `journeys/*.yaml` to a [`Definition`], or to the place of what is wrong with it.

use kernel::Problem;

use super::Definition;

const BYTES_MAX: usize = 256 << 10;

/// Parses a definition; `name` is the file, for the problem.
pub fn parse(text: &str, name: &str) -> Result<Definition, Box<Problem>> {
    if text.len() > BYTES_MAX {
        let problem = Problem::invalid(format!("the file has more than {} KiB", BYTES_MAX >> 10));
        return Err(Box::new(Problem { file: Some(name.to_owned()), ..problem }));
    }
    serde_saphyr::from_str(text)
        .map_err(|error| Box::new(misread::problem(&error, name, |field| Some(missing(field).to_owned()))))
}

/// The JSON Schema of the file.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Definition).to_value()
}

/// What a key that must be there is for.
fn missing(field: &str) -> &'static str {
    match field {
        "journey" => "the journey's name, for example `journey: checkout`",
        "within" => "the time from the first step to the last, for example `within: 24h`",
        "steps" => "from first to last, for example `steps: [{ name: paid, event: order placed }]`",
        "event" => "the name of the event that fills the step, as it is sent",
        "name" => "what people call the step",
        _ => "`trunkline init --schema journey` shows every key",
    }
}

#[cfg(test)]
mod tests;
