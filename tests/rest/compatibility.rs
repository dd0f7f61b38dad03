//! `docs/compatibility.md`: its table is rendered from what the other modules check.
//!
//! `HALLOO_BLESS=1 cargo test -p halloo --test rest compatibility` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::endpoints::{Access, ENDPOINTS};
use crate::errors::rows;
use crate::examples::{EXAMPLES, snapshot_name};

const BEGIN: &str = "<!-- table: begin -->\n";
const END: &str = "<!-- table: end -->\n";

/// A path inside the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// One row per endpoint.
fn table() -> String {
    let mut table =
        String::from("| Call | Token | Examples | Refusals | Notes |\n|---|---|---:|---:|---|\n");
    let rows = rows();
    for endpoint in ENDPOINTS {
        let token = match endpoint.access {
            Access::Open => "none",
            Access::App => "app",
            Access::Own => "app, or the user's own",
            Access::Any => "app, or any user's",
        };
        let examples = EXAMPLES.iter().filter(|(id, _)| *id == endpoint.id).count();
        let of_this: Vec<_> = rows
            .iter()
            .filter(|row| row.endpoint == endpoint.id)
            .collect();
        let distinct: BTreeSet<_> = of_this
            .iter()
            .map(|row| (row.status, row.error, row.description))
            .collect();
        // Too many calls are refused in `errors/rates.rs`, by one more row for every endpoint.
        let (kinds, requests) = (distinct.len() + 1, of_this.len() + 1);
        writeln!(
            table,
            "| `{} {}` | {token} | {examples} | {kinds} ({requests}) | {} |",
            endpoint.method, endpoint.path, endpoint.note
        )
        .unwrap();
    }
    table
}

#[test]
fn the_page_shows_what_is_checked() {
    halloo_testkit::assert_page_shows(&repository("docs/compatibility.md"), (BEGIN, END), &table());
}

#[test]
fn every_endpoint_has_examples_and_refusals() {
    let rows = rows();
    for endpoint in ENDPOINTS {
        assert!(
            EXAMPLES.iter().any(|(id, _)| *id == endpoint.id),
            "{}",
            endpoint.id
        );
        assert!(
            rows.iter().any(|row| row.endpoint == endpoint.id),
            "{}",
            endpoint.id
        );
    }
    for (id, variant) in EXAMPLES {
        assert!(
            ENDPOINTS.iter().any(|endpoint| endpoint.id == *id),
            "{id} {variant}"
        );
    }
}

#[test]
fn every_example_has_its_snapshot_and_no_snapshot_is_left_over() {
    let folder = repository("tests/rest/snapshots");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the snapshots")
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        // A difference that waits for its review is another test's failure.
        .filter(|name| !name.ends_with(".snap.new"))
        .collect();
    let listed: BTreeSet<String> = EXAMPLES
        .iter()
        .map(|(id, variant)| format!("{}.snap", snapshot_name(id, variant)))
        .collect();
    assert_eq!(files, listed);
}
