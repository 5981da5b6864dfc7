//! Text that shows as it is: names and versions come from anybody, and end up on terminals and pages.

/// Whether nothing in it moves the cursor, turns the direction of writing or cannot be seen.
pub fn is_plain(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || is_hidden(c))
}

/// The same with a mark in place of each such character.
pub fn plain(text: &str) -> String {
    text.replace(|c: char| c.is_control() || is_hidden(c), "\u{fffd}")
}

/// Zero width, or a direction of writing (Unicode UAX #9).
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_show_as_it_is_is_found() {
        assert!(is_plain("@scope/näme+1.0"));
        for text in ["a\u{1b}[2J", "a\nb", "a\u{202e}b", "a\u{200b}"] {
            assert!(!is_plain(text), "{text:?}");
        }
        assert_eq!(plain("a\u{1b}b"), "a\u{fffd}b");
    }
}
