//! What each reader finds, and where it says that something is wrong.

use super::*;
use crate::model::package::Origin;

fn content(format: Format, text: &str) -> Content {
    read(format, Source { file: "lock", text }).unwrap()
}

/// Name, version and origin of every package.
fn packages(format: Format, text: &str) -> Vec<(String, String, Origin)> {
    let packages = content(format, text).packages.into_iter();
    packages.map(|package| (package.name, package.version, package.origin)).collect()
}

fn told(format: Format, text: &str) -> String {
    let problem = read(format, Source { file: "lock", text }).unwrap_err();
    assert!(problem.hint.is_some(), "{problem:?}");
    problem.placed()
}

fn registered(name: &str, version: &str) -> (String, String, Origin) {
    (name.into(), version.into(), Origin::Registry)
}

fn unlocked(content: &Content) -> Vec<(u32, &str)> {
    content.unlocked.iter().map(|unlocked| (unlocked.line, unlocked.reason.as_str())).collect()
}

mod cargo {
    use super::*;

    const OWN: &str = "[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n";

    #[test]
    fn the_source_says_whose_package_it_is() {
        let package = |name: &str, source: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"{source}\"\n")
        };
        let text = [
            OWN.to_owned(),
            package("a", "registry+https://github.com/rust-lang/crates.io-index"),
            package("b", "git+https://example.org/b#01"),
            package("c", "registry+https://example.org/index"),
        ]
        .concat();
        let origins: Vec<Origin> = packages(Format::Cargo, &text).into_iter().map(|(_, _, origin)| origin).collect();
        let (git, other) = ("git+https://example.org/b#01".into(), "registry+https://example.org/index".into());
        let wanted = [Origin::Registry, Origin::Git { url: git }, Origin::OtherRegistry { url: other }, Origin::Local];
        assert_eq!(origins, wanted);
    }

    #[test]
    fn the_oldest_files_name_their_own_package_apart() {
        let text = "[root]\nname = \"own\"\nversion = \"0.1.0\"\ndependencies = [\"a 1.0.0 (registry+x)\"]\n\n\
                    [[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n";
        assert_eq!(packages(Format::Cargo, text).len(), 2);
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (text, wanted) in [
            (format!("version = 9\n{OWN}"), "lock:1:11: version 9 of the format is not known"),
            (format!("{OWN}dependencies = [\n \"a\",\n]\n"), "lock:5:2: the file needs \"a\" and does not lock it"),
            (OWN.replace("0.1.0", "one"), "lock:3:11: \"one\" is not a semantic version"),
            (String::new(), "lock:1:1: the file names no package, not even its own"),
            ("[[package]]\nname = 1\n".into(), "lock:2:8: invalid type: integer `1`, expected a string"),
        ] {
            assert_eq!(told(Format::Cargo, &text), wanted);
        }
    }

    #[test]
    fn a_file_that_was_made_by_hand_is_doubted() {
        let package = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n";
        let doubts = |text: &str| content(Format::Cargo, text).unlocked;
        assert!(doubts(&format!("{OWN}dependencies = [\"a 1.0.0\"]\n{package}")).is_empty());
        assert!(doubts(package)[0].reason.starts_with("it does not name the package that it is of"));
        let other = doubts(&format!("{OWN}dependencies = [\"a 2.0.0\"]\n{package}"));
        assert_eq!((other[0].line, other[0].reason.as_str()), (4, "a 2.0.0 is needed, and other versions are locked"));
    }
}

mod npm {
    use super::*;

