use std::path::Path;

/// Checks that the page in `file` has `part` between these two markers. With `HALLOO_BLESS` in the
/// environment the part is written there instead.
/// # Panics
/// When it shows anything else, or has no such markers.
pub fn assert_page_shows(file: &Path, (begin, end): (&str, &str), part: &str) {
    let page = std::fs::read_to_string(file).expect("the page");
    let (before, rest) = page
        .split_once(begin)
        .expect("the marker where the part begins");
    let (shown, after) = rest
        .split_once(end)
        .expect("the marker where the part ends");
    if std::env::var_os("HALLOO_BLESS").is_some() {
        let page = format!("{before}{begin}{part}{end}{after}");
        std::fs::write(file, page).expect("the page can be written");
        return;
    }
    assert_eq!(
        shown, part,
        "run again with HALLOO_BLESS=1 and look at the difference"
    );
}
