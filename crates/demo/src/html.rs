//! What a customer can do with a page: its links and its forms.
//!
//! Reads the HTML that a shop may serve, not all HTML there is; what it does not understand it passes over.

/// A page as far as somebody who walks the shop is concerned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) links: Vec<Link>,
    pub(crate) forms: Vec<Form>,
    /// All that can be read, in lower case.
    pub(crate) text: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) href: String,
    /// In lower case.
    pub(crate) text: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) is_post: bool,
    pub(crate) action: String,
    pub(crate) fields: Vec<Field>,
    /// What its button says, in lower case.
    pub(crate) button: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Filled in by the shop and not by the customer.
    pub(crate) is_hidden: bool,
}

impl Form {
    /// Whether the customer is asked for something.
    pub(crate) fn asks(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name && !field.is_hidden)
    }
}

/// Where text goes.
#[derive(Default)]
struct Reader {
    page: Page,
    link: Option<Link>,
    form: Option<Form>,
    in_button: bool,
}

pub(crate) fn read(html: &str) -> Page {
    let mut reader = Reader::default();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        reader.text(&rest[..start]);
        let tag = &rest[start + 1..];
        let end = end_of_tag(tag);
        reader.tag(&tag[..end]);
        rest = tag.get(end + 1..).unwrap_or_default();
    }
    reader.text(rest);
    reader.page
}

/// Where the tag's `>` is; those in quotes are none.
fn end_of_tag(tag: &str) -> usize {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    tag.len()
}

impl Reader {
    fn text(&mut self, raw: &str) {
        let words = unescaped(raw).split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if words.is_empty() {
            return;
        }
        append(&mut self.page.text, &words);
        if let Some(link) = &mut self.link {
            append(&mut link.text, &words);
        }
        if let Some(form) = self.form.as_mut().filter(|_| self.in_button) {
            append(&mut form.button, &words);
        }
    }

    fn tag(&mut self, tag: &str) {
        let name = tag.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        match name.as_str() {
            "a" => self.link = attribute(tag, "href").map(|href| Link { href, text: String::new() }),
            "/a" => self.page.links.extend(self.link.take()),
            "form" => self.form = Some(form(tag)),
            "/form" => self.page.forms.extend(self.form.take()),
            "input" => {
                if let (Some(form), Some(field)) = (&mut self.form, field(tag)) {
                    form.fields.push(field);
                }
            }
            "button" => self.in_button = true,
            "/button" => self.in_button = false,
            _ => {}
        }
    }
}

fn append(to: &mut String, words: &str) {
    if !to.is_empty() {
        to.push(' ');
    }
    to.push_str(words);
}

fn form(tag: &str) -> Form {
    let is_post = attribute(tag, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
    Form { is_post, action: attribute(tag, "action").unwrap_or_default(), ..Form::default() }
}

fn field(tag: &str) -> Option<Field> {
    let is_hidden = attribute(tag, "type").is_some_and(|kind| kind == "hidden");
    Some(Field { name: attribute(tag, "name")?, value: attribute(tag, "value").unwrap_or_default(), is_hidden })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let before = format!(" {name}=\"");
    let value = &tag[tag.find(&before)? + before.len()..];
    Some(unescaped(&value[..value.find('"')?]))
}

fn unescaped(text: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_have_their_text() {
        let page = read(r#"<a class="x" href="/p?a=1&amp;b=2"><svg><path d="M1 > 2"/></svg> <b>Ridge</b> Tent</a>"#);
        assert_eq!(page.links, [Link { href: "/p?a=1&b=2".into(), text: "ridge tent".into() }]);
    }

    #[test]
    fn forms_have_their_fields_and_their_button() {
        let page = read(
            r#"<form method="post" action="/basket"><input type="hidden" name="product" value="tarp">
               <input name="name" value=""><button>Add to basket</button></form>"#,
        );
        let form = &page.forms[0];
        assert!(form.is_post && form.asks("name") && !form.asks("product"));
        assert_eq!((form.action.as_str(), form.button.as_str()), ("/basket", "add to basket"));
        assert_eq!(form.fields[0].value, "tarp");
    }

    #[test]
    fn broken_pages_do_no_harm() {
        for broken in
            ["<", "<a", "<a href=\"", "<form><input", "a > b < c", "</a></form>", "<a href=\"x\">never closed"]
        {
            read(broken);
        }
    }
}
