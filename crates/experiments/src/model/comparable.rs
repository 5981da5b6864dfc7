//! Whether a flag divides customers as an experiment on it expects. One that does not would count nobody, or be found invalid at
//! its first look.

use kernel::Problem;

use super::Definition;

/// Shares that are the same but for rounding. The test of the arms' sizes knows no tolerance, so that this is none either.
const SHARE_TOLERANCE: f64 = 0.0005;

/// How a flag divides customers now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Division {
    /// Variants and their shares, of all whom no condition singles out. Empty: that depends on rules.
    pub shares: Vec<(String, f64)>,
    /// Why its shares cannot be ramped, with what to do, if so.
    pub no_ramp: Option<String>,
}

impl Division {
    /// A variant may have several parts of the split.
    fn of(&self, variant: &str) -> f64 {
        self.shares.iter().filter(|(name, _)| name == variant).map(|(_, share)| share).sum()
    }

    fn told(&self) -> String {
        if self.shares.is_empty() {
            return "its shares depend on rules".to_owned();
        }
        let all = self.shares.iter().map(|(name, share)| format!("{name} {}", percent(*share)));
        all.collect::<Vec<_>>().join(", ")
    }

    /// How customers are divided as the experiment expects.
    fn ramp(&self, definition: &Definition) -> String {
        let Definition { flag, control, treatment, share, .. } = definition;
        if let Some(why) = &self.no_ramp {
            return format!("give the two variants their shares in flags/; {why}");
        }
        // Whoever has another variant keeps it.
        let others = self.shares.iter().filter(|(name, _)| name != control && name != treatment);
        let others: Vec<(String, f64)> = others.cloned().collect();
        let both = 1.0 - others.iter().map(|(_, share)| share).sum::<f64>();
        let ours = [(treatment.clone(), share * both), (control.clone(), (1.0 - share) * both)];
        let part = |(name, share): (String, f64)| format!("{name}={}", percent(share).replace(' ', ""));
        let parts: Vec<String> = ours.into_iter().chain(others).map(part).collect();
        format!("`trunkline flag ramp {flag} {}`", parts.join(" "))
    }
}

/// The problem says what to do.
pub fn comparable(definition: &Definition, division: &Division) -> Result<(), Problem> {
    let Definition { flag, control, treatment, share, .. } = definition;
    let (a, b, now) = (division.of(control), division.of(treatment), division.told());
    if a <= 0.0 || b <= 0.0 {
        let problem = Problem::conflict(format!(
            "flag {flag:?} does not divide customers into {control:?} and {treatment:?}: {now}"
        ));
        return Err(problem.hint(division.ramp(definition)));
    }
    let treated = b / (a + b);
    if (treated - share).abs() > SHARE_TOLERANCE {
        let problem = Problem::conflict(format!(
            "of those whom flag {flag:?} gives one of the two, {} get {treatment:?}, and the experiment expects {}: {now}",
            percent(treated),
            percent(*share),
        ));
        let declared = (treated * 1_000.0).round() / 1_000.0;
        let ramp = division.ramp(definition);
        let can_be_declared = declared > 0.0 && declared < 1.0;
        return Err(problem.hint(if can_be_declared {
            format!("declare `share: {declared}`; or {ramp}")
        } else {
            ramp
        }));
    }
    Ok(())
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 10_000.0).round() / 100.0)
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
        let shares: Vec<_> = shares.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect();
        let no_ramp = if shares.is_empty() { Some("several splits".to_owned()) } else { None };
        let division = Division { shares, no_ramp };
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
        assert!(tenth.contains("declare `share: 0.1`; or `trunkline flag ramp x on=50% off=50%`"), "{tenth}");
        let third = told("share: 0.33,", &[("on", 1.0 / 3.0), ("off", 2.0 / 3.0)]).unwrap_err();
        assert!(third.contains("declare `share: 0.333`"), "the arms' sizes would be found wrong: {third}");
        let hardly = told("", &[("on", 0.0001), ("off", 0.9999)]).unwrap_err();
        assert!(!hardly.contains("declare"), "a share of nothing is none: {hardly}");
        let three = told("", &[("on", 0.1), ("off", 0.4), ("other", 0.5)]).unwrap_err();
        assert!(three.contains("on=25% off=25% other=50%"), "nobody who has another variant loses it: {three}");
        let rules = told("", &[]).unwrap_err();
        assert!(rules.contains("depend on rules") && rules.contains("in flags/; several splits"), "{rules}");
    }
}
