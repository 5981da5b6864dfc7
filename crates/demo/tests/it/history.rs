//! Each patch applies, and the shop's tests say of it what the demo needs.

use crate::shop::Sample;

const BEFORE_THE_BAD_ONE: [&str; 3] = ["01-free-delivery", "02-whole-words", "03-beginnings-of-words"];

#[tokio::test]
async fn each_commit_passes_its_tests_but_the_one_that_must_not() {
    let mut sample = Sample::new().await;
    assert!(sample.tests().0, "the first commit");
    for patch in demo::patches().iter().filter(|patch| !patch.name.ends_with(".healthy")) {
        let sha = sample.trunk.commit(&patch.name).await.unwrap();
        assert_eq!(sample.git(&["rev-parse", "main"]), sha);
        let (passes, output) = sample.tests();
        assert_eq!(passes, patch.name != "02-whole-words", "{}\n{output}", patch.name);
        if !passes {
            assert!(output.contains("✖ a part of a word is enough"), "{output}");
        }
    }
    assert_eq!(sample.git(&["status", "--porcelain"]), "", "tests leave nothing behind");
}

#[tokio::test]
async fn new_tests_are_red_on_the_parent() {
    let mut sample = Sample::new().await;
    sample.trunk.commit("01-free-delivery").await.unwrap();
    let (passes, output) = sample.tests_on_the_parent();
    assert!(!passes && output.contains("✖ from 50 € on delivery is free"), "{output}");

    for patch in
        ["02-whole-words", "03-beginnings-of-words", "04-recently-viewed", "05-telephone-number", "06-any-letters"]
    {
        sample.trunk.commit(patch).await.unwrap();
    }
    let (passes, output) = sample.tests_on_the_parent();
    assert!(!passes && output.contains("✖ a product may have any letters in its name"), "{output}");
}

#[tokio::test]
async fn the_healthy_variant_passes_and_takes_the_innocent_commit() {
    let mut sample = Sample::with(&BEFORE_THE_BAD_ONE).await;
    for patch in ["04-recently-viewed.healthy", "05-telephone-number"] {
        sample.trunk.commit(patch).await.unwrap();
        assert!(sample.tests().0, "{patch}");
    }
}

#[tokio::test]
async fn the_mending_commit_names_the_bad_one() {
    let mut sample = Sample::with(&BEFORE_THE_BAD_ONE).await;
    let bad = sample.trunk.commit("04-recently-viewed").await.unwrap();
    sample.trunk.commit("05-telephone-number").await.unwrap();
    sample.trunk.commit("06-any-letters").await.unwrap();
    assert!(sample.git(&["log", "-1", "--format=%B"]).ends_with(&format!("Fixes: {bad}")));
    assert_eq!(sample.git(&["log", "-1", "--format=%an <%ae>"]), "Trunkline demo <demo@trunkline.invalid>");
}

#[tokio::test]
async fn the_dark_launch_may_come_early() {
    let mut sample = Sample::with(&["01-free-delivery", "07-one-page-checkout"]).await;
    assert!(sample.tests().0, "the new checkout");
    for patch in ["02-whole-words", "03-beginnings-of-words", "04-recently-viewed.healthy", "05-telephone-number"] {
        sample.trunk.commit(patch).await.unwrap();
    }
    assert!(sample.tests().0, "what comes after it");
}

#[tokio::test]
async fn infrastructure_is_left_out_where_it_cannot_be_planned() {
    let folder = tempfile::tempdir().unwrap();
    let trunk = demo::Trunk::prepare(&folder.path().join("trunk"), demo::Infrastructure::LeftOut).await.unwrap();
    let yaml = std::fs::read_to_string(trunk.folder().join("trunkline.yaml")).unwrap();
    assert!(!yaml.contains("infra"), "{yaml}");
    assert!(!trunk.folder().join("infra").exists());
}

#[tokio::test]
async fn a_folder_with_something_in_it_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("precious"), "").unwrap();
    let error = demo::Trunk::prepare(folder.path(), demo::Infrastructure::Declared).await.unwrap_err();
    assert!(matches!(error, demo::Error::NotEmpty { .. }), "{error}");
}
