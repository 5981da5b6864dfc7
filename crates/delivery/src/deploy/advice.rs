//! What would mend a version that does not start, by what the edge says of its instance.

/// The fix in words, where one is known.
pub(super) fn of(why: &str) -> Option<&'static str> {
    let known = [
        (
            "exited with status 127",
            "a program that `start` names is not on this machine: install it, or change `start` in trunkline.yaml",
        ),
        (
            "exited with status 126",
            "a program that `start` names may not be executed: give it its executable bit, or change `start` in trunkline.yaml",
        ),
        (
            "nothing listens there",
            "it must listen on 127.0.0.1:$PORT; if it only needs longer, raise `health: { within: … }` in trunkline.yaml",
        ),
        (
            "not healthy within",
            "make that path answer 200 to 399, or change `health: { path: …, within: … }` in trunkline.yaml",
        ),
    ];
    known.iter().find(|(sign, _)| why.contains(sign)).map(|(_, advice)| *advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trouble_has_its_own_fix() {
        let exited = |code| format!("it ended: {}", exec::End::Exited { code });
        assert!(of(&exited(127)).unwrap().contains("install it"));
        assert!(of(&exited(126)).unwrap().contains("executable"));
        assert!(
            of("not healthy within 3 s: GET /up on port 4711 failed: nothing listens there").unwrap().contains("$PORT")
        );
        assert!(of("not healthy within 3 s: GET /up answered 500").unwrap().contains("`health: { path"));
        assert_eq!(of(&exited(1)), None);
    }
}
