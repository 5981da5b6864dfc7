//! Kill -9 of the control plane at seeded moments of a guarded ramp and of a guarded deployment: both converge, act once, and
//! nobody is told twice without being told that it is the second time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use acceptance::{Installation, until_within};
use serde_json::{Value, json};

use crate::crowd::Crowd;
use crate::guards;
use crate::kills::{Random, chosen};
use crate::notifications::{Got, receiver};
use crate::pets::{Declaration, Pets, SOON, text};
use crate::shown::FLAG;

/// Dark, so that a ramp begins at nothing.
const FLAGS: &str = r#"
flags:
  new-checkout:
    state: ENABLED
    variants: { "on": true, "off": false }
    defaultVariant: "off"
    metadata: { owner: sales, kind: release, expires: "2027-06-01", journey: checkout }
"#;

/// For a second, so that a story may be told in it.
const GUARD: &str = "{ within: 1s, min_persons: 60, min_seconds: 1 }";

/// Sent at once; what was on its way when the control plane ended is sent again after a minute.
const TOLD_WITHIN: Duration = Duration::from_secs(90);
/// Of a hundred customers so many pay.
const PAY: u64 = 80;
const GIVE_UP: u64 = 5;

/// Whoever listens hears everything, and whatever is said again says so.
struct Listener(Arc<Mutex<Vec<Got>>>);

impl Listener {
    fn begin(trunkline: &Installation) -> Self {
        let (url, books) = receiver(0);
        let (code, made) = trunkline.cli(&["notify", "add", &url, "--allow-private"]);
        assert_eq!(code, 0, "{made}");
        Self(books)
    }

    /// Waits until so many messages of this type have come; more are wrong.
    fn hears(&self, kind: &str, many: usize, trunkline: &Installation, wrong: &mut Vec<String>) {
        let began = Instant::now();
        let is_waiting = || trunkline.cli(&["notify", "list"]).1["items"][0]["waiting"] != json!(0);
        while (self.heard(kind, &mut Vec::new()) < many || is_waiting()) && began.elapsed() < TOLD_WITHIN {
            std::thread::sleep(Duration::from_millis(100));
        }
        let heard = self.heard(kind, wrong);
        if heard != many {
            let (_, log) = trunkline.cli(&["notify", "log", "--limit", "100"]);
            wrong.push(format!("{heard} messages of {kind} came, and there were {many} to tell: {log}"));
        }
    }

    /// How many messages of this type there were, each counted once; several attempts of one must be told apart.
    fn heard(&self, kind: &str, wrong: &mut Vec<String>) -> usize {
        let mut attempts: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for got in self.0.lock().unwrap().iter().map(Got::event).filter(|event| text(&event["type"]).contains(kind)) {
            attempts.entry(text(&got["id"])).or_default().push(got["attempt"].as_u64().unwrap_or_default());
        }
        for (id, attempts) in &attempts {
            if !attempts.windows(2).all(|pair| pair[0] < pair[1]) {
                wrong.push(format!("message {id} came again and does not say so: attempts {attempts:?}"));
            }
        }
        attempts.len()
    }
}

fn live(rollout: &str) -> (Pets, Declaration) {
    let declaration = Declaration { rollout: rollout.into(), ..Declaration::default() };
    let pets = Pets::live_with(&declaration, |repository| {
        repository.write("journeys/checkout.yaml", &guards::journey(GUARD));
        repository.write("flags/checkout.yaml", FLAGS);
    });
    until_within("its journey and its flag are known", SOON, || {
        pets.trunkline.cli(&["journey", "show", "checkout"]).0 == 0
            && pets.trunkline.cli(&["flag", "show", FLAG]).0 == 0
    });
    (pets, declaration)
}

fn kill(trunkline: &mut Installation, random: &mut Random) {
    trunkline.kill();
    std::thread::sleep(Duration::from_millis(random.below(300)));
    trunkline.up();
}

#[test]
fn a_ramp_survives_the_end_of_the_control_plane() {
    let (mut pets, _) = live("{ canary: [100] }");
    let listener = Listener::begin(&pets.trunkline);
    let does_harm = Arc::new(AtomicBool::new(false));
    let harms = Arc::clone(&does_harm);
    let crowd = Crowd::come(&pets.trunkline, FLAG, move |met| {
        if met.variant == "on" && harms.load(Ordering::Relaxed) { GIVE_UP } else { PAY }
    });
    let (mut wrong, mut turned_back, mut told) = (Vec::new(), 0, String::new());
    for (seed, ramp) in chosen().into_iter().zip(1_u64..) {
        let mut random = Random::of(seed);
        let is_bad = random.pick(2) == 0;
        does_harm.store(is_bad, Ordering::Relaxed);
        let wish = json!({ "flag": FLAG, "stages": [0.3, 0.6, 1.0], "step_seconds": 1, "step_persons": 15 });
        let begun = pets.trunkline.api("POST", "/api/v1/ramps", &wish.to_string());
        assert_eq!(begun["number"], json!(ramp), "{begun}");
        let moment = random.below(7_000);
        std::thread::sleep(Duration::from_millis(moment));
        kill(&mut pets.trunkline, &mut random);
        let mut view = Value::Null;
        until_within(&format!("ramp {ramp} (seed {seed}) ends"), SOON, || {
            view = pets.trunkline.api("GET", &format!("/api/v1/ramps/{ramp}"), "");
            matches!(text(&view["state"]).as_str(), "done" | "turned_back")
        });
        told = format!("{told}seed {seed}: killed after {moment} ms, {}; ", view["state"]);
        let wanted = if is_bad { "turned_back" } else { "done" };
        if view["state"] != wanted {
            wrong.push(format!("seed {seed}: it should be {wanted}: {view}"));
        }
        turned_back += usize::from(view["state"] == "turned_back");
        // It is recorded first, and done then.
        let shares = || written(&pets.trunkline, ramp);
        until_within(&format!("ramp {ramp} (seed {seed}) has done what it says: {:?}", shares()), SOON, || {
            shares().last().is_some_and(|last| if is_bad { *last < 1e-6 } else { *last > 0.99 })
        });
        let shares = shares();
        if !shares.windows(2).all(|pair| (pair[0] - pair[1]).abs() > 1e-6) {
            wrong.push(format!("seed {seed}: the flag was set to {shares:?}"));
        }
        dark_again(&pets.trunkline);
    }
    listener.hears("ramp.turnedback", turned_back, &pets.trunkline, &mut wrong);
    crowd.leave();
    assert!(wrong.is_empty(), "{told}{wrong:#?}");
    println!("{told}");
}

