//! Who knows what the definitions in a commit mean.

use delivery::Definitions;
use kernel::Problem;

/// Flags, segments, journeys, experiments and surveys.
#[derive(Debug)]
pub(crate) struct AllDefinitions;

impl Definitions for AllDefinitions {
    fn check(&self, files: &[(String, String)]) -> Vec<Problem> {
        let mut problems = flags::Flags::check(files);
        problems.extend(journeys::check(files).err().unwrap_or_default());
        problems.extend(experiments::check(files).err().unwrap_or_default());
        problems.extend(feedback::check(files).err().unwrap_or_default());
        problems
    }
}
