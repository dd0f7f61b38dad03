//! No statement of the SQLite backend walks a table that grows with users, groups or messages.

use std::path::Path;

use halloo_store::Sqlite;
use rusqlite::Connection;

/// The string literals of a source file, up to its unit tests.
fn literals(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap();
    let code: Vec<&str> = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    let mut rest = code.as_str();
    while let Some((_, text)) = rest.split_once('"') {
        let (text, behind) = text.split_once('"').unwrap();
        // A backslash before the line's end swallows the next line's indentation.
        let mut lines = text.split("\\\n");
        let mut literal = lines.next().unwrap().to_owned();
        lines.for_each(|line| literal.push_str(line.trim_start()));
        found.push(literal);
        rest = behind;
    }
    found
}

/// The statements of the files in `folder`. Where a file has a macro for the beginning of a query, its
/// uses are whole statements here.
fn statements(folder: &Path) -> Vec<String> {
    let mut statements = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            statements.extend(self::statements(&path));
            continue;
        }
        let mut head = String::new();
        for literal in literals(&std::fs::read_to_string(&path).unwrap()) {
            match literal.split_once(' ').map(|(verb, _)| verb) {
                Some("SELECT") if literal.ends_with(' ') => head = literal,
                Some("SELECT" | "INSERT" | "UPDATE" | "DELETE") => statements.push(literal),
                Some("WHERE") => statements.push(format!("{head}{literal}")),
                _ => {}
            }
        }
    }
    statements
}

/// How SQLite goes about a statement.
fn plan(connection: &Connection, statement: &str) -> Vec<String> {
    let mut explain = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
        .unwrap();
    let mut rows = explain.raw_query();
    let mut plan: Vec<String> = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        plan.push(row.get("detail").unwrap());
    }
    plan
}

/// A new database.
fn database() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    drop(Sqlite::open(folder.path()).unwrap());
    let connection = Connection::open(folder.path().join("halloo.db")).unwrap();
    (folder, connection)
}

/// Those of the backend's statements in which `part` occurs.
fn with(part: &str) -> Vec<String> {
    let mut statements = statements(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sqlite"));
    statements.retain(|statement| statement.contains(part));
    assert!(!statements.is_empty(), "{part}");
    statements
}

#[test]
fn what_messages_need_is_found_by_key_and_in_order() {
    let (_folder, connection) = database();
    for (part, expected) in [
        (
            "SELECT group_id, joined FROM",
            "SEARCH group_members USING COVERING INDEX groups_of_member (user=? AND app=?)",
        ),
        (
            "SELECT user, until FROM mutes",
            "SEARCH mutes USING PRIMARY KEY (app=? AND kind=? AND place=?)",
        ),
    ] {
        for statement in with(part) {
            // Nothing else, such as a sort.
            assert_eq!(plan(&connection, &statement), [expected], "{statement}");
        }
    }
}

#[test]
fn no_statement_walks_what_grows() {
    let (_folder, connection) = database();
    let statements = statements(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sqlite"));
    assert!(statements.len() > 100, "{statements:#?}");
    for statement in statements {
        let plan = plan(&connection, &statement);
        let bounded = statement.contains("LIMIT");
        for step in &plan {
            // There are few apps; a sweep asks which of them had their secret rotated.
            let walks = step.starts_with("SCAN") && step != "SCAN apps"
                || step.ends_with("(app=?)") && !bounded;
            assert!(!walks, "{statement}\n{plan:#?}");
        }
    }
}