    #[test]
    fn one_map_of_folders() {
        let text = r#"{ "lockfileVersion": 3, "packages": {
            "": { "name": "own", "version": "1.0.0" },
            "parts/ui": { "name": "@own/ui", "version": "0.1.0" },
            "node_modules/@own/ui": { "resolved": "parts/ui", "link": true },
            "node_modules/@a/b": { "version": "1.0.0", "resolved": "https://example.org/b-1.0.0.tgz" },
            "node_modules/@a/b/node_modules/c": { "version": "2.0.0" },
            "node_modules/alias": { "name": "real", "version": "3.0.0" },
            "node_modules/git": { "version": "4.0.0", "resolved": "git+ssh://git@example.org/git.git#01" },
            "node_modules/optional": { "optional": true } } }"#;
        let git = Origin::Git { url: "git+ssh://git@example.org/git.git#01".into() };
        let wanted = [
            registered("@a/b", "1.0.0"),
            ("@own/ui".into(), "0.1.0".into(), Origin::Local),
            registered("c", "2.0.0"),
            ("git".into(), "4.0.0".into(), git),
            registered("real", "3.0.0"),
        ];
        assert_eq!(packages(Format::Npm, text), wanted);
        assert_eq!(unlocked(&content(Format::Npm, text)), [(9, "optional has no version")]);
    }

    #[test]
    fn packages_within_packages() {
        let text = r#"{ "lockfileVersion": 1, "dependencies": {
            "a": { "version": "1.0.0", "requires": { "b": "^1.0.0" }, "dependencies": {
                "b": { "version": "1.5.0", "bundled": true } } },
            "b": { "version": "2.0.0" },
            "alias": { "version": "npm:@real/name@3.0.0" },
            "archive": { "version": "https://example.org/archive.tgz" },
            "folder": { "version": "file:../folder" },
            "git": { "version": "github:example/git#01" } } }"#;
        let wanted = [
            registered("@real/name", "3.0.0"),
            registered("a", "1.0.0"),
            (
                "archive".into(),
                "https://example.org/archive.tgz".into(),
                Origin::Archive { url: "https://example.org/archive.tgz".into() },
            ),
            registered("b", "1.5.0"),
            registered("b", "2.0.0"),
            ("folder".into(), "file:../folder".into(), Origin::Local),
            ("git".into(), "github:example/git#01".into(), Origin::Git { url: "github:example/git#01".into() }),
        ];
        assert_eq!(packages(Format::Npm, text), wanted);
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (text, wanted) in [
            ("{ \"lockfileVersion\": 3, \"packages\": { \"\": {}", "lock:1:44: EOF while parsing an object"),
            ("{}", "lock:1:1: \"lockfileVersion\" is missing"),
            ("{ \"lockfileVersion\": 4 }", "lock:1:1: version 4 of the format is not known"),
            ("{ \"lockfileVersion\": 3 }", "lock:1:1: \"packages\" is missing"),
            (
                "{ \"lockfileVersion\": 3, \"packages\": {\n \"node_modules/a\": { \"version\": 1 } } }",
                "lock:2:20: invalid type: integer `1`, expected a string",
            ),
            (
                "{ \"lockfileVersion\": 3, \"packages\": {\n \"a\": {},\n \"a\": {} } }",
                "lock:3:4: \"a\" is there twice",
            ),
        ] {
            assert_eq!(told(Format::Npm, text), wanted);
        }
    }

    #[test]
    fn a_tree_that_is_too_deep_is_refused() {
        let deep = |levels: usize| {
            let open = "{ \"a\": { \"version\": \"1.0.0\", \"dependencies\": ".repeat(levels);
            format!("{{ \"lockfileVersion\": 1, \"dependencies\": {open}{{}}{}}}", " } }".repeat(levels))
        };
        assert_eq!(packages(Format::Npm, &deep(39)).len(), 1);
        assert!(told(Format::Npm, &deep(40)).ends_with("packages are nested more than 40 deep"));
        assert!(told(Format::Npm, &deep(100_000)).ends_with("packages are nested more than 40 deep"));
    }
}

mod python {
    use super::*;

    #[test]
    fn requirements_are_pinned_or_said() {
        let text = "# made by hand\n\
                    A.b[x, y] == 1.0 ; python_version < \"3.9\"  # why\n\
                    c===2.0 \\\n    --hash=sha256:01 \\\n    --hash=sha256:02\n\
                    d (==3.0,!=3.0.1)\n\
                    --index-url https://example.org/simple\n\
                    -rmore.txt\n\
                    e>=1\n\
                    f==1.*\n\
                    g @ https://example.org/g.whl\n\
                    ./folder\n\
                    git+https://example.org/h.git#egg=h\n\
                    -e .\n\
                    i\n";
        let wanted = [registered("A.b", "1.0"), registered("c", "2.0"), registered("d", "3.0")];
        assert_eq!(packages(Format::Requirements, text), wanted);
        let content = content(Format::Requirements, text);
        assert_eq!(content.includes, [Include { line: 8, path: "more.txt".into() }]);
        let lines: Vec<u32> = content.unlocked.iter().map(|unlocked| unlocked.line).collect();
        assert_eq!(lines, [9, 10, 11, 12, 13, 14, 15]);
        assert_eq!(unlocked(&content)[0].1, "e is not pinned to one version");
    }

    #[test]
    fn what_is_no_requirement_has_its_place() {
        for (text, wanted) in [
            ("a==1\n<<<<<<< ours\n", "lock:2:1: \"<<<<<<< ours\" is not a requirement"),
            ("a=1\n", "lock:1:1: \"=1\" is not a version specifier"),
            ("a==1 b==2\n", "lock:1:1: \"==1 b==2\" is not a version specifier"),
            ("a==1\n--oops\n", "lock:2:1: pip has no option \"--oops\" in such a file"),
            ("\na==1 \\\n", "lock:2:1: the file ends in the middle of a line that goes on"),
            ("a[x==1\n", "lock:1:1: \"a[x==1\" is not a requirement"),
        ] {
            assert_eq!(told(Format::Requirements, text), wanted);
        }
    }

