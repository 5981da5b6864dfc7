//! `trunkline feedback`: what customers say.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use feedback::{FeedbackPage, Item, SurveyRow, SurveyState};
use kernel::Page;
use serde_json::{Value, json};

use super::client::{Client, segment};
use super::event;
use crate::out;

const TEXT_CHARS_SHOWN: usize = 200;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// What customers said, newest first, with what they saw and did
    List(Filters),
    /// Take a file, one JSON document a line: {"text", "at", "person"?, "id"?, "url"?, "journey"?, "channel"?, "tags"?}
    Import {
        /// NDJSON; `-` for standard input
        file: PathBuf,
    },
    /// Call it something: from now on these are its tags
    Tag { id: String, tags: Vec<String> },
    /// What is asked, of whom, and how many answered
    Surveys,
}

#[derive(Debug, Args)]
pub(super) struct Filters {
    /// Words that all stand in it, and `survey:NAME flag:KEY variant:NAME journey:NAME change:SHA domain:NAME release:N tag:WORD person:ID`
    words: Vec<String>,
    #[arg(long)]
    survey: Option<String>,
    /// Of persons who had a variant of this flag in force
    #[arg(long)]
    flag: Option<String>,
    /// Only this variant of the flag
    #[arg(long, requires = "flag")]
    variant: Option<String>,
    /// Of persons who were in this journey, or about it
    #[arg(long)]
    journey: Option<String>,
    /// Of persons who had the change: a variant of its flags, or its deployment
    #[arg(long, value_name = "SHA")]
    change: Option<String>,
    /// To surveys and about journeys that this domain owns
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,
    #[arg(long)]
    tag: Option<String>,
    /// Any id of a person
    #[arg(long, value_name = "ID")]
    person: Option<String>,
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Go on where a list ended
    #[arg(long)]
    cursor: Option<String>,
}

pub(super) fn run(verb: &Verb, client: &Client) -> anyhow::Result<()> {
    match verb {
        Verb::List(filters) => list(filters, client),
        Verb::Import { file } => event::take(file, "/api/v1/feedback/import", client),
        Verb::Tag { id, tags } => tag(id, tags, client),
        Verb::Surveys => surveys(client),
    }
}

fn list(filters: &Filters, client: &Client) -> anyhow::Result<()> {
    let path = filters.path();
    if client.is_json {
        return out::json(&client.get::<Value>(&path)?);
    }
    let page: FeedbackPage = client.get(&path)?;
    if page.items.is_empty() {
        out::line("Nobody said anything that fits.");
    }
    for item in &page.items {
        tell(item);
    }
    if let Some(next) = &page.next {
        out::talk(format_args!(
            "{} of {}; more: trunkline feedback list --cursor {next}",
            page.items.len(),
            page.total
        ));
    }
    if page.older_unread {
        out::talk("What is older was not looked at: ask for less at once.");
    }
    client.tell_page("/feedback");
    Ok(())
}

impl Filters {
    fn path(&self) -> String {
        let named = [
            ("survey", &self.survey),
            ("flag", &self.flag),
            ("variant", &self.variant),
            ("journey", &self.journey),
            ("change", &self.change),
            ("domain", &self.domain),
            ("tag", &self.tag),
            ("person", &self.person),
            ("cursor", &self.cursor),
        ];
        let given = named.iter().filter_map(|(name, value)| Some(format!("&{name}={}", segment(value.as_ref()?))));
        let words = segment(&self.words.join(" "));
        format!("/api/v1/feedback?limit={}&q={words}{}", self.limit, given.collect::<String>())
    }
}

fn tell(item: &Item) {
    let from = item.survey.as_deref().or(item.channel.as_deref()).unwrap_or("given");
    let score = item.score.map_or_else(String::new, |score| {
        let of = score.of.map_or_else(String::new, |of| format!(" of {of}"));
        format!(" · {}{of}", score.value)
    });
    let text: String = item.text.chars().take(TEXT_CHARS_SHOWN).collect();
    out::line(format_args!("{}  {from}{score}  \"{}\"", item.at, text.replace('\n', " ")));
    let mut saw: Vec<String> = item.variants.iter().map(|(flag, variant)| format!("{flag}={variant}")).collect();
    saw.push(item.release.map_or_else(|| "deployment not known".to_owned(), |number| format!("deployment {number}")));
    saw.extend(item.journeys.iter().map(|passed| format!("{} {}/{}", passed.journey, passed.steps_done, passed.steps)));
    saw.extend(item.tags.iter().map(|tag| format!("#{tag}")));
    out::line(format_args!("  {}{}  {}{:#}", out::FAINT, item.id, saw.join(" · "), out::FAINT));
}

fn tag(id: &str, tags: &[String], client: &Client) -> anyhow::Result<()> {
    let item: Item = client.put(&format!("/api/v1/feedback/{}/tags", segment(id)), &json!({ "tags": tags }))?;
    if client.is_json {
        return out::json(&item);
    }
    tell(&item);
    Ok(())
}

fn surveys(client: &Client) -> anyhow::Result<()> {
    if client.is_json {
        return out::json(&client.get::<Value>("/api/v1/surveys")?);
    }
    let page: Page<SurveyRow> = client.get("/api/v1/surveys")?;
    if page.items.is_empty() {
        out::line("Nobody is asked anything. Surveys stand in surveys/*.yaml.");
    }
    out::table(["survey", "state", "owner", "shown to", "answered", "closed", "until"], page.items.iter().map(row));
    client.tell_page("/feedback");
    Ok(())
}

fn row(row: &SurveyRow) -> [String; 7] {
    let state = match row.state {
        SurveyState::Asked => "asked",
        SurveyState::Ended => "ended",
        SurveyState::Retired => "retired",
    };
    let figures = row.figures;
    [
        row.survey.clone(),
        state.to_owned(),
        row.owner.clone(),
        figures.shown.to_string(),
        figures.answered.to_string(),
        figures.dismissed.to_string(),
        row.ends.clone(),
    ]
}
