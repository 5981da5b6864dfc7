//! Tokens are shown once, do what their role says, and end at once.

use std::process::Command;

use acceptance::{Connection, binary, until};

use super::ships;
use crate::pets::{Declaration, Pets, text};

/// The exit code of a read with this token.
fn asks(pets: &Pets, token: &str) -> i32 {
    let mut command = Command::new(binary());
    command.args(["deploy", "status", "--json", "--server", &pets.trunkline.url, "--token", token]);
    command.output().unwrap().status.code().unwrap()
}

/// The status that the API answers to a token: 403 for one that may not, 401 for one that is not in force.
fn status(pets: &Pets, token: &str) -> u16 {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("connection", "close")];
    let mut connection = Connection::open(&pets.trunkline.url).unwrap();
    connection.send("GET", "/api/v1/deploy/status", &headers, "").unwrap().status
}

#[test]
fn a_token_does_what_its_role_says_until_it_is_revoked() {
    let pets = Pets::live();
    let made = |role: &str| pets.trunkline.cli(&["token", "create", "--role", role, "--name", "for the story"]).1;
    let (admin, server, client) = (made("admin"), made("server"), made("client"));
    let token = text(&admin["token"]);
    assert_eq!(asks(&pets, &token), 0);
    for lesser in [&server, &client] {
        assert_eq!(asks(&pets, &text(&lesser["token"])), 3, "{}", lesser["role"]);
    }
    let list = pets.trunkline.cli(&["token", "list"]).1.to_string();
    for one in [&admin, &server, &client] {
        assert!(list.contains(&text(&one["id"])) && !list.contains(&text(&one["token"])), "{list}");
    }
    assert_eq!(pets.trunkline.cli(&["token", "revoke", &text(&admin["id"])]).0, 0);
    assert_eq!((asks(&pets, &token), status(&pets, &token)), (3, 401));
    assert_eq!(pets.trunkline.cli(&["token", "revoke", &text(&admin["id"])]).0, 4, "a second time");
    let audit = pets.trunkline.api("GET", "/api/v1/audit", "").to_string();
    assert!(audit.contains("token.created") && audit.contains("token.revoked") && !audit.contains(&token));
}

#[test]
fn the_tokens_of_a_deployment_end_when_it_retires() {
    let pets = Pets::live();
    let mut tokens = Vec::new();
    for version in ["v2", "v3", "v4"] {
        ships(&pets, version, &Declaration::default());
        tokens.push(pets.trunkline.product("/token").body);
    }
    assert_eq!(status(&pets, &tokens[2]), 403, "what is live has one, and it may not administer");
    assert_eq!(status(&pets, &tokens[1]), 403, "the one before is kept warm");
    until("the one before that has retired", || status(&pets, &tokens[0]) == 401);
}
