//! A verdict is followed by its flag: everybody gets what is better, nobody what does harm.

use experiments::Decided;
use experiments::model::Decision;
use flags::{By, Flags};
use kernel::{Kind, Problem};
use storage::outbox::Consumer;

use crate::facade::{Error, Rollout};

const FACTS_MAX: u64 = 100;

/// Acts on what experiments decided. What cannot be done is told and not tried for ever: the flag may be gone.
pub(crate) async fn follow(rollout: &Rollout, consumer: &Consumer) -> Result<(), Error> {
    let Some(contexts) = &rollout.contexts else { return Ok(()) };
    loop {
        let facts = consumer.next(FACTS_MAX).await?;
        let Some(last) = facts.last() else { return Ok(()) };
        for fact in facts.iter().filter(|fact| fact.kind == Decided::KIND) {
            match serde_json::from_value::<Decided>(fact.payload.clone()) {
                Ok(decided) => act(&contexts.flags, &decided).await?,
                Err(error) => tracing::error!(%error, position = fact.position, "a verdict cannot be read"),
            }
        }
        let mut tx = rollout.db.begin().await?;
        tx.acknowledge(consumer, last.position).await?;
        tx.commit().await?;
    }
}

async fn act(flags: &Flags, decided: &Decided) -> Result<(), Error> {
    let by = By { who: format!("experiment {}", decided.experiment), why: Some(decided.sentence.clone()) };
    let done = match decided.decision {
        Decision::Ship | Decision::RollBack => serve(flags, decided, &by).await,
        // The split stays as it is; a person looks at it.
        Decision::Inconclusive | Decision::Invalid | Decision::KeepRunning => Ok(()),
    };
    match done.map_err(Problem::from) {
        Ok(()) => Ok(()),
        Err(problem) if matches!(problem.kind, Kind::NotFound | Kind::Conflict | Kind::InvalidInput) => {
            let (experiment, flag) = (&decided.experiment, &decided.flag);
            tracing::error!(experiment, flag, problem = problem.told(), "a verdict could not be followed");
            Ok(())
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn serve(flags: &Flags, decided: &Decided, by: &By) -> Result<(), flags::Error> {
    let flag = flags.show(&decided.flag).await?;
    // It was done, and told so, before a crash; what people decided since stays.
    if flag.history.iter().any(|event| event.who == by.who && event.why == by.why) {
        return Ok(());
    }
    let is_off = flag.off_variant.as_ref() == Some(&decided.control);
    if decided.decision == Decision::Ship {
        flags.set_variant(&decided.flag, &decided.treatment, by).await?;
    } else if is_off || flag.item.held.is_some() {
        // Testers and segments too: it does harm. The split of a held flag cannot be moved.
        flags.kill(&decided.flag, by).await?;
    } else {
        flags.set_variant(&decided.flag, &decided.control, by).await?;
    }
    Ok(())
}
