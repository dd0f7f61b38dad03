//! `docs/compatibility.md`: its table of RTM methods is rendered from what the other modules check.
//!
//! `HALLOO_BLESS=1 cargo test -p halloo --test rtm compatibility` writes it anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::methods::{Method, Status};

const BEGIN: &str = "<!-- rtm table: begin -->\n";
const END: &str = "<!-- rtm table: end -->\n";

/// A path inside the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// One row per method.
fn table() -> String {
    let mut table = String::from(
        "| Function of the manuals | Method | Parameters | Answered | Tested by | Notes |\n\
         |---|---|---|---|---|---|\n",
    );
    for method in Method::all() {
        let function = match method.function {
            "" => String::new(),
            name => format!("`{name}`"),
        };
        let parameters: Vec<String> = method
            .parameters
            .iter()
            .map(|parameter| {
                let optional = if parameter.required { "" } else { "?" };
                let spellings = std::iter::once(&parameter.name).chain(parameter.aliases);
                let spellings: Vec<_> = spellings.map(|name| format!("`{name}`")).collect();
                format!("{}{optional}", spellings.join(" or "))
            })
            .collect();
        let fields: Vec<String> = method
            .answer
            .iter()
            .map(|field| format!("`{}`{}", field.name, if field.always { "" } else { "?" }))
            .collect();
        let answered = match method.status {
            Status::Served | Status::Transport if fields.is_empty() => "done".to_owned(),
            Status::Served | Status::Transport => fields.join(", "),
            Status::NotEnabled => "not enabled: 200060".to_owned(),
            Status::Forbidden => "not allowed: 200020".to_owned(),
            Status::Unknown => "unknown: 20004".to_owned(),
        };
        writeln!(
            table,
            "| {function} | `{}` | {} | {answered} | `{}` | {} |",
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
        _ => repository("tests/rtm"),
    };
    let base = suite.join(path.join("/"));
    let file = base.with_added_extension("rs");
    let file = if file.is_file() {
        file
    } else {
        base.join("mod.rs")
    };
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn every_test_that_the_page_names_is_there() {
    for method in Method::all() {
        let path: Vec<&str> = method.tested_in().split("::").collect();
        let (name, modules) = path.split_last().expect("a name");
        let there = module(modules).contains(&format!("async fn {name}()"));
        assert!(there, "{}: {}", method.name, method.tested_in());
        // Its test is about it.
        let about = module(modules).contains(&format!("{:?}", method.name));
        assert!(about || method.status != Status::Served, "{}", method.name);
    }
}

#[test]
fn every_function_of_the_manuals_is_called_through_our_sdk() {
    let manuals: String = ["user", "room", "group"]
        .map(|manual| module(&["manuals", manual]))
        .concat();
    for method in Method::all().filter(|method| !method.function.is_empty()) {
        let test = format!("async fn {}", method.function);
        assert!(manuals.contains(&test), "{} has no test", method.function);
        let call = format!("client.{}(", method.function);
        assert!(manuals.contains(&call), "{} is not called", method.function);
    }
}
