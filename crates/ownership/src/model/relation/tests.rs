//! Which of several that say something counts.

use super::super::Flag;
use super::*;
use crate::model::{catalog, declared};

const CATALOG: &str = "\
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata:
  name: sales
  annotations: { trunkline.dev/paths: '/src/, !not-a-pattern', trunkline.dev/tables: orders, trunkline.dev/events: 'checkout *' }
spec: { owner: sellers }
---
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata:
  name: billing
  annotations: { trunkline.dev/paths: /src/billing/, trunkline.dev/tables: 'billing.invoices', trunkline.dev/events: checkout paid }
spec: { owner: cashiers }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: sellers }
spec: { type: team, children: [], members: [ann] }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: cashiers }
spec: { type: team, children: [], members: [joe] }
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: ann }
spec: { memberOf: [] }
";

const COMPONENT: &str = "\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: mailer }
spec: { type: service, lifecycle: production, owner: post }
";

fn relation() -> Relation {
    let mut entities = catalog::read(CATALOG, "catalog-info.yaml").0;
    entities.extend(catalog::read(COMPONENT, "services/mailer/catalog-info.yaml").0);
    let rules = "* @acme/all\n/docs/ @acme/sellers\n/services/ @acme/cashiers @bob\n/vendor/\n";
    let (codeowners, _) = CodeOwners::read(rules, "CODEOWNERS");
    let flags = declared::flags(
        "flags: { a: { metadata: { owner: cashiers } }, b: { metadata: { owner: nobody } }, c: { metadata: { owner: ann } } }",
        "flags/a.yaml",
    );
    let flags = flags.unwrap();
    let journey = declared::journey("journey: buy\ndomain: sales", "journeys/buy.yaml").unwrap();
    let survey = declared::survey("survey: after\nowner: ann", "surveys/after.yaml").unwrap();
    let declared = flags.iter().map(Flag::declared).chain([journey.declared(), survey.declared(ThingKind::Survey)]);
    Relation::new(Catalog::new(entities).0, Some((&codeowners, "CODEOWNERS")), declared)
}

fn owners(kind: ThingKind, name: &str) -> Vec<String> {
    relation().owner(Thing::new(kind, name)).map_or(vec![], |owner| owner.domains)
}

#[test]
fn of_claims_the_one_that_names_more_counts() {
    assert_eq!(owners(ThingKind::Path, "src/app.js"), ["sales"]);
    assert_eq!(owners(ThingKind::Path, "src/billing/app.js"), ["billing"]);
    assert_eq!(owners(ThingKind::Event, "checkout started"), ["sales"]);
    assert_eq!(owners(ThingKind::Event, "checkout paid"), ["billing"]);
    assert_eq!(owners(ThingKind::Event, "order placed"), [] as [&str; 0]);
}

#[test]
fn a_folder_with_one_component_is_its_own_and_codeowners_has_the_rest() {
    assert_eq!(owners(ThingKind::Path, "services/mailer/a.js"), ["post"], "a team without a domain is one");
    assert_eq!(owners(ThingKind::Path, "services/other/a.js"), ["billing", "bob"], "owned together");
    assert_eq!(owners(ThingKind::Path, "docs/a.md"), ["sales"], "a team with one domain stands for it");
    assert_eq!(owners(ThingKind::Path, "README.md"), ["all"]);
    assert_eq!(owners(ThingKind::Path, "vendor/a.js"), [] as [&str; 0], "a rule without owners takes it from all");
}

#[test]
fn tables_have_schemas_or_not_and_no_case() {
    for (name, wanted) in
        [("orders", "sales"), ("public.Orders", "sales"), ("invoices", "billing"), ("billing.invoices", "billing")]
    {
        assert_eq!(owners(ThingKind::Table, name), [wanted], "{name}");
    }
    assert_eq!(owners(ThingKind::Table, "old.invoices"), [] as [&str; 0]);
}

#[test]
fn flags_and_journeys_say_it_themselves() {
    assert_eq!(owners(ThingKind::Flag, "a"), ["billing"]);
    assert_eq!(owners(ThingKind::Flag, "b"), [] as [&str; 0], "an owner whom nobody knows is none");
    assert_eq!(owners(ThingKind::Flag, "c"), ["ann"]);
    assert_eq!(owners(ThingKind::Journey, "buy"), ["sales"]);
}

#[test]
fn people_answer_for_the_domains_of_their_teams() {
    let relation = relation();
    assert!(relation.answers_for("@ann", "sales") && !relation.answers_for("ann", "billing"));
    assert!(relation.answers_for("bob", "bob"), "whom only CODEOWNERS knows answers for what it gives them");
    assert!(!relation.answers_for("eve", "sales"));
    assert!(relation.answers_for("joe", "billing"), "whom only a team names is of that team");
}

#[test]
fn two_equal_claims_are_contested() {
    let text = CATALOG.replace("/src/billing/", "/src/");
    let relation = Relation::new(Catalog::new(catalog::read(&text, "catalog-info.yaml").0).0, None, std::iter::empty());
    let owner = relation.owner(Thing::path("src/a")).unwrap();
    assert!(owner.is_contested && owner.domains.len() == 2, "{owner:?}");
}

#[test]
fn a_part_is_of_its_systems_domain_and_else_of_its_owners() {
    let text = format!(
        "{CATALOG}---\n\
         apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {{ name: ledger }}\nspec: {{ owner: sellers, domain: billing }}\n---\n\
         apiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata: {{ name: receipts }}\nspec: {{ type: database-table, owner: sellers, system: ledger }}\n---\n\
         apiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata: {{ name: coupons }}\nspec: {{ type: table, owner: user:ann }}\n---\n\
         apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {{ name: a, annotations: {{ trunkline.dev/paths: api/ }} }}\nspec: {{ type: openapi, lifecycle: production, owner: group:sellers, definition: '' }}\n"
    );
    let (entities, problems) = catalog::read(&text, "catalog-info.yaml");
    assert_eq!(problems.len(), 1, "the pattern that is none: {problems:?}");
    let relation = Relation::new(Catalog::new(entities).0, None, std::iter::empty());
    let owner = |thing| relation.owner(thing).map(|owner| owner.domain().to_owned());
    assert_eq!(owner(Thing::table("receipts")).as_deref(), Some("billing"), "by its system, whoever owns it");
    assert_eq!(owner(Thing::table("coupons")).as_deref(), Some("ann"), "a person without a domain is one");
    assert_eq!(owner(Thing::path("api/v1.yaml")).as_deref(), Some("sales"), "by the one domain of its owner");
    assert!(relation.answers_for("ann", "ann") && relation.domain("ann").is_some_and(|domain| !domain.is_declared));
}

#[test]
fn a_survey_says_whose_it_is() {
    assert_eq!(relation().owner(Thing::new(ThingKind::Survey, "after")).unwrap().domain(), "ann");
}
