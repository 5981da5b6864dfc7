//! Each patch applies, and the shop's tests say of it what the demo needs.

use crate::shop::Sample;

/// What is on trunk before the scene `bad-canary`.
pub(crate) const BEFORE_THE_BAD_ONES: [&str; 7] = [
    "01-free-delivery",
    "02-one-page-checkout",
    "03-whole-words",
    "04-beginnings-of-words",
    "05-delivery-note",
    "06-qs-mended",
    "07-checkout-experiment",
];

#[tokio::test]
async fn each_commit_passes_its_tests_but_the_one_that_must_not() {
    let mut sample = Sample::new().await;
    assert!(sample.tests().0, "the first commit");
    for patch in demo::patches().iter().filter(|patch| !patch.name.ends_with(".healthy")) {
        let sha = sample.trunk.commit(&patch.name).await.unwrap();
        assert_eq!(sample.git(&["rev-parse", "main"]), sha);
        let (passes, output) = sample.tests();
        assert_eq!(passes, patch.name != "03-whole-words", "{}\n{output}", patch.name);
        if !passes {
            assert!(output.contains("✖ a part of a word is enough"), "{output}");
        }
        if patch.name == "08-known-addresses" {
            sample.trunk.revert(&patch.name).await.unwrap();
            assert!(sample.tests().0, "the revert");
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

    let rest = ["09-recently-viewed", "10-telephone-number", "11-any-letters"];
    for patch in BEFORE_THE_BAD_ONES[1..].iter().chain(&rest) {
        sample.trunk.commit(patch).await.unwrap();
    }
    let (passes, output) = sample.tests_on_the_parent();
    assert!(!passes && output.contains("✖ a product may have any letters in its name"), "{output}");
}

#[tokio::test]
async fn the_healthy_variant_passes_and_takes_the_innocent_commit() {
    let mut sample = Sample::with(&BEFORE_THE_BAD_ONES).await;
    for patch in ["08-known-addresses.healthy", "09-recently-viewed.healthy", "10-telephone-number"] {
        sample.trunk.commit(patch).await.unwrap();
        assert!(sample.tests().0, "{patch}");
    }
}

#[tokio::test]
async fn the_mending_commit_names_the_bad_one() {
    let mut sample = Sample::with(&BEFORE_THE_BAD_ONES).await;
    let bad = sample.trunk.commit("09-recently-viewed").await.unwrap();
    sample.trunk.commit("10-telephone-number").await.unwrap();
    sample.trunk.commit("11-any-letters").await.unwrap();
    assert!(sample.git(&["log", "-1", "--format=%B"]).ends_with(&format!("Fixes: {bad}")));
    assert_eq!(sample.git(&["log", "-1", "--format=%an <%ae>"]), "Trunkline demo <demo@trunkline.invalid>");
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
