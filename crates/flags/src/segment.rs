//! Segments as people see them.

use kernel::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::Segment;
use crate::{Error, Flags, store};

/// Keys of a segment that are shown.
const KEYS_SHOWN: usize = 200;

/// A list of targeting keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SegmentItem {
    pub name: String,
    pub keys: u64,
    pub revision: u64,
    /// Flags whose rules name it.
    pub flags: Vec<String>,
}

/// A segment with its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SegmentView {
    #[serde(flatten)]
    pub item: SegmentItem,
    /// The first 200, in order.
    pub first: Vec<String>,
}

impl Flags {
    /// Segments, by name.
    pub async fn segments(&self) -> Result<Vec<SegmentItem>, Error> {
        Ok(self.read_segments().await?.into_iter().map(|(item, _)| item).collect())
    }

    /// A segment with the first of its keys.
    pub async fn segment(&self, name: &str) -> Result<SegmentView, Error> {
        let found = self.read_segments().await?.into_iter().find(|(item, _)| item.name == name);
        let (item, segment) = found.ok_or_else(|| {
            let problem = Problem::not_found(format!("there is no segment {name}"));
            problem.hint("`trunkline segment list` shows those there are; segments/NAME.txt defines one")
        })?;
        let mut first: Vec<String> = segment.keys().map(str::to_owned).collect();
        first.sort_unstable();
        first.truncate(KEYS_SHOWN);
        Ok(SegmentView { item, first })
    }

    async fn read_segments(&self) -> Result<Vec<(SegmentItem, Segment)>, Error> {
        let flags = store::all(self.db()).await?;
        let mut read = Vec::new();
        for (name, revision, members) in store::segment_rows(self.db()).await? {
            let segment = Segment::parse(&members, &name)?;
            let is_named = |rule: &serde_json::Value| rule.to_string().contains(&serde_json::json!(name).to_string());
            let users = flags.iter().filter(|stored| stored.flag.rule().is_some_and(is_named));
            let flags = users.map(|stored| stored.key.clone()).collect();
            read.push((SegmentItem { name, keys: segment.len() as u64, revision, flags }, segment));
        }
        Ok(read)
    }
}
