//! A trunk that is rewritten.

use acceptance::until;

use crate::pets::{Pets, SOON, text};

/// What `repo list` says is wrong.
fn trouble(pets: &Pets) -> String {
    text(&pets.trunkline.cli(&["repo", "list"]).1["items"][0]["last_error"])
}

#[test]
fn a_force_pushed_trunk_is_said_and_followed() {
    let pets = Pets::live();
    let dropped = pets.ships("v2");
    let other = pets.amend("v3");
    pets.trunkline.until_phase(&other, "live", SOON);
    assert!(pets.serves("v3"));

    assert!(trouble(&pets).contains("trunk was rewritten (force-pushed)"), "{}", trouble(&pets));
    let said = pets.trunkline.run(&["repo", "list"]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("force-pushed"));
    assert!(pets.attention().iter().any(|text| text.contains("force-pushed")), "{:?}", pets.attention());
    let change = pets.trunkline.run(&["change", "show", &dropped]);
    assert!(change.status.success(), "what was dropped keeps its story");
    assert!(pets.trunkline.status()["services"][0]["in_sync"] == true, "{}", pets.trunkline.status());

    pets.ships("v4");
    assert_eq!(trouble(&pets), "", "a push after it ends the matter");
}

#[test]
fn a_trunk_that_is_set_back_is_followed_back() {
    let pets = Pets::live();
    let first = pets.repository.git(&["rev-parse", "HEAD"]);
    pets.ships("v2");
    pets.repository.git(&["reset", "--quiet", "--hard", &first]);
    until("the older commit is what runs", || pets.serves("v1"));
    assert!(trouble(&pets).contains("force-pushed"), "{}", trouble(&pets));
    let list = pets.trunkline.cli(&["repo", "list"]).1;
    assert_eq!(list["items"][0]["head"], first);
    until("trunk and production agree", || pets.trunkline.status()["services"][0]["in_sync"] == true);
    pets.ships("v3");
}
