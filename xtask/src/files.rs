//! What a tracked file must not hold.

/// Lines of a Rust file; from 500 on it should have found its next folder.
const MAX_LINES: usize = 700;

/// Folders at the root of a developer's machine; spelt so that this file is not found itself.
const HOMES: [&str; 3] = ["home", "root", "work"];

/// What is wrong with the tracked file `name`, which holds `text`.
pub(crate) fn findings(name: &str, text: &str) -> Vec<String> {
    let is_rust = std::path::Path::new(name)
        .extension()
        .is_some_and(|end| end == "rs");
    let lines = text.lines().count();
    let too_long = (is_rust && lines > MAX_LINES)
        .then(|| format!("{name}: {lines} lines, {MAX_LINES} are the most"));
    let foreign = text.lines().enumerate().filter_map(|(index, line)| {
        let home = HOMES
            .iter()
            .find(|home| begins_path(line, &format!("/{home}/")))?;
        Some(format!(
            "{name}:{}: /{home}/ is a path of one machine only",
            index + 1
        ))
    });
    too_long.into_iter().chain(foreign).collect()
}

/// Whether an absolute path in `line` begins with `folder`.
fn begins_path(line: &str, folder: &str) -> bool {
    // After these, the folder is one further inside a path or an address.
    let inside = |c: char| c.is_alphanumeric() || "/._-~*+%@)]}>$".contains(c);
    line.match_indices(folder).any(|(at, _)| {
        line.split_at_checked(at)
            .is_some_and(|(before, _)| !before.ends_with(inside))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rust_file_is_found_from_701_lines_on() {
        assert_eq!(findings("a.rs", &"\n".repeat(700)), [""; 0]);
        assert_eq!(
            findings("a.rs", &"\n".repeat(701)),
            ["a.rs: 701 lines, 700 are the most"]
        );
        assert_eq!(findings("a.md", &"\n".repeat(701)), [""; 0]);
    }

    #[test]
    fn a_path_of_one_machine_is_found_wherever_it_begins() {
        for home in HOMES {
            for before in ["", " ", "\"", "'", "`", "=", "(", "[", "<", ":", "é "] {
                let text = format!("first\n{before}/{home}/x");
                let expected = format!("a.md:2: /{home}/ is a path of one machine only");
                assert_eq!(findings("a.md", &text), [expected], "{before}");
            }
        }
    }

    #[test]
    fn a_folder_further_inside_a_path_is_none() {
        for home in HOMES {
            for before in [
                "a",
                "é",
                "..",
                "~",
                "https://x.org",
                "{base}",
                "$HOME",
                "https:/",
            ] {
                assert_eq!(
                    findings("a.md", &format!("{before}/{home}/x")),
                    [""; 0],
                    "{before}"
                );
            }
            assert_eq!(findings("a.md", &format!("/{home}")), [""; 0]);
            assert_eq!(findings("a.md", &format!("/{home}work/x")), [""; 0]);
        }
    }

    #[test]
    fn every_line_is_told_once() {
        let text = format!("/{0}/a /{0}/b\n/{0}/c", "home");
        assert_eq!(findings("a.md", &text).len(), 2);
    }
}
