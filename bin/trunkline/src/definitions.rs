//! Who knows what the definitions in a commit mean.

use delivery::Definitions;
use kernel::Problem;

/// Flags and segments.
#[derive(Debug)]
pub(crate) struct AllDefinitions;

impl Definitions for AllDefinitions {
    fn check(&self, files: &[(String, String)]) -> Vec<Problem> {
        flags::Flags::check(files)
    }
}
