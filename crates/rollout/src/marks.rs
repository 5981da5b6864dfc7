//! Points in time that explain a trend: versions that went live or were taken back, and changes of flags.

use delivery::view::deployment::ReleaseView;
use jiff::Timestamp;
use kernel::Problem;
use serde::{Deserialize, Serialize};
use storage::AuditRow;
use utoipa::ToSchema;

use crate::facade::{Error, Rollout};
use crate::lineage::short;

/// More are too many to be seen.
const MARKS_MAX: usize = 500;
const RELEASES_READ: usize = 1_000;
const AUDIT_PAGE: usize = 500;
/// So far back changes of flags are looked for.
const AUDIT_PAGES_MAX: usize = 20;

/// A point in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Moment {
    /// RFC 3339
    pub at: String,
    /// `deployment`, `rollback` or `flag`
    pub kind: String,
    pub label: String,
    pub deployment: Option<u64>,
    pub service: Option<String>,
    pub commit: Option<String>,
    pub flag: Option<String>,
    pub who: Option<String>,
    /// A page of the console.
    pub link: String,
}

/// Points in time, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Marks {
    pub items: Vec<Moment>,
}

impl Rollout {
    /// The marks of a time, oldest first; of too many the newest.
    pub async fn marks(&self, from: Timestamp, to: Timestamp) -> Result<Marks, Error> {
        if from >= to {
            return Err(Problem::invalid("the time ends before it begins").hint("`from` must be before `to`").into());
        }
        let within = |at: Timestamp| from <= at && at < to;
        let releases = self.delivery.releases(RELEASES_READ).await?;
        let mut all: Vec<_> = releases.iter().flat_map(of_release).filter(|(at, _)| within(*at)).collect();
        all.extend(self.flag_changes(from).await?.into_iter().filter(|(at, _)| within(*at)));
        all.sort_by_key(|(at, _)| *at);
        let surplus = all.len().saturating_sub(MARKS_MAX);
        Ok(Marks { items: all.into_iter().skip(surplus).map(|(_, moment)| moment).collect() })
    }

    /// From the audit log, which is in order of time.
    async fn flag_changes(&self, from: Timestamp) -> Result<Vec<(Timestamp, Moment)>, Error> {
        let mut changes = Vec::new();
        let mut cursor = None;
        for _ in 0..AUDIT_PAGES_MAX {
            let page = storage::audit_page(&self.db, cursor.as_deref(), AUDIT_PAGE).await?;
            let is_past = page.items.last().is_none_or(|row| row.at.parse::<Timestamp>().is_ok_and(|at| at < from));
            changes.extend(page.items.iter().filter_map(of_flag));
            cursor = page.next;
            if is_past || cursor.is_none() {
                break;
            }
        }
        Ok(changes)
    }
}

fn of_release(release: &ReleaseView) -> Vec<(Timestamp, Moment)> {
    let moment = |at: Timestamp, kind: &str, label: String| {
        let moment = Moment {
            at: at.to_string(),
            kind: kind.into(),
            label,
            deployment: Some(release.number),
            service: Some(release.service.clone()),
            commit: Some(release.commit.clone()),
            flag: None,
            who: None,
            link: format!("/deployments/{}", release.number),
        };
        (at, moment)
    };
    let (number, commit) = (release.number, short(&release.commit));
    let live = release.live_at.map(|at| moment(at, "deployment", format!("{number} live ({commit})")));
    let back = release.taken_back.as_ref().and(release.to);
    let back = back.map(|at| moment(at, "rollback", format!("{number} taken back ({commit})")));
    live.into_iter().chain(back).collect()
}

fn of_flag(row: &AuditRow) -> Option<(Timestamp, Moment)> {
    let what = row.what.strip_prefix("flag.")?;
    let at: Timestamp = row.at.parse().ok()?;
    let moment = Moment {
        at: row.at.clone(),
        kind: "flag".into(),
        label: format!("{} {}", row.subject, what.replace('_', " ")),
        deployment: None,
        service: None,
        commit: None,
        flag: Some(row.subject.clone()),
        who: Some(row.who.clone()),
        link: format!("/flags/{}", row.subject),
    };
    Some((at, moment))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn release() -> ReleaseView {
        ReleaseView {
            number: 47,
            service: "shop".into(),
            commit: "b2c7f10aa".into(),
            digest: "sha256:00".into(),
            from: at(10),
            live_at: Some(at(20)),
            to: None,
            taken_back: None,
            replaces: Some(46),
            overruled: None,
        }
    }

    #[test]
    fn a_version_marks_when_it_went_live_and_when_it_was_taken_back() {
        let told = |release: &ReleaseView| {
            of_release(release).into_iter().map(|(at, m)| (at, m.kind, m.label)).collect::<Vec<_>>()
        };
        assert_eq!(told(&release()), [(at(20), "deployment".into(), "47 live (b2c7f10)".into())]);
        let superseded = ReleaseView { to: Some(at(90)), ..release() };
        assert_eq!(told(&superseded).len(), 1, "its successor marks that");
        let bad = ReleaseView { live_at: None, to: Some(at(30)), taken_back: Some("it failed".into()), ..release() };
        assert_eq!(told(&bad), [(at(30), "rollback".into(), "47 taken back (b2c7f10)".into())]);
    }

    #[test]
    fn only_changes_of_flags_are_taken_from_the_audit_log() {
        let row = |what: &str| AuditRow {
            at: at(5).to_string(),
            who: "ann".into(),
            what: what.into(),
            subject: "gift-wrap".into(),
            why: None,
            before: None,
            after: None,
        };
        let (_, moment) = of_flag(&row("flag.killed")).unwrap();
        assert_eq!((moment.label.as_str(), moment.who.as_deref()), ("gift-wrap killed", Some("ann")));
        assert_eq!(of_flag(&row("deployment.live")), None);
    }
}
