use super::*;

fn source(on: u32) -> Value {
    json!({ "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "off",
        "targeting": { "fractional": [["on", on], ["off", 100 - on]] } })
}

fn dark() -> Value {
    json!({ "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "off" })
}

fn decided() -> Decided {
    Decided { at: "2026-11-24T12:00:00Z".into(), who: "ann".into(), why: None }
}

fn to(on: f64) -> BTreeMap<String, f64> {
    BTreeMap::from([("on".to_owned(), on), ("off".to_owned(), 1.0 - on)])
}

fn share(flag: &Flag, variant: &str) -> f64 {
    flag.shares().into_iter().find(|(name, _)| name == variant).map_or(0.0, |(_, share)| share)
}

#[test]
fn states_follow_from_who_gets_what() {
    let flag = Flag::new(dark());
    assert_eq!(flag.state(), "dark");
    let ramping = flag.ramped(&to(0.5), decided()).unwrap();
    assert_eq!(ramping.state(), "ramping");
    let live = ramping.ramped(&to(1.0), decided()).unwrap();
    assert_eq!(live.state(), "live");
    assert_eq!(live.ramped(&to(0.0), decided()).unwrap().state(), "dark");
    assert_eq!(live.killed(decided()).unwrap().state(), "killed");
    assert_eq!(Flag { life: Life::Retiring, ..live.clone() }.state(), "retiring");
    assert_eq!(Flag { life: Life::Retiring, ..live }.retired().unwrap().state(), "archived");
}

#[test]
fn of_several_splits_no_share_is_told_and_none_can_be_ramped() {
    let split = |on: u32| json!({ "fractional": [["on", on], ["off", 100 - on]] });
    let mut several = dark();
    several["targeting"] = json!({ "if": [{ "==": [{ "var": "plan" }, "pro"] }, split(50), split(10)] });
    let flag = Flag::new(several);
    assert_eq!(flag.shares(), []);
    let why = flag.no_ramp().unwrap().told();
    assert!(why.contains("several splits") && why.contains("change the weights in flags/"), "{why}");
    assert_eq!(flag.ramped(&to(0.5), decided()).unwrap_err().told(), why);
    for possible in [Flag::new(source(10)), Flag::new(dark())] {
        assert!(possible.no_ramp().is_none());
    }
}

#[test]
fn without_a_split_the_share_is_of_whom_no_condition_singles_out() {
    let mut ruled = dark();
    ruled["targeting"] = json!({ "if": [{ "==": [{ "var": "plan" }, "free"] }, "off", "on"] });
    assert_eq!(Flag::new(ruled).shares(), [("on".to_owned(), 1.0)]);
    let mut computed = dark();
    computed["targeting"] = json!({ "if": [{ "var": "beta" }, "on", { "var": "wish" }] });
    let flag = Flag::new(computed);
    assert_eq!(flag.shares(), []);
    assert!(flag.no_ramp().unwrap().told().contains("no place where everybody else"));
}

#[test]
fn a_ramp_survives_a_push_that_does_not_speak_of_the_split() {
    let flag = Flag::new(source(10)).ramped(&to(0.5), decided()).unwrap();
    let mut pushed = source(10);
    pushed["metadata"] = json!({ "owner": "sales" });
    let next = flag.pushed(pushed);
    assert!((share(&next, "on") - 0.5).abs() < 1e-6);
    assert!(next.ramp.is_some());
}

#[test]
fn a_ramp_ends_with_new_weights_on_trunk() {
    let flag = Flag::new(source(10)).ramped(&to(0.5), decided()).unwrap();
    let next = flag.pushed(source(25));
    assert!((share(&next, "on") - 0.25).abs() < 1e-6);
    assert_eq!(next.ramp, None);
}

#[test]
fn a_ramp_of_a_flag_without_a_split_survives_too() {
    let flag = Flag::new(dark()).ramped(&to(0.5), decided()).unwrap();
    let next = flag.pushed(dark());
    assert!((share(&next, "on") - 0.5).abs() < 1e-6);
    assert!(next.effective()["targeting"]["fractional"].is_array());
}

#[test]
fn a_kill_stays_over_pushes_until_it_is_cleared() {
    let flag = Flag::new(source(10)).killed(decided()).unwrap();
    let next = flag.pushed(source(90));
    assert_eq!(next.state(), "killed");
    assert_eq!(next.cleared().unwrap().state(), "ramping");
    assert!(next.cleared().unwrap().cleared().is_err());
}

#[test]
fn a_renamed_variant_keeps_its_people_and_testers() {
    let flag = Flag::new(source(10)).ramped(&to(0.3), decided()).unwrap().with_tester("ann", "on").unwrap();
    let renamed = json!({ "state": "ENABLED", "variants": { "new": true, "off": false }, "defaultVariant": "off",
        "targeting": { "fractional": [["new", 10], ["off", 90]] } });
    let next = flag.pushed(renamed);
    assert_eq!(next.testers["ann"], "new");
    assert!((share(&next, "new") - 0.3).abs() < 1e-6);
    let ends: Vec<u64> = next.parts.unwrap().into_iter().map(|(end, _)| end).collect();
    assert_eq!(ends, flag.parts.unwrap().into_iter().map(|(end, _)| end).collect::<Vec<_>>());
}

#[test]
fn a_variant_that_is_gone_takes_its_testers_along() {
    let flag = Flag::new(source(10)).with_tester("ann", "on").unwrap();
    let without = json!({ "state": "ENABLED", "variants": { "off": false }, "defaultVariant": "off" });
    let next = flag.pushed(without);
    assert!(next.testers.is_empty());
    assert_eq!(next.parts, None);
}

#[test]
fn an_unknown_variant_is_told_with_those_there_are() {
    let wanted = BTreeMap::from([("blue".to_owned(), 1.0)]);
    let problem = Flag::new(dark()).ramped(&wanted, decided()).unwrap_err();
    assert_eq!(problem.hint.as_deref(), Some("defined variants are \"on\", \"off\""));
}

#[test]
fn a_flag_on_trunk_is_not_retired() {
    assert!(Flag::new(dark()).retired().is_err());
}
