//! What a customer does next: a decision over the page that was served, and nothing else of the shop.

use super::population::Customer;
use crate::Treatment;
use crate::html::{Form, Link, Page};
use crate::random::Random;

/// The next thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Follow(String),
    Submit { is_post: bool, action: String, fields: Vec<(String, String)> },
    Leave,
}

/// What somebody remembers within a visit.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Visit {
    pub(crate) pages: usize,
    has_searched: bool,
    has_topped_up: bool,
}

/// How much a link draws that names an interest, over one that does not.
const DRAW: f64 = 8.0;
/// Links of this text lead on, but are no goods.
const DULL: [&str; 4] = ["basket", "northpath", "back to the shop", "see all products"];

/// How much of their doubt is left, or of their resolve, before a checkout on one page.
const DOUBT_LEFT: f64 = 0.1;
const RESOLVE_LEFT: f64 = 0.1;

pub(crate) fn next(
    customer: &Customer,
    page: &Page,
    visit: &mut Visit,
    treatment: Treatment,
    random: &mut Random,
) -> Step {
    visit.pages += 1;
    if visit.pages >= customer.habits.pages_max {
        return Step::Leave;
    }
    if let Some(form) = page.forms.iter().find(|form| form.is_post && form.asks("address")) {
        let order = submit(form, customer);
        return if is_basket_too(page) {
            on_one_page(customer, page, order, visit, treatment, random)
        } else {
            if_resolved(customer.habits.resolve, order, random)
        };
    }
    if let Some(link) = page.links.iter().find(|link| link.text.contains("checkout")) {
        return at_the_basket(customer, page, Step::Follow(link.href.clone()), visit, random);
    }
    if let Some(form) = page.forms.iter().find(|form| form.button.contains("add to basket")) {
        let liked = if is_of_interest(customer, &page.text) { 1.0 } else { 0.25 };
        if random.chance(customer.habits.desire * liked) {
            return submit(form, customer);
        }
    }
    search(customer, page, visit, random).unwrap_or_else(|| browse(customer, page, random))
}

/// The checkout has what is in the basket as well.
fn is_basket_too(page: &Page) -> bool {
    page.forms.iter().any(|form| form.action.ends_with("/basket/remove"))
}

fn if_resolved(resolve: f64, step: Step, random: &mut Random) -> Step {
    if random.chance(resolve) { step } else { Step::Leave }
}

fn on_one_page(
    customer: &Customer,
    page: &Page,
    order: Step,
    visit: &mut Visit,
    treatment: Treatment,
    random: &mut Random,
) -> Step {
    let resolve = customer.habits.resolve;
    match treatment {
        Treatment::Better => if_resolved(1.0 - DOUBT_LEFT * (1.0 - resolve), order, random),
        Treatment::Worse => if_resolved(RESOLVE_LEFT * resolve, order, random),
        // One after the other as on two pages, patience included: only the way between them is saved.
        Treatment::Same => {
            let step = at_the_basket(customer, page, order.clone(), visit, random);
            if step != order {
                return step;
            }
            visit.pages += 1;
            let is_tired = visit.pages >= customer.habits.pages_max;
            if is_tired { Step::Leave } else { if_resolved(resolve, order, random) }
        }
    }
}

/// To checkout, or back for a little more, or away.
fn at_the_basket(customer: &Customer, page: &Page, checkout: Step, visit: &mut Visit, random: &mut Random) -> Step {
    let is_worth_it = page.text.contains("more, and delivery is free");
    if is_worth_it && !visit.has_topped_up && random.chance(customer.habits.thrift) {
        visit.has_topped_up = true;
        return page.links.first().map_or(Step::Leave, |link| Step::Follow(link.href.clone()));
    }
    if_resolved(customer.habits.resolve, checkout, random)
}

