//! The template of a path: what pages of one kind have in common. `/product/123` is `/product/:id`.
//!
//! Invariant: pinned as far as it can be. Templates are stored with page views, and journeys are told by them.

const SEGMENTS_MAX: usize = 16;
const CHARS_MAX: usize = 200;
/// Hexadecimal text from this length on is an id if it has a digit.
const HEX_CHARS: usize = 8;
/// Any text from this length on is an id if it has a digit.
const SLUG_CHARS: usize = 20;

/// The template, without the query; at most 200 characters.
pub(super) fn of(path: &str) -> String {
    let mut template = String::with_capacity(path.len());
    for (n, segment) in path.split('/').skip(1).filter(|segment| !segment.is_empty()).enumerate() {
        if n == SEGMENTS_MAX || template.len() + segment.len() > CHARS_MAX {
            template.push_str("/…");
            break;
        }
        template.push('/');
        template.push_str(if is_id(segment) { ":id" } else { segment });
    }
    if template.is_empty() { "/".into() } else { template }
}

fn is_id(segment: &str) -> bool {
    let has_digit = segment.bytes().any(|byte| byte.is_ascii_digit());
    let is_only = |what: fn(&u8) -> bool| segment.as_bytes().iter().all(&what);
    let is_number = is_only(u8::is_ascii_digit);
    let is_hex = segment.len() >= HEX_CHARS && is_only(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    let is_address = segment.contains('@') || segment.contains("%40");
    is_number || is_address || (has_digit && (is_hex || segment.len() >= SLUG_CHARS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_left_out_and_words_are_kept() {
        for (path, template) in [
            ("/", "/"),
            ("", "/"),
            ("/product/123", "/product/:id"),
            ("/product/123/", "/product/:id"),
            ("//cart//", "/cart"),
            ("/orders/0192f7a0-0000-7000-8000-000000000001/lines/4", "/orders/:id/lines/:id"),
            ("/commit/deadbeef", "/commit/deadbeef"),
            ("/commit/deadbee7", "/commit/:id"),
            ("/blog/ten-blue-shoes", "/blog/ten-blue-shoes"),
            ("/blog/our-summer-sale-of-2026", "/blog/:id"),
            ("/user/ann@example.org", "/user/:id"),
            ("/v2/checkout", "/v2/checkout"),
        ] {
            assert_eq!(of(path), template, "{path}");
        }
    }

    #[test]
    fn a_template_is_bounded() {
        assert!(of(&"/ab".repeat(1_000)).ends_with("/…"));
        assert!(of(&format!("/{}", "a".repeat(10_000))).len() < 10);
    }
}
