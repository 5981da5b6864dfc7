//! What a scene found out, claim by claim; it is as expected only if each claim holds.

use super::Told;

#[derive(Debug, Default)]
pub(super) struct Findings {
    held: Vec<String>,
    broken: Vec<String>,
}

impl Findings {
    /// Notes what was seen, and whether it is as it should be.
    pub(super) fn seen(&mut self, is_as_expected: bool, text: impl Into<String>) {
        let side = if is_as_expected { &mut self.held } else { &mut self.broken };
        side.push(text.into());
    }

    pub(super) fn told(self, change: &str) -> Told {
        let ok = self.broken.is_empty();
        let mut actual = self.broken.join("; ");
        if !ok && !self.held.is_empty() {
            actual.push_str(" (but: ");
        }
        actual.push_str(&self.held.join("; "));
        if !ok && !self.held.is_empty() {
            actual.push(')');
        }
        Told { change: change.into(), actual, ok }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_broken_claim_is_enough_and_comes_first() {
        let mut findings = Findings::default();
        findings.seen(true, "live");
        findings.seen(false, "3 requests failed");
        let told = findings.told("abc");
        assert!(!told.ok);
        assert_eq!(told.actual, "3 requests failed (but: live)");
    }
}