fn search(customer: &Customer, page: &Page, visit: &mut Visit, random: &mut Random) -> Option<Step> {
    let form = page.forms.iter().find(|form| form.asks("q"))?;
    if visit.has_searched || customer.segment.interests.is_empty() || !random.chance(customer.habits.searches) {
        return None;
    }
    visit.has_searched = true;
    let wanted = *random.one_of(customer.segment.interests);
    Some(Step::Submit { is_post: form.is_post, action: form.action.clone(), fields: vec![("q".into(), wanted.into())] })
}

fn browse(customer: &Customer, page: &Page, random: &mut Random) -> Step {
    let weight = |link: &Link| match link.text.as_str() {
        dull if DULL.iter().any(|word| dull.starts_with(word)) => 0.3,
        text if is_of_interest(customer, text) => DRAW,
        _ => 1.0,
    };
    let weights: Vec<f64> = page.links.iter().map(weight).collect();
    random.weighted(&weights).map_or(Step::Leave, |index| Step::Follow(page.links[index].href.clone()))
}

fn is_of_interest(customer: &Customer, text: &str) -> bool {
    customer.segment.interests.iter().any(|word| text.contains(word))
}

fn submit(form: &Form, customer: &Customer) -> Step {
    let filled = form.fields.iter().map(|field| {
        let value = match field.name.as_str() {
            _ if field.is_hidden => &field.value,
            "name" => &customer.name,
            "address" => &customer.address,
            _ => &field.value,
        };
        (field.name.clone(), value.clone())
    });
    Step::Submit { is_post: form.is_post, action: form.action.clone(), fields: filled.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customers::population;
    use crate::html;

    fn steps(html: &str) -> Vec<Step> {
        steps_with(html, Treatment::Better)
    }

    fn steps_with(html: &str, treatment: Treatment) -> Vec<Step> {
        let page = html::read(html);
        let people = population::of(3, 400);
        let decide =
            |(n, customer)| next(customer, &page, &mut Visit::default(), treatment, &mut Random::of(3, n as u64));
        people.iter().enumerate().map(decide).collect()
    }

    fn count(steps: &[Step], is: impl Fn(&Step) -> bool) -> usize {
        steps.iter().filter(|step| is(step)).count()
    }

    #[test]
    fn a_hint_brings_some_back_who_would_have_gone_to_checkout() {
        let page = |hint| format!(r#"<a href="/">Northpath</a><p>{hint}</p><a href="/checkout">To checkout</a>"#);
        let goes_back = |step: &Step| *step == Step::Follow("/".into());
        assert!(count(&steps(&page("")), goes_back) == 0);
        assert!(count(&steps(&page("11.00 € more, and delivery is free.")), goes_back) > 60);
    }

    #[test]
    fn the_form_is_filled_in_with_who_they_are() {
        let steps = steps(r#"<form method="post" action="/checkout"><input name="name"><input name="address"></form>"#);
        let is_filled =
            |step: &Step| matches!(step, Step::Submit { fields, .. } if fields.iter().all(|(_, v)| !v.is_empty()));
        assert!(count(&steps, is_filled) > 120);
        assert!(steps.iter().all(|step| is_filled(step) || *step == Step::Leave));
    }

    #[test]
    fn a_treatment_is_better_or_worse_on_one_page_only() {
        let form = r#"<form method="post" action="/checkout"><input name="name"><input name="address"></form>"#;
        let both = format!(r#"{form}<form method="post" action="/basket/remove"></form>"#);
        let orders = |html: &str, treatment| {
            count(
                &steps_with(html, treatment),
                |step| matches!(step, Step::Submit { action, .. } if action == "/checkout"),
            )
        };
        let classic = orders(form, Treatment::Better);
        assert_eq!((classic, classic), (orders(form, Treatment::Worse), orders(form, Treatment::Same)));
        let [better, same, worse] =
            [Treatment::Better, Treatment::Same, Treatment::Worse].map(|treatment| orders(&both, treatment));
        assert!(better > 350 && worse < 50 && (120..280).contains(&same), "{better} {same} {worse}");
    }

    #[test]
    fn without_anything_to_do_they_leave() {
        assert!(steps("<p>Nothing</p>").iter().all(|step| *step == Step::Leave));
    }
}
