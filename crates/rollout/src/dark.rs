//! Dark verification: what happens between a healthy start and the first customer.
//!
//! The commit's definitions come into force dark, the change's flags are forced for the verifier's run alone, the journeys
//! that declare a probe are walked on the candidate, and delivery is told how that ended. Level-triggered: whoever waits is
//! asked for each time, so a crash anywhere only makes it happen once more.

mod touched;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use delivery::{Outcome, Probe, ProbeResult, Probing};
use journeys::model::Definition;

use crate::definitions::{self, Contexts, Extent};
use crate::facade::{Error, Rollout};
use crate::holds;

use touched::touched;
pub(crate) use touched::{defined, flags_of};

/// Flags stay forced at most this long: probes that are cut off leave nothing behind.
const FORCED_FOR: Duration = Duration::from_mins(30);

/// Deployments that somebody is at.
#[derive(Debug, Clone, Default)]
pub(crate) struct AtWork(Arc<Mutex<HashSet<u64>>>);

impl AtWork {
    fn begin(&self, number: u64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(number)
    }

    fn end(&self, number: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }
}

/// Begins with every deployment that waits for its probes and that nobody is at yet. Does not wait for them: others' facts
/// go on meanwhile. What fails for a reason of ours is begun again by the next look; delivery bounds how long that goes on.
pub(crate) async fn take_up(rollout: &Rollout, at_work: &AtWork) -> Result<(), Error> {
    for probing in rollout.delivery.probing().await? {
        if !at_work.begin(probing.deployment) {
            continue;
        }
        let (rollout, at_work) = (rollout.clone(), at_work.clone());
        tokio::spawn(async move {
            let number = probing.deployment;
            if let Err(error) = verify(&rollout, &probing).await {
                tracing::warn!(
                    deployment = number,
                    error = kernel::chain(&error),
                    "dark verification failed by itself"
                );
            }
            at_work.end(number);
        });
    }
    Ok(())
}

async fn verify(rollout: &Rollout, probing: &Probing) -> Result<(), Error> {
    let outcome = match &rollout.contexts {
        Some(contexts) => walk(rollout, contexts, probing).await?,
        None => Outcome::NothingToProbe,
    };
    Ok(rollout.delivery.probed(probing.deployment, outcome).await?)
}

async fn walk(rollout: &Rollout, contexts: &Contexts, probing: &Probing) -> Result<Outcome, Error> {
    let files = rollout.delivery.files(&probing.commit, &delivery::definitions::FOLDERS).await?;
    holds::before(rollout, contexts, &probing.commit, Extent::New).await?;
    if let Err(why) = definitions::apply(contexts, &probing.commit, &files, Extent::New).await? {
        return Ok(Outcome::Failed { why });
    }
    note_references(rollout, contexts, &probing.commit, &files).await;
    let probes = to_walk(&files);
    if probes.is_empty() {
        return Ok(Outcome::NothingToProbe);
    }
    let variants = touched(rollout, probing, &files).await?;
    let run = delivery::fresh_run();
    let expires = rollout.clock.now() + FORCED_FOR;
    contexts.flags.force(&run, &variants, expires).await?;
    let walked = all(rollout, probing.deployment, &probes, &run).await;
    contexts.flags.unforce(&run).await?;
    Ok(judged(&walked?, &variants))
}

/// All journeys of a version that have a probe, not only those that its change speaks of: any change may break any of them.
fn to_walk(files: &[(String, String)]) -> Vec<Definition> {
    declared(files).into_iter().filter(|journey| journey.probe.is_some()).collect()
}

/// The journeys of a commit; verified before, so what is wrong now is none.
pub(crate) fn declared(files: &[(String, String)]) -> Vec<Definition> {
    let journeys = journeys::check(files).unwrap_or_default();
    journeys.into_iter().map(|(_, definition)| definition).collect()
}

