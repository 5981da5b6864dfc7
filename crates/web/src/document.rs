//! What the OpenAPI document says of every route alike, so that no route has to: how errors look, and which may always come.

use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, OpenApi, PathItem, Ref, RefOr, Response};

const PROBLEM: &str = "application/problem+json";
const SCHEMA: &str = "#/components/schemas/ProblemBody";

/// Answers that any route may give: what stands in front of all of them gives them.
const ALWAYS: [(&str, &str); 9] = [
    ("400", "the request cannot be understood or breaks a rule"),
    ("401", "nobody knows who is asking"),
    ("403", "the asker may not"),
    ("404", "there is no such thing"),
    ("405", "not with this method"),
    ("409", "it contradicts what is there now"),
    ("413", "larger than the bound"),
    ("429", "too often"),
    ("503", "not now"),
];

/// Completes the document.
pub(crate) fn complete(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            operation.responses.responses.values_mut().for_each(name_problems);
            for (status, what) in ALWAYS {
                operation.responses.responses.entry(status.to_owned()).or_insert_with(|| problem(what));
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten()
}

/// An error has a content type of its own.
fn name_problems(response: &mut RefOr<Response>) {
    let RefOr::T(response) = response else { return };
    let is_problem = |content: &RefOr<Content>| {
        let RefOr::T(content) = content else { return false };
        matches!(&content.schema, Some(RefOr::Ref(to)) if to.ref_location == SCHEMA)
    };
    if response.content.get("application/json").is_some_and(is_problem)
        && let Some(content) = response.content.shift_remove("application/json")
    {
        response.content.insert(PROBLEM.to_owned(), content);
    }
}

fn problem(what: &str) -> RefOr<Response> {
    let content = Content::new(Some(RefOr::Ref(Ref::new(SCHEMA))));
    let mut response = Response::new(what);
    response.content.insert(PROBLEM.to_owned(), RefOr::T(content));
    RefOr::T(response)
}
