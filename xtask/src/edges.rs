//! Which of our crates may import which. The rule and its reasons: ARCHITECTURE.md.

use anyhow::{Context as _, Result};
use serde_json::Value;

/// What a crate may import.
enum May {
    /// These of ours.
    Import(&'static [&'static str]),
    /// Everything of ours.
    ImportAll,
}

/// Every crate by its package name. A new crate needs a line here.
const RULES: &[(&str, May)] = &[
    ("halloo-fpnn", May::Import(&[])),
    ("halloo-msync", May::Import(&[])),
    ("halloo-core", May::Import(&[])),
    ("halloo-content", May::Import(&["halloo-core"])),
    ("halloo-store", May::Import(&["halloo-core"])),
    ("halloo-bus", May::Import(&["halloo-core"])),
    ("halloo-outbound", May::Import(&["halloo-core"])),
    ("halloo-console", May::Import(&["halloo-core"])),
    (
        "halloo-gate-rest",
        May::Import(&["halloo-content", "halloo-core"]),
    ),
    (
        "halloo-gate-rtm",
        May::Import(&["halloo-content", "halloo-core", "halloo-fpnn"]),
    ),
    (
        "halloo-gate-msync",
        May::Import(&["halloo-core", "halloo-msync"]),
    ),
    ("halloo-client", May::Import(&["halloo-fpnn"])),
    ("halloo-python", May::Import(&["halloo-client"])),
    ("halloo", May::ImportAll),
    ("halloo-testkit", May::ImportAll),
    ("halloo-bench", May::ImportAll),
    ("xtask", May::Import(&[])),
];

/// What tests of every crate may import besides.
const TESTKIT: &str = "halloo-testkit";

/// A package and what it imports.
pub(crate) struct Package {
    name: String,
    imports: Vec<Import>,
}

struct Import {
    name: String,
    for_tests: bool,
}

/// The packages in the answer of `cargo metadata --format-version 1 --no-deps`.
/// # Errors
/// When it has another shape.
pub(crate) fn packages(metadata: &Value) -> Result<Vec<Package>> {
    list(metadata, "packages")?
        .iter()
        .map(|package| {
            let imports = list(package, "dependencies")?.iter().map(|import| {
                let for_tests = import.get("kind").and_then(Value::as_str) == Some("dev");
                Ok(Import {
                    name: name(import)?,
                    for_tests,
                })
            });
            Ok(Package {
                name: name(package)?,
                imports: imports.collect::<Result<_>>()?,
            })
        })
        .collect()
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    let list = value.get(key).and_then(Value::as_array);
    list.with_context(|| format!("cargo metadata has no list {key}"))
}

fn name(value: &Value) -> Result<String> {
    let name = value.get("name").and_then(Value::as_str);
    Ok(name
        .context("cargo metadata has a package without a name")?
        .to_owned())
}

/// Every edge that [`RULES`] does not allow, and every crate that they do not name.
pub(crate) fn findings(packages: &[Package]) -> Vec<String> {
    packages
        .iter()
        .flat_map(|package| of_package(package, packages))
        .collect()
}

fn of_package(package: &Package, packages: &[Package]) -> Vec<String> {
    let from = &package.name;
    let Some((_, may)) = RULES.iter().find(|(name, _)| name == from) else {
        return vec![format!(
            "{from}: no rule in xtask/src/edges.rs says what it may import"
        )];
    };
    let May::Import(allowed) = may else {
        return Vec::new();
    };
    let ours = |import: &&Import| packages.iter().any(|package| package.name == import.name);
    let refused = |import: &&Import| {
        let to = import.name.as_str();
        let in_tests = import.for_tests && (to == TESTKIT || to == from);
        !allowed.contains(&to) && !in_tests
    };
    let tell = |import: &Import| {
        let whose = if import.for_tests {
            "its tests import"
        } else {
            "it imports"
        };
        let allowed = match allowed {
            [] => "none of ours".to_owned(),
            some => format!("{} only", some.join(" and ")),
        };
        format!(
            "{from}: {whose} {}, but it may import {allowed}",
            import.name
        )
    };
    package
        .imports
        .iter()
        .filter(ours)
        .filter(refused)
        .map(tell)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is found when `from` imports `imports`, beside crates that import nothing.
    fn found(from: &str, imports: &[(&str, Option<&str>)]) -> Vec<String> {
        let dependencies: Vec<Value> = imports
            .iter()
            .map(|(name, kind)| json!({"name": name, "kind": kind}))
            .collect();
        let others = RULES
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| *name != from);
        let mut all: Vec<Value> = others
            .map(|name| json!({"name": name, "dependencies": []}))
            .collect();
        all.push(json!({"name": from, "dependencies": dependencies}));
        findings(&packages(&json!({"packages": all})).unwrap())
    }

    #[test]
    fn edges_of_the_architecture_are_allowed() {
        for (from, to) in [
            ("halloo-store", "halloo-core"),
            ("halloo-content", "halloo-core"),
            ("halloo-gate-rest", "halloo-core"),
            ("halloo-gate-rest", "halloo-content"),
            ("halloo-gate-rtm", "halloo-content"),
            ("halloo-gate-rtm", "halloo-fpnn"),
            ("halloo-client", "halloo-fpnn"),
            ("halloo", "halloo-store"),
            ("halloo-testkit", "halloo"),
            ("halloo-bench", "halloo-store"),
        ] {
            assert_eq!(found(from, &[(to, None)]), [""; 0], "{from} -> {to}");
        }
    }

    #[test]
    fn any_other_edge_is_found() {
        for (from, to) in [
            ("halloo-core", "halloo-store"),
            ("halloo-core", "halloo-content"),
            ("halloo-store", "halloo-gate-rest"),
            ("halloo-gate-rest", "halloo-store"),
            ("halloo-gate-rtm", "halloo-msync"),
            ("halloo-client", "halloo-core"),
            ("halloo-gate-rest", "halloo"),
            ("xtask", "halloo-core"),
        ] {
            for kind in [None, Some("build"), Some("dev")] {
                assert_eq!(found(from, &[(to, kind)]).len(), 1, "{from} -> {to}");
            }
        }
        assert_eq!(
            found(
                "halloo-gate-rest",
                &[("halloo-store", None), ("halloo-core", None)]
            ),
            [
                "halloo-gate-rest: it imports halloo-store, but it may import halloo-content and \
                 halloo-core only"
            ]
        );
        assert_eq!(
            found("halloo-core", &[("halloo-store", Some("dev"))]),
            ["halloo-core: its tests import halloo-store, but it may import none of ours"]
        );
    }

    #[test]
    fn tests_may_import_their_own_crate_and_the_testkit() {
        let dev = Some("dev");
        let imports = [
            ("halloo-store", dev),
            ("halloo-testkit", dev),
            ("tempfile", dev),
        ];
        assert_eq!(found("halloo-store", &imports), [""; 0]);
        assert_eq!(found("halloo-store", &[("halloo-testkit", None)]).len(), 1);
    }

    #[test]
    fn crates_of_others_are_nobodys_business() {
        assert_eq!(
            found("halloo-core", &[("tokio", None), ("uuid", None)]),
            [""; 0]
        );
    }

    #[test]
    fn a_crate_without_a_rule_is_found() {
        assert_eq!(
            found("halloo-new", &[]),
            ["halloo-new: no rule in xtask/src/edges.rs says what it may import"]
        );
    }

    #[test]
    fn metadata_of_another_shape_is_an_error() {
        for metadata in [json!({}), json!({"packages": [{}]}), json!([])] {
            assert!(packages(&metadata).is_err(), "{metadata}");
        }
    }
}
