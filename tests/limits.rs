//! `docs/limits.md` has the table of `src/limits.rs`. `NPE_UPDATE_LIMITS=1 cargo test --test limits` writes it anew.

use std::path::Path;

/// The rows of the table: name, value, reason.
fn rows(source: &str) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    let mut reason = String::new();
    for line in source.lines() {
        if let Some(text) = line.strip_prefix("///") {
            reason += text;
        } else if let Some(rest) = line.strip_prefix("pub const ") {
            let (name, rest) = rest.split_once(": ").expect(line);
            let (_, value) = rest.trim_end_matches(';').split_once(" = ").expect(line);
            // Names of others are links in rustdoc only.
            let text = reason.trim().replace("[`", "`").replace("`]", "`");
            rows.push([name.to_owned(), shown(value), text]);
            reason.clear();
        }
    }
    rows
}

/// A value as people read it.
fn shown(value: &str) -> String {
    let whole = |text: &str| text.replace('_', "").parse::<u64>();
    let number = match value.split_once(" << ") {
        Some((low, by)) => whole(low).expect(value) << whole(by).expect(value),
        None => match whole(value) {
            Ok(number) => number,
            Err(_) => {
                let number: f64 = value.replace('_', "").parse().expect(value);
                assert_eq!(number.fract(), 0.0, "{value}");
                number as u64
            }
        },
    };
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[test]
fn the_page_is_what_the_source_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(root.join("src/limits.rs")).unwrap();
    let path = root.join("docs/limits.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let rows = rows(&source);
    assert_eq!(rows.len(), source.matches("pub const ").count());
    let table: String =
        rows.iter().map(|[name, value, reason]| format!("| `{name}` | {value} | {reason} |\n")).collect();
    let head = "| limit | value | what, and why |\n|---|---|---|\n";
    let start = page.find(head).expect("the table's head") + head.len();
    let end = start + page[start..].find("\n\n").expect("a text after the table") + 1;
    if std::env::var_os("NPE_UPDATE_LIMITS").is_some() {
        std::fs::write(&path, format!("{}{table}{}", &page[..start], &page[end..])).unwrap();
        return;
    }
    assert!(page[start..end] == table, "run NPE_UPDATE_LIMITS=1 cargo test --test limits");
}
