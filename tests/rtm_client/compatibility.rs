//! `docs/compatibility.md`: its table of the client gate's methods is rendered from what the other modules check.
//!
//! `HALLOO_BLESS=1 cargo test -p halloo --test rtm_client compatibility` writes it anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::methods::{Method, Status};

const BEGIN: &str = "<!-- rtm client table: begin -->\n";
const END: &str = "<!-- rtm client table: end -->\n";

/// A path inside the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// One row per method.
fn table() -> String {
    let mut table = String::from(
        "| Method | Parameters | Answered | Tested by | Notes |\n\
         |---|---|---|---|---|\n",
    );
    let mark = |name: &str, always: bool| format!("`{name}`{}", if always { "" } else { "?" });
    for method in Method::all() {
        let parameters = method.parameters.iter();
        let parameters: Vec<_> = parameters.map(|p| mark(p.name, p.required)).collect();
        let fields = method.answer.iter();
        let fields: Vec<_> = fields.map(|field| mark(field.name, field.always)).collect();
        let answered = match method.status {
            Status::Open | Status::Served if fields.is_empty() => "done".to_owned(),
            Status::Open | Status::Served => fields.join(", "),
            Status::NotEnabled => "not enabled: 200060".to_owned(),
            Status::Forbidden => "not allowed: 200020".to_owned(),
        };
        writeln!(
            table,
            "| `{}` | {} | {answered} | `{}` | {} |",
            method.name,
            parameters.join(", "),
            method.tested_in(),
            method.note
        )
        .unwrap();
    }
    table
}

#[test]
fn the_page_shows_what_is_checked() {
    halloo_testkit::assert_page_shows(&repository("docs/compatibility.md"), (BEGIN, END), &table());
}

/// The file of a module of this suite, or of that about messages.
fn module(path: &[&str]) -> String {
    let suite = match path.first() {
        Some(&"messages") => repository("tests"),
        _ => repository("tests/rtm_client"),
    };
    let base = suite.join(path.join("/"));
    let file = base.with_added_extension("rs");
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn every_test_that_the_page_names_is_there_and_about_its_method() {
    for method in Method::all() {
        let path: Vec<&str> = method.tested_in().split("::").collect();
        let (name, modules) = path.split_last().expect("a name");
        let text = module(modules);
        let there = text.contains(&format!("async fn {name}()"));
        assert!(there, "{}: {}", method.name, method.tested_in());
        let is_refused = matches!(method.status, Status::NotEnabled | Status::Forbidden);
        // Logging in is what the test's client does.
        let about =
            is_refused || method.name == "auth" || text.contains(&format!("{:?}", method.name));
        assert!(about, "{}", method.name);
    }
}