    #[test]
    fn uv_locks_what_its_product_needs() {
        let text = "version = 1\n\
                    [[package]]\nname = \"own\"\nversion = \"0.1.0\"\nsource = { editable = \".\" }\n\
                    dependencies = [{ name = \"a\" }]\n\
                    [[package]]\nname = \"a\"\nversion = \"1.0\"\nsource = { registry = \"https://example.org/simple\" }\n\
                    [[package]]\nname = \"b\"\nversion = \"2.0\"\nsource = { git = \"https://example.org/b?rev=01#01\" }\n";
        let git = Origin::Git { url: "git+https://example.org/b?rev=01#01".into() };
        assert_eq!(packages(Format::Uv, text), [registered("a", "1.0"), ("b".into(), "2.0".into(), git)]);
        let without = text.replace("name = \"a\"\nversion", "name = \"c\"\nversion");
        assert_eq!(told(Format::Uv, &without), "lock:6:26: the file needs \"a\" and does not lock it");
        let odd = text.replace("registry", "somewhere");
        assert_eq!(told(Format::Uv, &odd), "lock:10:10: a source of this kind is not known");
        let alone = text.replace("editable = \".\"", "registry = \"x\"");
        assert!(unlocked(&content(Format::Uv, &alone))[0].1.starts_with("it does not name what it is of"));
        assert_eq!(told(Format::Uv, "version = 1\n"), "lock:2:1: the file names no package, not even its own");
        assert_eq!(told(Format::Uv, "version = 2\n"), "lock:1:11: version 2 of the format is not known");
    }

    #[test]
    fn poetry_ends_with_its_hash() {
        let package = "[[package]]\nname = \"a\"\nversion = \"1.0\"\n\
                       [[package]]\nname = \"b\"\nversion = \"2.0\"\n\
                       [package.source]\ntype = \"git\"\nurl = \"https://example.org/b\"\nresolved_reference = \"01\"\n";
        let text = format!("{package}[metadata]\nlock-version = \"2.0\"\ncontent-hash = \"01\"\n");
        let git = Origin::Git { url: "git+https://example.org/b@01".into() };
        assert_eq!(packages(Format::Poetry, &text), [registered("a", "1.0"), ("b".into(), "2.0".into(), git)]);
        assert!(told(Format::Poetry, package).ends_with("the file ends without its content-hash"));
        let odd = text.replace("\"git\"", "\"odd\"");
        assert_eq!(told(Format::Poetry, &odd), "lock:8:8: a source of type \"odd\" is not known");
    }
}

#[test]
fn names_that_do_not_show_are_refused() {
    let text = "{ \"lockfileVersion\": 3, \"packages\": { \"node_modules/a\\u001b[2J\": { \"version\": \"1.0.0\" } } }";
    assert!(told(Format::Npm, text).contains("characters that do not show"));
    assert!(told(Format::Requirements, "./a\u{202e}b\n").contains("characters that do not show"));
}

#[test]
fn what_is_too_large_is_refused() {
    let text = " ".repeat(FILE_BYTES_MAX + 1);
    let problem = read(Format::Cargo, Source { file: "lock", text: &text }).unwrap_err();
    assert_eq!(problem.kind, Kind::TooLarge);
    let many = (0..=PACKAGES_MAX).map(|number| format!("a{number}==1")).collect::<Vec<_>>().join("\n");
    let problem = read(Format::Requirements, Source { file: "lock", text: &many }).unwrap_err();
    assert_eq!(problem.kind, Kind::TooLarge);
}

/// Nested as deep as an attacker likes, damaged anywhere: an answer or a place, and no end of the stack.
mod hostile {
    use proptest::prelude::*;

    use super::*;

    const SAMPLES: [(Format, &str); 4] = [
        (Format::Cargo, "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\ndependencies = [\"a\"]\n"),
        (
            Format::Npm,
            r#"{ "lockfileVersion": 1, "dependencies": { "a": { "version": "npm:b@1.0.0", "dependencies": {} } } }"#,
        ),
        (Format::Requirements, "a[b]==1.0,<2 ; x # c\n-r d.txt\n\\\n-e .\ng @ https://example.org\n"),
        (Format::Uv, "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { virtual = \".\" }\n"),
    ];

    #[test]
    fn nesting_has_an_end() {
        let deep = "[".repeat(100_000);
        for format in [Format::Cargo, Format::Uv, Format::Poetry] {
            assert!(told(format, &format!("a = {deep}")).starts_with("lock:1:"));
        }
        assert!(told(Format::Npm, &deep).starts_with("lock:1:"));
        let inner = format!("{{ \"lockfileVersion\": 3, \"packages\": {{ \"node_modules/a\": {deep}");
        assert!(told(Format::Npm, &inner).starts_with("lock:1:"));
    }

    proptest! {
        #[test]
        fn damage_gives_an_answer_or_a_place(
            which in 0..SAMPLES.len(), at in any::<prop::sample::Index>(), length in 0..9_usize, new in "[\\PC\n\\\\\"#{}\\[\\]]{0,6}",
        ) {
            let (format, sample) = SAMPLES[which];
            let begin = sample.floor_char_boundary(at.index(sample.len()));
            let end = sample.floor_char_boundary((begin + length).min(sample.len()));
            let text = [&sample[..begin], &new, &sample[end..]].concat();
            if let Err(problem) = read(format, Source { file: "lock", text: &text }) {
                prop_assert!(problem.line.is_some() && problem.column.is_some() && problem.hint.is_some());
            }
        }
    }
}
