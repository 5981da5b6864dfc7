//! An installation as one file.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use acceptance::{Installation, Load, binary, until};

use super::ships;
use crate::pets::{Declaration, Pets, SOON, text};

#[test]
fn a_backup_of_a_running_installation_continues_in_a_new_folder() {
    let mut pets = Pets::live();
    let second = ships(&pets, "v2", &Declaration::default());
    pets.trunkline.product("/keep/three-cats");
    pets.trunkline.cli(&["token", "create", "--role", "admin", "--name", "kept"]);
    let live = pets.trunkline.status()["services"][0]["live"].clone();
    let file = pets.root.path().join("pets.tar");

    let load = Load::start(&pets.trunkline.product_url, 2, 50.0, |_| "/page".into());
    let (code, made) = pets.trunkline.cli(&["backup", file.to_str().unwrap()]);
    assert_eq!(code, 0, "{made}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "it holds secrets");
    assert_eq!(load.stop().failed, 0, "nobody noticed");
    let again = pets.trunkline.cli(&["backup", file.to_str().unwrap()]);
    assert_eq!(again.0, 6, "an older backup is not written over: {}", again.1);
    pets.trunkline.down();

    let data = pets.root.path().join("elsewhere");
    let restored = restore(&file, &data);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert_eq!(restore(&file, &data).status.code(), Some(6), "a folder in use is not written over");
    let trunkline = Installation::start(pets.repository.folder(), &data);
    until("the same version is served", || trunkline.product("/").body == "v2");
    assert_eq!(trunkline.status()["services"][0]["live"], live, "as the same deployment");
    assert_eq!(trunkline.product("/kept").body, "/keep/three-cats");
    assert!(trunkline.cli(&["token", "list"]).1.to_string().contains("kept"));
    assert_eq!(text(&trunkline.change(&second)["commit"]["sha"]), second);

    pets.trunkline = trunkline;
    let third = super::commit(&pets, "v3", &Declaration::default());
    pets.trunkline.until_phase(&third, "live", SOON);
    assert_eq!(pets.trunkline.product("/").body, "v3");
}

#[test]
fn what_is_no_backup_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("no-backup");
    std::fs::write(&file, "cats").unwrap();
    let answer = restore(&file, &root.path().join("data"));
    assert_eq!(answer.status.code(), Some(2), "{}", String::from_utf8_lossy(&answer.stderr));
}

fn restore(file: &std::path::Path, data: &std::path::Path) -> Output {
    Command::new(binary()).arg("restore").arg(file).arg("--data").arg(data).output().unwrap()
}
