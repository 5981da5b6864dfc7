//! The shapes of answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{Answer, Score};

/// Something that a customer said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = FeedbackItem)]
pub struct Item {
    pub id: String,
    /// When they said it.
    pub at: String,
    /// The survey that they answered; `null` if they said it elsewhere.
    pub survey: Option<String>,
    /// Where they said it, if that was told, for example `mail`.
    pub channel: Option<String>,
    /// Their own words; without any, what they chose or how they rated.
    pub text: String,
    /// Of a survey, by question.
    pub answers: Vec<Answer>,
    /// The first rating.
    pub score: Option<Score>,
    /// All questions were gone through; else the survey was closed before.
    pub completed: bool,
    /// The resolved person; `null` if it is not known whose words they are.
    pub person: Option<String>,
    /// The page on which they said it.
    pub url: Option<String>,
    /// The deployment that they had; `null` if it is not known.
    pub release: Option<u64>,
    /// The variant in force for them of each flag, at that time; a flag that they were not exposed to is not in it.
    pub variants: BTreeMap<String, String>,
    /// The journeys that they were in at that time, or that it is about.
    pub journeys: Vec<Passed>,
    /// The domain that owns the survey, else the journey that it is about; `null`: nobody does, or that cannot be read.
    pub owner: Option<String>,
    pub tags: Vec<String>,
    /// Where a change was asked for: why it is the change's.
    #[serde(default)]
    pub because: Vec<String>,
}

/// How far somebody had come in a journey when they spoke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FeedbackJourney)]
pub struct Passed {
    pub journey: String,
    /// The last step that they had done; `null` if none within the journey's time.
    pub step: Option<String>,
    pub steps_done: u64,
    pub steps: u64,
    /// It was said about this journey: by the survey that asked, or by whoever wrote it down.
    pub is_about: bool,
}

/// One page of what was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedbackPage {
    /// Newest first.
    pub items: Vec<Item>,
    pub next: Option<String>,
    /// All that fit, on every page.
    pub total: u64,
    /// There is more than is looked at in one go: the oldest is neither counted nor shown; ask for a shorter time.
    pub older_unread: bool,
}
