//! Stands for the contexts that know what definitions mean: the word `wrong` is.

use delivery::Definitions;
use kernel::Problem;

#[derive(Debug)]
pub(crate) struct Words;

impl Definitions for Words {
    fn check(&self, files: &[(String, String)]) -> Vec<Problem> {
        let lines = files.iter().flat_map(|(path, text)| (1..).zip(text.lines()).map(move |(n, line)| (path, n, line)));
        lines
            .filter_map(|(path, n, line)| {
                let column = u32::try_from(line.find("wrong")? + 1).unwrap();
                Some(Problem::invalid("that is wrong").at(path, n, column).hint("write it right"))
            })
            .collect()
    }
}
