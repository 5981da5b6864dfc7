//! What is understood of a catalog, and what is told about a wrong one.

use super::*;

const SHOP: &str = "\
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata:
  name: sales
  annotations:
    trunkline.dev/paths: /src/sales/, migrations/*order*
    trunkline.dev/tables: |
      orders
      baskets
    trunkline.dev/events: order placed, checkout *
    trunkline.dev/surface: src/sales/index.js
spec:
  owner: sales-team
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: sales-team, annotations: { github.com/team-slug: acme/sellers } }
spec: { type: team, children: [tills], members: [ann] }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: tills }
spec: { type: team, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: ann }
spec: { memberOf: [], profile: { email: ann@example.com } }
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: bob }
spec: { memberOf: [tills] }
";

fn told(text: &str) -> Vec<String> {
    read(text, "catalog-info.yaml").1.iter().map(Problem::told).collect()
}

#[test]
fn domains_teams_and_people_are_understood() {
    let (entities, problems) = read(SHOP, "catalog-info.yaml");
    assert_eq!(problems, []);
    let (catalog, problems) = Catalog::new(entities);
    assert_eq!(problems, []);
    let sales = catalog.of_kind(Kind::Domain).next().unwrap();
    assert_eq!((sales.claims.len(), sales.surface.len()), (6, 1));
    assert_eq!(sales.owner().map(|owner| owner.line), Some(13));
    let team = sales.refers_to(sales.owner().unwrap(), Kind::Group).unwrap();
    let people: Vec<_> = catalog.people(&team).iter().map(ToString::to_string).collect();
    assert_eq!(people, ["user:default/ann", "user:default/bob"], "said by the team, and by the person in a team below");
    let sellers = Handle::Team { organisation: "acme".into(), team: "sellers".into() };
    assert_eq!(catalog.holder(&sellers).map(|team| team.name.as_str()), Some("sales-team"));
    assert_eq!(catalog.person("Ann@example.com").map(|ann| ann.name.as_str()), Some("ann"));
    assert_eq!(catalog.person("user:default/bob").map(|bob| bob.name.as_str()), Some("bob"));
}

#[test]
fn every_mistake_has_its_place_and_stops_no_other_entity() {
    let cases = [
        (
            "kind: Domain",
            "kind: Domian",
            "catalog-info.yaml:2:7: kind \"Domian\" is not known; did you mean \"Domain\"?",
        ),
        ("  owner: sales-team", "  woner: sales-team", "catalog-info.yaml:13:3: \"owner\" is missing; "),
        ("name: tills }", "name: -tills }", "catalog-info.yaml:22:19: \"-tills\" cannot name an entity; "),
        (
            "trunkline.dev/tables",
            "trunkline.dev/tabels",
            "catalog-info.yaml:7:5: annotation \"trunkline.dev/tabels\" is not known; did you mean \"tables\"?",
        ),
        ("/src/sales/", "'!src/'", "catalog-info.yaml:6:"),
        ("metadata: { name: bob }", "metadata: { name: ", "catalog-info.yaml:"),
    ];
    let all = read(SHOP, "catalog-info.yaml").0.len();
    for (right, wrong, expected) in cases {
        let text = SHOP.replacen(right, wrong, 1);
        let told = told(&text);
        assert!(told.len() == 1 && told[0].starts_with(expected), "{wrong}: {told:?}");
        assert!(read(&text, "catalog-info.yaml").0.len() >= all - 1, "{wrong}");
    }
}

#[test]
fn what_is_not_about_owners_is_passed_over() {
    let text = "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: { name: all }\nspec: { targets: [] }\n";
    assert_eq!((told(text).len(), read(text, "catalog-info.yaml").0.len()), (0, 0));
    let template = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: { name: '${{ values.name }}' }\n";
    assert_eq!((told(template).len(), read(template, "catalog-info.yaml").0.len()), (0, 0));
    assert_eq!(told("apiVersion: roadie.io/v1\nkind: Product\nmetadata: { name: a }\n").len(), 0);
}

#[test]
fn two_of_one_name_are_told() {
    let twice = format!("{SHOP}---\n{}", &SHOP[..SHOP.find("---").unwrap()]);
    let (_, problems) = Catalog::new(read(&twice, "catalog-info.yaml").0);
    assert_eq!(
        problems[0].told(),
        "catalog-info.yaml:38:1: domain:default/sales is there twice; catalog-info.yaml:4 has it first; keep one"
    );
}

#[test]
fn paths_are_meant_from_the_folder_of_their_file() {
    let text = SHOP.replacen("/src/sales/, migrations/*order*", "src/, '*.sql', /top/", 1).replace('\'', "");
    let (entities, _) = read(&text, "services/sales/catalog-info.yaml");
    let owns = |path: &str| {
        entities[0].claims.iter().any(|claim| matches!(claim, Claim::Path { pattern, .. } if pattern.matches(path)))
    };
    assert!(owns("services/sales/src/a.js") && owns("services/sales/db/a.sql") && owns("top/a"));
    assert!(!owns("src/a.js") && !owns("a.sql") && !owns("services/sales/top/a"));
}
