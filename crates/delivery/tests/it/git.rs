//! The git tools on real repositories.

pub(crate) mod repository;

use std::time::Duration;

use delivery::git::{Error, Mirror, Signal, TrunkMove, Watch, origin_of};
use repository::Repository;

const LIMIT: usize = 100;
const SOON: Duration = Duration::from_secs(10);

async fn mirror(repository: &Repository) -> (Mirror, tempfile::TempDir) {
    let data = tempfile::tempdir().unwrap();
    let mirror = Mirror::open(&data.path().join("repositories/shop.git"), &repository.url()).await.unwrap();
    (mirror, data)
}

fn shas(commits: &[delivery::git::Commit]) -> Vec<&str> {
    commits.iter().map(|commit| commit.sha.as_str()).collect()
}

#[tokio::test]
async fn trunk_advances_and_every_commit_is_read() {
    let repository = Repository::new();
    let (mirror, _data) = mirror(&repository).await;
    assert_eq!(mirror.trunk(None).await.unwrap(), "main");
    assert_eq!(mirror.fetch("main").await.unwrap(), None, "there is no commit yet");

    repository.write("a file.txt", "one\ntwo\n");
    let first = repository.commit("first\n\nwith a body");
    assert_eq!(mirror.fetch("main").await.unwrap().as_deref(), Some(first.as_str()));
    let TrunkMove::Advanced { commits } = mirror.moved(None, &first, LIMIT).await.unwrap() else {
        panic!("not advanced")
    };
    assert_eq!((commits[0].subject.as_str(), commits[0].body.as_str()), ("first", "with a body"));
    assert_eq!((commits[0].author.as_str(), commits[0].parents.len()), ("Ann", 0));

    repository.write("a file.txt", "one\nthree\nfour\n");
    repository.write("ä.bin", "\0\0");
    repository.commit("second");
    let third = repository.commit(&format!("third\n\nFixes: {first}"));
    mirror.fetch("main").await.unwrap();
    let TrunkMove::Advanced { commits } = mirror.moved(Some(&first), &third, LIMIT).await.unwrap() else {
        panic!("not advanced")
    };
    assert_eq!(commits.iter().map(|c| c.subject.as_str()).collect::<Vec<_>>(), ["second", "third"], "oldest first");
    assert_eq!(commits[1].fixes(), [first.as_str()]);
    assert_eq!(mirror.moved(Some(&third), &third, LIMIT).await.unwrap(), TrunkMove::Unchanged);

    let files = mirror.changed_files(Some(&first), &third).await.unwrap();
    let stats: Vec<_> = files.iter().map(|file| (file.path.as_str(), file.added, file.removed)).collect();
    assert_eq!(stats, [("a file.txt", Some(2), Some(1)), ("ä.bin", None, None)]);
    assert_eq!(mirror.changed_files(None, &first).await.unwrap().len(), 1);
    assert_eq!(mirror.file(&first, "a file.txt").await.unwrap().unwrap(), b"one\ntwo\n");
    assert_eq!(mirror.file(&first, "missing").await.unwrap(), None);
    assert_eq!(mirror.configuration(&first).await.unwrap(), None);
    assert!(mirror.is_ancestor(&first, &third).await.unwrap() && !mirror.is_ancestor(&third, &first).await.unwrap());
    assert_eq!(mirror.commit(&third[..8]).await.unwrap().unwrap().sha, third);
}

#[tokio::test]
async fn a_force_push_is_said_with_what_it_dropped() {
    let repository = Repository::new();
    let base = repository.commit("base");
    let dropped = repository.commit("dropped");
    let (mirror, _data) = mirror(&repository).await;
    mirror.fetch("main").await.unwrap();
    repository.git(&["reset", "-q", "--hard", &base]);
    let new = repository.commit("instead");
    assert_eq!(mirror.fetch("main").await.unwrap().as_deref(), Some(new.as_str()));
    let TrunkMove::Rewritten { dropped: lost, commits } = mirror.moved(Some(&dropped), &new, LIMIT).await.unwrap()
    else {
        panic!("a rewrite was not seen")
    };
    assert_eq!((lost, shas(&commits)), (vec![dropped.clone()], vec![new.as_str()]));

    repository.git(&["reset", "-q", "--hard", &base]);
    mirror.fetch("main").await.unwrap();
    let back = mirror.moved(Some(&new), &base, LIMIT).await.unwrap();
    assert_eq!(back, TrunkMove::Rewritten { dropped: vec![new], commits: vec![] });
    mirror.tidy().await.unwrap();
    assert!(mirror.contains(&dropped).await.unwrap(), "what was deployed once is never lost");
}

#[tokio::test]
async fn a_merge_counts_as_one_commit_of_trunk() {
    let repository = Repository::new();
    let base = repository.commit("base");
    repository.git(&["checkout", "-q", "-b", "side"]);
    repository.write("side", "x");
    repository.commit("on the side");
    repository.git(&["checkout", "-q", "main"]);
    repository.git(&["merge", "-q", "--no-ff", "-m", "merge side", "side"]);
    let (mirror, _data) = mirror(&repository).await;
    let head = mirror.fetch("main").await.unwrap().unwrap();
    let commits = mirror.commits(Some(&base), &head, LIMIT).await.unwrap();
    assert_eq!(shas(&commits), [head.as_str()]);
    let files = mirror.changed_files(Some(&base), &head).await.unwrap();
    assert_eq!(files[0].path, "side");
}

