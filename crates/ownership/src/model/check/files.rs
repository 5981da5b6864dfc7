//! Files that nobody answers for.

use super::{Check, Finding};
use crate::model::{Product, Thing};

pub(super) fn without_owner(product: &Product) -> Vec<Finding> {
    let unowned = product.paths().filter(|path| product.owner(Thing::path(path)).is_none());
    let finding = |path: &str| Finding {
        check: Check::FileWithoutOwner,
        what: path.to_owned(),
        path: path.to_owned(),
        line: None,
        domain: None,
        message: format!("{path} has no owner"),
        advice: "add it to trunkline.dev/paths of a domain in catalog-info.yaml, or to CODEOWNERS".to_owned(),
    };
    unowned.map(finding).collect()
}
