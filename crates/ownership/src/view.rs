//! Ownership as people see it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::ProblemBody;

use crate::Stage;
use crate::model::{Check, Gate, Mode, Radar, Row, Unowned, Violation};
use crate::offline::{Figures, Stopped};

/// How many violations there are now, by what they do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ViolationCounts)]
pub struct Counts {
    /// They stop what a gate guards.
    pub denied: usize,
    pub warned: usize,
    /// Their principle observes.
    pub observed: usize,
    pub waived: usize,
}

/// A domain in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DomainItem)]
pub struct DomainItem {
    #[serde(flatten)]
    pub row: Row,
    /// Who answers for it, as far as the catalog knows them.
    pub people: Vec<String>,
    pub violations: Counts,
    /// Waivers that wait for its people.
    pub waivers_asked: usize,
}

/// Who owns what, as of the newest commit of trunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DomainsView)]
pub struct DomainsView {
    /// `null`: trunk has none yet.
    pub commit: Option<String>,
    pub items: Vec<DomainItem>,
    pub next: Option<String>,
    /// The first thousand.
    pub unowned: Vec<Unowned>,
    pub unowned_count: usize,
    /// What is wrong in the files that declare something: what they say is not all known.
    pub problems: Vec<ProblemBody>,
    /// Sources that were not read, because they are too long or no text.
    pub unread: Vec<String>,
    /// Repositories whose ownership is not shown here: each has its own.
    pub other_repositories: Vec<String>,
}

/// One domain with what breaks principles at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DomainView)]
pub struct DomainView {
    #[serde(flatten)]
    pub item: DomainItem,
    pub commit: Option<String>,
    /// Patterns of what others may import.
    pub surface: Vec<String>,
    /// The first 500.
    pub findings_of_checks: Vec<Violation>,
    pub waivers: Vec<WaiverView>,
}

/// Who agreed to a principle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AgreementView)]
pub struct AgreementView {
    pub person: String,
    /// It is written in the principle's file; else it was said here.
    pub in_file: bool,
    /// `null`: the file does not say.
    pub at: Option<String>,
    /// What they agreed to is what it says now; `null`: the file does not say.
    pub to_these_words: Option<bool>,
}

/// What a principle would have stopped in the last days of trunk, by today's catalog and principles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = PrincipleHistory)]
pub struct HistoryView {
    pub days: i64,
    /// The newest commit of those that were judged.
    pub until: String,
    /// How many commits were judged; at most 500.
    pub of_commits: usize,
    #[serde(flatten)]
    pub figures: Figures,
}

/// What gates said of changes in the same days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PrincipleRecord)]
pub struct RecordView {
    /// It helped: changes that it stopped, and flags' commits that it held back.
    pub stopped: usize,
    /// Changes that it would have stopped, had it been turned on.
    pub observed: usize,
    /// Changes that a waiver let pass.
    pub waived: usize,
}

/// A principle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = PrincipleItem)]
pub struct PrincipleItem {
    pub id: String,
    pub title: String,
    pub statement: String,
    pub why: String,
    pub checks: Vec<Check>,
    pub mode: Mode,
    pub gates: Vec<Gate>,
    pub agreed: Vec<AgreementView>,
    #[schema(value_type = Option<String>)]
    pub decided: Option<Date>,
    #[schema(value_type = Option<String>)]
    pub review: Option<Date>,
    pub path: String,
    pub line: u32,
    /// On trunk.
    pub now: Counts,
    /// `null`: not known yet.
    pub history: Option<HistoryView>,
    pub record: RecordView,
}

/// All principles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = PrinciplesView)]
pub struct PrinciplesView {
    pub commit: Option<String>,
    pub items: Vec<PrincipleItem>,
    pub next: Option<String>,
    /// Checks that no principle owns: they observe.
    pub checks_of_none: Vec<Check>,
    pub problems: Vec<ProblemBody>,
}

/// What a gate said of one commit because of a principle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = PrincipleEvent)]
pub struct EventView {
    pub commit: String,
    pub gate: Gate,
    #[schema(value_type = String)]
    pub at: Timestamp,
    pub violations: Vec<Violation>,
}

/// The page of a principle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = PrincipleView)]
pub struct PrincipleView {
    #[serde(flatten)]
    pub item: PrincipleItem,
    /// Markdown.
    pub page: String,
    pub radar: Option<Radar>,
    /// What breaks it on trunk; the first 500.
    pub violations: Vec<Violation>,
    /// The newest commits that it would have stopped, newest first; `null`: not known yet.
    pub would_have_stopped: Option<Vec<Stopped>>,
    /// What gates said because of it, newest first; the last 100 of 90 days.
    pub events: Vec<EventView>,
    pub waivers: Vec<WaiverView>,
}

/// Whether a waiver counts, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WaiverState)]
pub enum WaiverState {
    /// It waits for somebody of the owning domain.
    Asked,
    /// It counts.
    Granted,
    Declined,
    Revoked,
    Expired,
    /// It is written down, and nothing says that its approver approved: it counts as none, and `why_not` says what helps.
    NotApproved,
    /// It is written down and counts as none: `why_not` says why.
    Unfit,
}

impl From<Stage> for WaiverState {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Asked => Self::Asked,
            Stage::Granted => Self::Granted,
            Stage::Declined => Self::Declined,
            Stage::Revoked => Self::Revoked,
        }
    }
}

/// A waiver, of `waivers.yaml` or asked for at run time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WaiverView)]
pub struct WaiverView {
    /// `null`: it is of `waivers.yaml`.
    pub number: Option<u64>,
    pub state: WaiverState,
    pub check: Check,
    pub principle: Option<String>,
    pub what: String,
    pub reason: String,
    #[schema(value_type = String)]
    pub expires: Date,
    pub author: Option<String>,
    /// Whose it is to say; `null`: nobody owns what it is about.
    pub domain: Option<String>,
    /// Who may approve it, as far as they are known.
    pub approvers: Vec<String>,
    /// Who approved, declined or revoked it.
    pub decided_by: Option<String>,
    pub decided_why: Option<String>,
    pub asked_at: Option<String>,
    pub decided_at: Option<String>,
    /// Where it is written, as `waivers.yaml:3`.
    pub place: Option<String>,
    /// How many violations on trunk it is about.
    pub covers: usize,
    pub why_not: Option<String>,
    pub commands: Vec<String>,
}
