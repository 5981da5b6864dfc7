//! Lists are handed out in pages; the place to go on from is an opaque cursor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Problem;

/// One page of a list: `{"items": [..], "next": null | "cursor"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// At most as many as were asked for.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts a page out of a query that asked for one row more than `limit`; `place` says where the last item stands.
    pub fn cut(mut items: Vec<T>, limit: usize, place: impl FnOnce(&T) -> Cursor) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(|last| place(last).0) } else { None };
        Self { items, next }
    }

    /// The same page with other items.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

/// A place in a list. Its text means nothing to a client and may change between versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

impl Cursor {
    /// Wraps the sort key of an item.
    pub fn encode(place: &impl Serialize) -> Self {
        let json = serde_json::to_vec(place).expect("sort keys are plain values");
        Self(URL_SAFE_NO_PAD.encode(json))
    }

    /// The sort key again, or what is wrong with the text that the client sent.
    pub fn decode<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
        let bad = || Problem::invalid("the cursor is not one of ours").hint("leave it out to begin at the first page");
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
        serde_json::from_slice(&json).map_err(|_| bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_has_no_next() {
        let page = Page::cut(vec![1, 2], 2, Cursor::encode);
        assert_eq!(page, Page { items: vec![1, 2], next: None });
    }

    #[test]
    fn a_cut_page_says_where_to_go_on() {
        let page = Page::cut(vec![1, 2, 3], 2, Cursor::encode);
        assert_eq!(page.items, [1, 2]);
        assert_eq!(Cursor::decode::<i32>(&page.next.unwrap()).unwrap(), 2);
    }

    #[test]
    fn a_foreign_cursor_is_a_clear_error() {
        assert!(Cursor::decode::<i32>("%%%").unwrap_err().to_string().contains("cursor"));
    }
}
