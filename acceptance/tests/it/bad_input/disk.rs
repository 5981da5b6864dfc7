//! A full disk below the data folder.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use acceptance::{Installation, Load, Repository, products, skip, until};

use serde_json::json;

use crate::pets::{Declaration, SOON, text};
use crate::shown::{Customers, FLAG, Shown};

/// A small file system in memory. Dropped, it is unmounted, whatever still holds it.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where this machine does not let us mount.
    fn mount(at: &Path, megabytes: u32) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let size = format!("size={megabytes}m,mode=0700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "trunkline-story"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(at.to_owned()))
    }

    /// Takes all the space there is.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut file = File::create(&path).unwrap();
        for bytes in [vec![0_u8; 1 << 20], vec![0_u8; 4096], vec![0_u8; 1]] {
            while file.write_all(&bytes).is_ok() {}
        }
        path
    }

    /// There is room again when this returns: the kernel gives blocks of a removed file back when it comes to it.
    fn clear(&self, filler: &Path) {
        std::fs::remove_file(filler).unwrap();
        let probe = self.0.join("probe");
        until("there is room again", || std::fs::write(&probe, vec![0_u8; 16 << 20]).is_ok());
        std::fs::remove_file(probe).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_said_keeps_the_product_served_and_is_recovered_from() {
    let root = tempfile::tempdir().unwrap();
    let mount = root.path().join("disk");
    let Some(disk) = SmallDisk::mount(&mount, 128) else {
        return skip("the story of the full disk", "this machine does not let us mount a tmpfs (root may)");
    };
    let repository = Repository::new(&root.path().join("pets"));
    products::python(&repository, "v1");
    repository.write("trunkline.yaml", &Declaration::default().text());
    repository.commit("first version");
    let trunkline = Installation::start(repository.folder(), &mount.join("data"));
    until("the first version is served", || trunkline.product("/").body.starts_with("v1"));
    let load = Load::start(&trunkline.product_url, 2, 20.0, |_| "/page".into());

    let filler = disk.fill();
    products::python(&repository, "v2");
    let second = repository.commit("version v2");
    let served = load.requests();
    until("doctor says that there is no space", || {
        let output = trunkline.run(&["doctor"]);
        String::from_utf8_lossy(&output.stdout).contains("no space left")
    });
    until("the page of what needs somebody says it", || {
        said(&trunkline).iter().any(|text| text.contains("no space left"))
    });
    until("the product is served meanwhile", || load.requests() > served + 100);
    assert!(trunkline.product("/").body.starts_with("v1"));

    disk.clear(&filler);
    trunkline.until_phase(&second, "live", SOON);
    until("it is served", || trunkline.product("/").body.starts_with("v2"));
    until("nothing of it is said any more", || !said(&trunkline).iter().any(|text| text.contains("no space left")));
    let report = load.stop();
    assert_eq!(report.failed, 0, "{report:?}");
}

#[test]
fn a_full_disk_refuses_events_for_later_and_goes_on_serving_flags_and_the_product() {
    let root = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&root.path().join("disk"), 192) else {
        return skip("the story of events on a full disk", "this machine does not let us mount a tmpfs (root may)");
    };
    let shown = Shown::live_below(root.path(), "disk/data");
    let (mut sdk, mut customers) = (shown.sdk("server"), Customers::default());
    for _ in 0..20 {
        assert!(customers.walk(&mut sdk));
    }
    let filler = disk.fill();
    // What the log had room for already may still be taken; then it is full.
    let big = json!({ "text": "x".repeat(100_000) });
    let mut refused = None;
    until("an event is refused", || {
        let event = acceptance::sdk::event("filler", "somebody", &big);
        let body = json!({ "batch": [event] }).to_string();
        let answer = sdk.post("/batch/", &body).unwrap();
        refused = Some(answer).filter(|answer| answer.status != 200);
        refused.is_some()
    });
    let refused = refused.unwrap();
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(refused.header("retry-after").is_some(), "{:?}", refused.headers);
    assert!(sdk.variant(FLAG, "somebody").is_some(), "flags go on");
    assert_eq!(shown.trunkline.product("/page").status, 200, "the product goes on");

    disk.clear(&filler);
    until("events are taken again", || customers.walk(&mut sdk));
    for _ in 0..20 {
        assert!(customers.walk(&mut sdk));
    }
    until("what was acknowledged is counted, once", || shown.reported() == customers.books);
}

/// What needs somebody, as far as the control plane can still say it.
fn said(trunkline: &Installation) -> Vec<String> {
    let now = trunkline.api("GET", "/api/v1/now", "");
    let all = now["needs_someone"].as_array().cloned().unwrap_or_default();
    all.iter().map(|one| text(&one["text"])).collect()
}
