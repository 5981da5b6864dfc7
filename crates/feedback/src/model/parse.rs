//! From the text of `surveys/*.yaml` to a [`Survey`], or to the place of what is wrong with it.

use kernel::Problem;

use super::Survey;

const BYTES_MAX: usize = 256 << 10;

/// Parses a survey; `name` is the file, for the problem.
pub fn parse(text: &str, name: &str) -> Result<Survey, Box<Problem>> {
    let in_file = |problem: Problem| Box::new(Problem { file: Some(name.to_owned()), ..problem });
    if text.len() > BYTES_MAX {
        return Err(in_file(Problem::invalid(format!("the file has more than {} KiB", BYTES_MAX >> 10))));
    }
    let survey: Survey = serde_saphyr::from_str(text)
        .map_err(|error| Box::new(misread::problem(&error, name, |field| Some(missing(field).to_owned()))))?;
    let shown = &survey.shown;
    if shown.variant.is_some() && shown.flag.is_none() {
        return Err(in_file(Problem::invalid("it is shown to a variant of no flag").hint("name the flag: shown.flag")));
    }
    if shown.step.is_some() && shown.journey.is_none() {
        let problem = Problem::invalid("it is shown after a step of no journey");
        return Err(in_file(problem.hint("name the journey: shown.journey")));
    }
    Ok(survey)
}

/// The JSON Schema of the file.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Survey).to_value()
}

/// What a key that must be there is for.
fn missing(field: &str) -> &'static str {
    match field {
        "survey" => "its name, for example `survey: after-checkout`",
        "owner" => "the domain that owns it, for example `owner: sales`",
        "questions" => "for example `questions: [{ id: why, ask: What could be better?, type: open }]`",
        "ends" => "the last day of asking, for example `ends: 2027-03-31`",
        "id" => "its name among the questions, for example `id: why`",
        "ask" => "what is asked",
        "type" => "open, rating, single_choice or multiple_choice",
        _ => "`trunkline init --schema survey` shows every key",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
survey: after-checkout
owner: sales
ends: 2027-03-31
shown: { url: /thanks, flag: gift-wrap, variant: \"on\", journey: checkout, step: paid }
share: 20%
questions:
  - { id: ease, ask: How easy was it to pay?, type: rating, scale: 7, low: hard, high: easy }
  - { id: why, ask: What could be better?, type: open, optional: true }
  - { id: what, ask: What did you buy?, type: multiple_choice, choices: [tea, cups] }
";

    #[test]
    fn what_is_left_out_has_a_default() {
        let survey = parse(GOOD, "surveys/x.yaml").unwrap();
        assert_eq!((survey.points(), survey.wait_days, survey.questions.len()), (2_000, 14, 3));
        let over = jiff::Timestamp::from_millisecond(survey.over_ms()).unwrap().to_string();
        assert_eq!(over, "2027-04-01T00:00:00Z", "the last day is whole");
        let stored = serde_json::to_string(&survey).unwrap();
        assert_eq!(serde_json::from_str::<Survey>(&stored).unwrap(), survey, "it is stored as JSON");
    }

    #[test]
    fn mistakes_have_their_place_and_a_hint() {
        let cases = [
            ("ends: 2027-03-31\n", "", "\"ends\" is missing", "the last day"),
            ("2027-03-31", "next week", "\"next week\" is no day", "2027"),
            ("share: 20%", "share: 0%", "\"0%\" is not a share", "10%"),
            ("flag: gift-wrap, ", "", "it is shown to a variant of no flag", "shown.flag"),
            ("journey: checkout, ", "", "it is shown after a step of no journey", "shown.journey"),
            ("scale: 7", "scale: 6", "the question \"ease\" has a scale", "2, 3, 5"),
            ("id: what", "id: why", "the question \"why\" is there twice", "own id"),
            ("choices: [tea, cups]", "choices: [tea]", "the question \"what\" needs 2 to 20", "choices"),
            ("type: open", "type: opne", "\"opne\" is not known here", "open"),
            ("owner: sales", "owners: sales", "unknown key \"owners\"", "owner"),
        ];
        for (good, bad, message, hint) in cases {
            assert!(GOOD.contains(good), "{good}");
            let problem = parse(&GOOD.replacen(good, bad, 1), "surveys/x.yaml").unwrap_err();
            assert!(problem.message.starts_with(message), "{bad}: {problem:?}");
            assert!(problem.hint.as_deref().is_some_and(|given| given.contains(hint)), "{bad}: {problem:?}");
            assert_eq!(problem.file.as_deref(), Some("surveys/x.yaml"));
        }
    }
}
