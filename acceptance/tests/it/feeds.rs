//! A mirror of advisories that gives what is made to do harm: whoever reads it comes to an end, the control plane goes on, and what
//! was known stays.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use acceptance::{Installation, Options, Repository, products, until_within};
use serde_json::json;

use crate::pets::{Declaration, SOON};

/// Gives an archive to whoever asks for anything; its address.
fn mirror(archive: Arc<Mutex<Vec<u8>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let _ = stream.read(&mut [0; 4096]);
            let archive = archive.lock().unwrap().clone();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", archive.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&archive));
        }
    });
    address
}

/// An archive of documents that a Python expression makes, by name.
fn archive(folder: &Path, documents: &str) -> Vec<u8> {
    let path = folder.join("all.zip");
    let script = "import sys, zipfile\n\
        with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as archive:\n\
        \x20   for name, text in eval(sys.argv[2]):\n\
        \x20       archive.writestr(name, text)\n";
    let made = Command::new("python3").args(["-c", script]).arg(&path).arg(documents).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(path).unwrap()
}

const GOOD: &str = r#"[("a.json", '{"id": "GHSA-1", "modified": "2026-01-01T00:00:00Z", "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"]}]}')]"#;
/// Sixteen thousandfold: 4 MiB that are 4 GiB.
const ZIP_BOMB: &str = r#"[(f"{n}.json", b"\0" * (64 << 20)) for n in range(20)]"#;
/// Within the bound of a document, and far more in memory than on disk.
const JSON_BOMB: &str = r#"[("a.json", '{"id": "GHSA-2", "modified": "2026-01-01T00:00:00Z", "affected": [' + "{}," * 5_000_000 + '{}]}')]"#;

#[test]
fn an_archive_that_is_a_bomb_ends_its_reader_and_not_the_control_plane() {
    let root = tempfile::tempdir().unwrap();
    let repository = Repository::new(&root.path().join("pets"));
    products::python(&repository, "v1");
    repository.write("trunkline.yaml", &Declaration::default().text());
    repository.commit("first version");
    let given = Arc::new(Mutex::new(archive(root.path(), GOOD)));
    let address = mirror(given.clone());
    let env = [("TRUNKLINE_ADVISORY_MIRROR", address.as_str()), ("TRUNKLINE_ADVISORY_ECOSYSTEMS", "npm")];
    let env = env.map(|(name, value)| (name.into(), value.into())).into();
    let options = Options { env, ..Options::default() };
    let mut trunkline = Installation::start_with(repository.folder(), &root.path().join("data"), options);
    until_within("the good one is taken in", SOON, || trunkline.cli(&["advisory", "status"]).1["count"] == 1);
    for (bomb, wanted) in [(ZIP_BOMB, "there is no advisory in it"), (JSON_BOMB, "the worker ended")] {
        *given.lock().unwrap() = archive(root.path(), bomb);
        trunkline.kill();
        trunkline.up();
        let mut status = json!(null);
        until_within("it is refused", Duration::from_mins(2), || {
            status = trunkline.cli(&["advisory", "status"]).1;
            status["imports"][0]["trouble"].as_str().is_some_and(|why| why.contains(wanted))
        });
        assert_eq!((&status["count"], &status["stale"]), (&json!(1), &json!(false)), "{status}");
        let left = std::fs::read_dir(root.path().join("data/work")).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().starts_with("feed-")), "{left:?}");
    }
}
