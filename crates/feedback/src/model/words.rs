//! Texts of others, within bounds.

use std::collections::BTreeSet;

use kernel::Problem;

/// A text is kept up to here.
pub(crate) const TEXT_CHARS_MAX: usize = 5_000;
const TAG_CHARS_MAX: usize = 40;
const TAGS_MAX: usize = 20;

/// A text that somebody gave, as it is.
pub fn text(text: &str) -> Result<(), Problem> {
    let chars = text.chars().count();
    if text.trim().is_empty() {
        return Err(Problem::invalid("text says nothing").hint("give the customer's words"));
    }
    if chars > TEXT_CHARS_MAX {
        let problem = Problem::invalid(format!("text has {chars} characters, at most {TEXT_CHARS_MAX} are kept"));
        return Err(problem.hint("keep what matters, in the customer's words"));
    }
    Ok(())
}

/// Lower-case letters, digits and `-`: a word for sorting, never a person's.
pub fn tag(text: &str) -> Result<(), Problem> {
    let fits = !text.is_empty()
        && text.len() <= TAG_CHARS_MAX
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let hint = format!("lower-case letters, digits and `-`, at most {TAG_CHARS_MAX}, for example `too-slow`");
    if fits { Ok(()) } else { Err(Problem::invalid(format!("{text:?} is no tag")).hint(hint)) }
}

/// Each once, in order.
pub fn tags(tags: &[String]) -> Result<Vec<String>, Problem> {
    tags.iter().try_for_each(|tag| self::tag(tag))?;
    let tags: BTreeSet<&String> = tags.iter().collect();
    if tags.len() > TAGS_MAX {
        return Err(Problem::invalid(format!("there are {} tags, at most {TAGS_MAX} are kept", tags.len())));
    }
    Ok(tags.into_iter().cloned().collect())
}

/// At most so many characters; what is cut off is shown by `…`.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