/// As it was before the ramp.
fn dark_again(trunkline: &Installation) {
    if trunkline.cli(&["flag", "show", FLAG]).1["state"] == "killed" {
        let (code, cleared) = trunkline.cli(&["flag", "clear", FLAG, "--reason", "the next one", "--yes"]);
        assert_eq!(code, 0, "{cleared}");
    }
    let (code, dark) = trunkline.cli(&["flag", "ramp", FLAG, "on=0", "off=100", "--reason", "the next one", "--yes"]);
    assert_eq!(code, 0, "{dark}");
}

/// The treatment's shares that a ramp wrote, oldest first.
fn written(trunkline: &Installation, ramp: u64) -> Vec<f64> {
    let (_, flag) = trunkline.cli(&["flag", "show", FLAG]);
    let share = |event: &Value| {
        if event["what"] == "flag.killed" {
            return 0.0;
        }
        let split = event["split"].as_array().cloned().unwrap_or_default();
        split.iter().find(|share| share["variant"] == "on").and_then(|share| share["share"].as_f64()).unwrap_or(0.0)
    };
    let history = flag["history"].as_array().cloned().unwrap_or_default();
    let who = format!("ramp {ramp}");
    history.iter().rev().filter(|event| event["who"] == who.as_str()).map(share).collect()
}

#[test]
fn a_guarded_deployment_survives_the_end_of_the_control_plane() {
    let (mut pets, declaration) =
        live("{ canary: [50, 100], step_seconds: 1, step_persons: 15, patience_seconds: 20 }");
    let listener = Listener::begin(&pets.trunkline);
    let crowd = Crowd::come(&pets.trunkline, FLAG, |met| if met.version.starts_with("bad") { GIVE_UP } else { PAY });
    let (mut wrong, mut taken_back, mut told) = (Vec::new(), 0, String::new());
    let mut bad: Option<String> = None;
    for seed in chosen() {
        let mut random = Random::of(seed);
        let is_bad = random.pick(2) == 0;
        let version = format!("{}-{seed}", if is_bad { "bad" } else { "good" });
        // It says what it mends; only then does it go past what was taken back.
        let mends = bad.take().map_or(String::new(), |sha| format!("\n\nFixes: {sha}"));
        let sha = pets.commit_as(&version, &declaration, &format!("version {version}{mends}"));
        pets.trunkline.until_phase(&sha, "canary", SOON);
        let moment = random.below(8_000);
        std::thread::sleep(Duration::from_millis(moment));
        kill(&mut pets.trunkline, &mut random);
        let wanted = if is_bad { "rolled_back" } else { "live" };
        let mut deployment = Value::Null;
        until_within(&format!("the deployment of {version} ends"), SOON, || {
            deployment = pets.trunkline.deployment_of(&sha).unwrap_or_default();
            matches!(text(&deployment["phase"]).as_str(), "live" | "rolled_back" | "failed")
        });
        told = format!("{told}seed {seed}: killed after {moment} ms, {}; ", deployment["phase"]);
        if deployment["phase"] != wanted || (is_bad && !text(&deployment["reason"]).contains("checkout: ")) {
            wrong.push(format!("seed {seed}: it should be {wanted}: {deployment}"));
        }
        if is_bad {
            taken_back += 1;
            bad = Some(sha);
        }
        let decided = decided(&pets.trunkline, &deployment);
        if decided.len() != 1 {
            wrong.push(format!("seed {seed}: it was decided {decided:?}"));
        }
    }
    listener.hears("service.rolledback", taken_back, &pets.trunkline, &mut wrong);
    crowd.leave();
    assert!(wrong.is_empty(), "{told}{wrong:#?}");
    println!("{told}");
}

/// What the journal says that the deployment came to.
fn decided(trunkline: &Installation, deployment: &Value) -> Vec<String> {
    let (_, shown) = trunkline.cli(&["deploy", "show", &deployment["number"].to_string()]);
    let journal = shown["journal"].as_array().cloned().unwrap_or_default();
    let phases = ["live", "rolled back"];
    journal.iter().map(|line| text(&line["what"])).filter(|what| phases.contains(&what.as_str())).collect()
}