/// One after the other: a product that is shared by its probes is not the place for haste.
async fn all(rollout: &Rollout, number: u64, probes: &[Definition], run: &str) -> Result<Vec<ProbeResult>, Error> {
    let mut walked = Vec::new();
    for journey in probes {
        let Some(command) = journey.probe.clone() else { continue };
        let probe = Probe { journey: journey.journey.clone(), command, run: run.to_owned() };
        walked.push(rollout.delivery.run_probe(number, &probe).await?);
    }
    Ok(walked)
}

fn judged(walked: &[ProbeResult], forced: &BTreeMap<String, String>) -> Outcome {
    let told = |result: &ProbeResult| {
        let why = result.why.as_deref().unwrap_or("it gave no reason");
        format!("the probe of journey {} failed: {why}", result.journey)
    };
    let failed: Vec<_> = walked.iter().filter(|result| !result.passed).map(told).collect();
    if !failed.is_empty() {
        return Outcome::Failed { why: failed.join("; ") };
    }
    let journeys: Vec<_> =
        walked.iter().map(|result| format!("{} in {:.1} s", result.journey, result.seconds)).collect();
    let with: Vec<_> = forced.iter().map(|(flag, variant)| format!("{flag} = {variant}")).collect();
    let with = if with.is_empty() { String::new() } else { format!(" with {}", with.join(", ")) };
    Outcome::Passed { sentence: format!("walked {}{with}, before any customer", journeys.join(", ")) }
}

/// Where the code names its flags. It helps people who look at a flag; a deployment does not wait for it.
async fn note_references(rollout: &Rollout, contexts: &Contexts, commit: &str, files: &[(String, String)]) {
    let keys: Vec<String> = touched::defined(files).into_keys().collect();
    if keys.is_empty() {
        return;
    }
    let noted = async {
        let places = rollout.delivery.references(commit, &keys).await?;
        let places = places.into_iter().map(|m| flags::Reference { flag: m.word, path: m.path, line: m.line });
        Ok::<_, Error>(contexts.flags.note_references(commit, places.collect()).await?)
    };
    if let Err(error) = noted.await {
        tracing::warn!(commit, error = kernel::chain(&error), "where the code names its flags could not be noted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(journey: &str, why: Option<&str>) -> ProbeResult {
        ProbeResult {
            journey: journey.into(),
            passed: why.is_none(),
            seconds: 1.25,
            why: why.map(str::to_owned),
            log: format!("probe-{journey}"),
        }
    }

    #[test]
    fn every_journey_that_has_a_probe_is_walked() {
        let journey = |name: &str, probe: &str| {
            let steps = "steps: [{ name: paid, event: order placed }]";
            (format!("journeys/{name}.yaml"), format!("journey: {name}\nwithin: 1h\n{steps}\n{probe}\n"))
        };
        let files = [
            ("flags/checkout.yaml".to_owned(), "flags: {}".to_owned()),
            journey("browse", ""),
            journey("checkout", "probe: node probes/checkout.mjs"),
            journey("search", "probe: node probes/search.mjs"),
        ];
        let walked: Vec<_> = to_walk(&files).into_iter().map(|journey| journey.journey).collect();
        assert_eq!(walked, ["checkout", "search"]);
    }

    #[test]
    fn one_probe_that_says_no_is_enough() {
        let walked = [result("search", None), result("checkout", Some("exit code 1: no button"))];
        let Outcome::Failed { why } = judged(&walked, &BTreeMap::new()) else { panic!("it must fail") };
        assert_eq!(why, "the probe of journey checkout failed: exit code 1: no button");
    }

    #[test]
    fn what_was_walked_and_with_which_variants_is_said() {
        let forced = BTreeMap::from([("one-page".to_owned(), "on".to_owned())]);
        let Outcome::Passed { sentence } = judged(&[result("checkout", None)], &forced) else { panic!("it passed") };
        assert_eq!(sentence, "walked checkout in 1.2 s with one-page = on, before any customer");
    }

    #[test]
    fn nobody_is_at_a_deployment_twice() {
        let at_work = AtWork::default();
        assert!(at_work.begin(7));
        assert!(!at_work.clone().begin(7));
        at_work.end(7);
        assert!(at_work.begin(7));
    }
}
