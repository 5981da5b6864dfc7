//! Advisories of a folder: OSV documents, alone (`.json`) or in archives as OSV exports them (`all.zip`).
//!
//! Read one after the other; of a document nothing is kept but what matching needs.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use kernel::Problem;
use walkdir::WalkDir;
use zip::ZipArchive;

use super::file::{relative, shown};
use super::folder::walk_problem;
use crate::model::Advisories;
use crate::model::advisory::{DOCUMENT_BYTES_MAX, parse};
use crate::model::plain::plain;

/// Most advisories of one feed.
const ADVISORIES_MAX: usize = 2_000_000;
/// Deepest folder.
const DEPTH_MAX: usize = 16;
const WANTED: &str = "a folder of OSV documents is wanted: .json files, or OSV's own all.zip of each ecosystem";

/// Reads all advisories below a folder. A document that cannot be read is kept aside; an archive that cannot be read, or a
/// folder without any advisory, is a problem.
pub fn advisories(root: &Path) -> Result<Advisories, Problem> {
    let mut advisories = Advisories::default();
    each::<Problem>(root, &mut |name, document| {
        match document.and_then(|bytes| parse(&bytes)) {
            Ok(advisory) => advisories.add(advisory),
            Err(reason) => advisories.quarantine(name, reason),
        }
        Ok(())
    })?;
    if advisories.is_empty() {
        let message = format!("there is no advisory in {}", root.display());
        return Err(Problem::invalid(message).hint(WANTED));
    }
    Ok(advisories)
}

/// Hands out every document of a folder, an archive or a file, as (name, its bytes or why they cannot be read).
pub fn each<E: From<Problem>>(
    root: &Path,
    take: &mut dyn FnMut(String, Result<Vec<u8>, String>) -> Result<(), E>,
) -> Result<(), E> {
    let mut count = 0;
    let mut counted = |name, document| {
        count += 1;
        if count > ADVISORIES_MAX {
            let message = format!("the feed has more than {ADVISORIES_MAX} advisories");
            let problem = Problem::new(kernel::Kind::TooLarge, message);
            return Err(E::from(problem.hint("leave ecosystems out that nothing here is of")));
        }
        take(name, document)
    };
    for entry in WalkDir::new(root).max_depth(DEPTH_MAX).sort_by_file_name() {
        let entry = entry.map_err(|error| walk_problem(&error, root))?;
        if !entry.file_type().is_file() {
            continue;
        }
        let (path, name) = (entry.path(), relative(entry.path(), root));
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => {
                let file = File::open(path).map_err(|error| unreadable(path, &error.to_string()))?;
                counted(name, document(file).unwrap_or_else(|error| Err(error.to_string())))?;
            }
            Some("zip") => archive(path, &name, &mut counted)?,
            _ => {}
        }
    }
    Ok(())
}

fn archive<E: From<Problem>>(
    path: &Path,
    name: &str,
    take: &mut dyn FnMut(String, Result<Vec<u8>, String>) -> Result<(), E>,
) -> Result<(), E> {
    let broken = |error: zip::result::ZipError| unreadable(path, &error.to_string());
    let file = File::open(path).map_err(|error| unreadable(path, &error.to_string()))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(broken)?;
    for number in 0..archive.len() {
        let entry = archive.by_index(number).map_err(broken)?;
        let inner = entry.name().map_err(broken)?.into_owned();
        let is_document = entry.is_file() && Path::new(&inner).extension().is_some_and(|end| end == "json");
        if is_document {
            // What is damaged in one place may lack another.
            let document = document(entry).map_err(|error| unreadable(path, &format!("{inner}: {error}")))?;
            take(plain(&format!("{name}/{inner}")), document)?;
        }
    }
    Ok(())
}

/// Its bytes, or why nobody reads them.
fn document(from: impl Read) -> io::Result<Result<Vec<u8>, String>> {
    let mut bytes = Vec::new();
    let limit = DOCUMENT_BYTES_MAX as u64 + 1;
    from.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Ok(Err(format!("it has more than {} MiB", DOCUMENT_BYTES_MAX >> 20)));
    }
    Ok(Ok(bytes))
}

fn unreadable(path: &Path, why: &str) -> Problem {
    let problem = Problem::invalid(format!("advisories cannot be read: {why}"));
    Problem { file: Some(shown(path)), ..problem }.hint("fetch the file again; a part of a feed is not a feed")
}
