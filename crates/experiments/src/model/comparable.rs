//! Whether a flag divides customers as an experiment on it expects. One that does not would count nobody, or be found invalid at
//! its first look.

use kernel::Problem;

use super::Definition;

/// Shares that are the same but for rounding.
const SHARE_TOLERANCE: f64 = 0.005;

/// How a flag divides customers now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Division {
    pub is_killed: bool,
    /// Variants and their shares, of all whom no condition singles out. Empty: that depends on rules.
    pub shares: Vec<(String, f64)>,
}

/// The problem says what to do.
pub fn comparable(definition: &Definition, division: &Division) -> Result<(), Problem> {
    let Definition { flag, control, treatment, share, .. } = definition;
    if division.is_killed {
        let problem = Problem::conflict(format!("flag {flag:?} is killed: nobody gets {treatment:?}"));
        return Err(problem.hint(format!("`trunkline flag clear {flag}` ends the kill")));
    }
    let ramp = |treated: f64| {
        let shares = [treated, 1.0 - treated].map(|share| percent(share).replace(' ', ""));
        format!("`trunkline flag ramp {flag} {treatment}={} {control}={}`", shares[0], shares[1])
    };
    let of =
        |variant: &str| division.shares.iter().filter(|(name, _)| name == variant).map(|(_, share)| share).sum::<f64>();
    let (a, b) = (of(control), of(treatment));
    let all: Vec<String> = division.shares.iter().map(|(name, share)| format!("{name} {}", percent(*share))).collect();
    let now = if all.is_empty() { "its shares depend on rules".to_owned() } else { all.join(", ") };
    if a <= 0.0 || b <= 0.0 {
        let problem = Problem::conflict(format!(
            "flag {flag:?} does not divide customers into {control:?} and {treatment:?}: {now}"
        ));
        return Err(problem.hint(format!("{} divides them", ramp(*share))));
    }
    let treated = b / (a + b);
    if (treated - share).abs() > SHARE_TOLERANCE {
        let problem = Problem::conflict(format!(
            "of those whom flag {flag:?} gives one of the two, {} get {treatment:?}, and the experiment expects {}: {now}",
            percent(treated),
            percent(*share),
        ));
        let declared = (treated * 1_000.0).round() / 1_000.0;
        return Err(problem.hint(format!("declare `share: {declared}`, or {}", ramp(*share))));
    }
    Ok(())
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1_000.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse;

    fn told(share: &str, shares: &[(&str, f64)]) -> Result<(), String> {
        let text = format!(
            "{{ experiment: x, owner: o, hypothesis: h, flag: x, control: 'off', treatment: 'on', within: 10s, {share}
               planned_persons: 100, metrics: [{{ name: paid, role: success, event: paid }}] }}"
        );
        let shares = shares.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect();
        let division = Division { is_killed: false, shares };
        comparable(&parse(&text, "x.yaml").unwrap(), &division).map_err(|problem| problem.told())
    }

    #[test]
    fn halves_and_declared_shares_can_be_compared() {
        assert_eq!(told("", &[("on", 0.5), ("off", 0.5)]), Ok(()));
        assert_eq!(told("share: 0.2,", &[("on", 0.1), ("off", 0.4), ("other", 0.5)]), Ok(()));
        // A variant may have several parts of the split.
        assert_eq!(told("", &[("on", 0.25), ("off", 0.5), ("on", 0.25)]), Ok(()));
    }

    #[test]
    fn what_divides_otherwise_is_told_with_what_to_do() {
        let dark = told("", &[("off", 1.0)]).unwrap_err();
        assert!(dark.contains("does not divide customers into \"off\" and \"on\": off 100 %"), "{dark}");
        assert!(dark.contains("`trunkline flag ramp x on=50% off=50%`"), "{dark}");
        let tenth = told("", &[("on", 0.1), ("off", 0.9)]).unwrap_err();
        assert!(tenth.contains("10 % get \"on\", and the experiment expects 50 %"), "{tenth}");
        assert!(tenth.contains("declare `share: 0.1`"), "{tenth}");
        assert!(told("", &[]).unwrap_err().contains("depend on rules"));
    }
}
