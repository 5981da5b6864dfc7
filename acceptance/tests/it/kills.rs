//! Kill -9, at seeded moments: of the control plane in the middle of a run, a deployment, a probe, a rollback, a migration
//! and a Terraform apply; of the edge at any time. The product never stops answering, and what was begun is finished or
//! undone.
//!
//! Ten seeds are played, chosen by the commit that is tested; with `TRUNKLINE_SOAK` all fifty.

mod plot;
mod seeds;
mod witness;

use std::time::Duration;

use acceptance::{Installation, Load, until_within};

use plot::{Plot, Scene};
pub(crate) use seeds::{Random, chosen};

const SETTLES_WITHIN: Duration = Duration::from_secs(90);

/// Plays the scenes of the seeds with a kill in each, and gives what went wrong.
fn play(seeds: &[u64], env: &[(&str, &str)], scenes: &[Scene]) -> Vec<String> {
    let mut plot = Plot::begin(env);
    let load = Load::start(&plot.trunkline.product_url, 4, 40.0, |_| "/page".into());
    let mut wrong = Vec::new();
    for seed in seeds {
        let mut random = Random::of(*seed);
        let scene = scenes[random.pick(scenes.len())];
        let told = format!("seed {seed}, {scene:?}");
        plot.play(scene, &mut random);
        let settled = plot.settles_within(SETTLES_WITHIN);
        let found =
            if settled { witness::examine(&plot) } else { vec![format!("nothing settles: {:?}", plot.phases())] };
        wrong.extend(found.into_iter().map(|what| format!("{told}: {what}")));
    }
    let report = load.stop();
    if report.failed > 0 {
        wrong.push(format!("{} of {} requests failed: {:?}", report.failed, report.requests, report.failures));
    }
    wrong
}

#[test]
fn the_control_plane_is_killed_at_any_moment() {
    let seeds = seeds::chosen();
    let wrong = play(&seeds, &[], &Scene::all());
    assert!(wrong.is_empty(), "{} of {} moments: {wrong:#?}", wrong.len(), seeds.len());
}

/// Acts before recording that it will: what a kill then breaks must be seen by the same test.
#[test]
fn acting_before_recording_is_caught() {
    let wrong = play(&[1, 2, 3, 4], &[("TRUNKLINE_KNOWN_BAD", "act-before-recording")], &[Scene::Migration]);
    assert!(wrong.iter().any(|what| what.contains("began 2 times")), "the known-bad variant goes unseen: {wrong:?}");
}

#[test]
fn the_edge_is_killed_and_is_back_within_a_second() {
    let plot = Plot::begin(&[]);
    let mut random = Random::of(seeds::chosen()[0]);
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(random.below(300)));
        let before = running(&plot.trunkline);
        plot.trunkline.kill_edge();
        let back =
            until_within("the edge is back", Duration::from_secs(1), || plot.trunkline.product("/page").status == 200);
        let after = running(&plot.trunkline);
        assert_eq!(before, after, "the same instances and versions, after {back:?}");
    }
}

/// Number, process and state of the live version's instances.
fn running(trunkline: &Installation) -> Vec<(String, String)> {
    let live = trunkline.status()["services"][0]["live"]["number"].to_string();
    let (_, shown) = trunkline.cli(&["deploy", "show", &live]);
    let instances = shown["instances"].as_array().cloned().unwrap_or_default();
    let mut all: Vec<_> = instances.iter().map(|i| (i["id"].to_string(), i["pid"].to_string())).collect();
    all.sort();
    assert!(!all.is_empty(), "the live version has an instance: {shown}");
    all
}