#[tokio::test]
async fn the_default_trunk_is_no_accident_of_what_is_checked_out() {
    let origin = Repository::new();
    origin.git(&["checkout", "-q", "-b", "stable"]);
    origin.commit("base");
    let (from_origin, _data) = mirror(&origin).await;
    origin.git(&["checkout", "-q", "-b", "feature"]);
    assert_eq!(from_origin.trunk(None).await.unwrap(), "feature", "one odd branch and no main: what is checked out");
    assert_eq!(from_origin.trunk(Some("stable")).await.unwrap(), "stable");

    let plain = Repository::new();
    plain.commit("base");
    plain.git(&["checkout", "-q", "-b", "feature"]);
    let (from_plain, _data) = mirror(&plain).await;
    assert_eq!(from_plain.trunk(None).await.unwrap(), "main");

    let clone = Repository::new();
    clone.git(&["remote", "add", "origin", &plain.url()]);
    clone.git(&["fetch", "-q", "origin"]);
    clone.git(&["remote", "set-head", "origin", "feature"]);
    let (from_clone, _data) = mirror(&clone).await;
    assert_eq!(from_clone.trunk(None).await.unwrap(), "feature", "the clone's origin says so");
    assert_eq!(origin_of(clone.path()).await.unwrap(), Some(plain.url()));
    assert_eq!(origin_of(plain.path()).await.unwrap(), None);
}

#[tokio::test]
async fn a_branch_that_is_gone_and_a_repository_that_is_not_there_are_said() {
    let repository = Repository::new();
    repository.commit("base");
    let (mirror, data) = mirror(&repository).await;
    mirror.fetch("main").await.unwrap();
    repository.git(&["branch", "-q", "-m", "main", "other"]);
    assert!(matches!(mirror.fetch("main").await, Err(Error::NoBranch { .. })));
    let nowhere = Mirror::open(&data.path().join("nowhere.git"), "/nowhere/at/all").await.unwrap();
    let error = nowhere.fetch("main").await.unwrap_err().to_string();
    assert!(error.contains("/nowhere/at/all"), "{error}");
}

#[tokio::test]
async fn a_worktree_is_clean_and_goes_away() {
    let repository = Repository::new();
    repository.write("bin/run", "#!/bin/sh\n");
    let commit = repository.commit("base");
    repository.write("uncommitted", "x");
    let (mirror, data) = mirror(&repository).await;
    mirror.fetch("main").await.unwrap();
    let folders: Vec<_> = (0..4).map(|i| data.path().join(format!("work/{i}"))).collect();
    let trees = futures_util::future::join_all(folders.iter().map(|folder| mirror.worktree(&commit, folder))).await;
    let mut trees: Vec<_> = trees.into_iter().map(Result::unwrap).collect();
    assert!(
        trees.iter().all(|tree| tree.folder().join("bin/run").exists() && !tree.folder().join("uncommitted").exists())
    );
    let locked = trees[0].folder().join("bin");
    std::fs::set_permissions(&locked, std::os::unix::fs::PermissionsExt::from_mode(0o500)).unwrap();
    trees.remove(0).remove().await;
    assert!(!folders[0].exists());
    drop(trees);
    until(|| folders.iter().all(|folder| !folder.exists())).await;
}

#[tokio::test]
async fn a_commit_is_noticed_at_once_and_nothing_is_said_meanwhile() {
    let repository = Repository::new();
    repository.commit("base");
    let (mirror, _data) = mirror(&repository).await;
    let mut watch = Watch::start(&mirror, "main");
    assert_eq!(watch.next().await, Some(Signal::MaybeMoved), "the first look");
    let quiet = tokio::time::timeout(Duration::from_millis(400), watch.next()).await;
    assert!(quiet.is_err(), "nothing happened, and {quiet:?} was said");
    repository.commit("second");
    assert_eq!(tokio::time::timeout(SOON, watch.next()).await.unwrap(), Some(Signal::MaybeMoved));
    repository.git(&["pack-refs", "--all"]);
    assert_eq!(tokio::time::timeout(SOON, watch.next()).await.unwrap(), Some(Signal::MaybeMoved));
}

#[tokio::test]
async fn a_linked_worktree_is_watched_where_its_branches_are() {
    let repository = Repository::new();
    repository.commit("base");
    let beside = tempfile::tempdir().unwrap();
    let linked = beside.path().join("linked");
    repository.git(&["worktree", "add", "-q", "-b", "other", linked.to_str().unwrap()]);
    let mirror = Mirror::open(&beside.path().join("m.git"), linked.to_str().unwrap()).await.unwrap();
    let mut watch = Watch::start(&mirror, "main");
    watch.next().await;
    let second = repository.commit("second");
    // Whatever came first, trunk's move is among it.
    loop {
        assert_eq!(tokio::time::timeout(SOON, watch.next()).await.unwrap(), Some(Signal::MaybeMoved));
        if mirror.fetch("main").await.unwrap().as_deref() == Some(second.as_str()) {
            break;
        }
    }
}

#[tokio::test]
async fn an_address_that_does_not_answer_is_said_with_when_it_is_asked_again() {
    let data = tempfile::tempdir().unwrap();
    let mirror = Mirror::open(&data.path().join("m.git"), "http://ann:secret@127.0.0.1:1/shop.git").await.unwrap();
    let mut watch = Watch::start(&mirror, "main");
    let Some(Signal::Unreachable { why, again_seconds }) = watch.next().await else { panic!("it answered") };
    assert!(!why.contains("secret"), "{why}");
    assert_eq!(again_seconds, 40);
}

pub(crate) async fn until(is_so: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + SOON;
    while !is_so() {
        assert!(tokio::time::Instant::now() < deadline, "it did not come about in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
