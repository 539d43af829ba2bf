//! Refuses what the project's texts name and the project does not have: links within it that lead nowhere, and files.

use anyhow::{Context, Result, bail};
use ignore::WalkBuilder;
use std::collections::BTreeSet;
use std::path::Path;

/// Texts whose links are followed, and all else whose words are read.
const LINKED: [&str; 2] = ["md", "html"];
const READ: [&str; 10] = ["md", "html", "rs", "py", "sh", "c", "cpp", "h", "hpp", "toml"];
/// These name what a test makes, or what lies in others' folders.
const ELSEWHERE: [&str; 4] =
    ["tests/install.rs", "tests/doctor.rs", "xtask/src/docs.rs", "xtask/src/libtorch.rs"];

/// Looks at every file that git keeps or would keep; git itself is not needed.
pub fn run(root: &Path) -> Result<()> {
    let mut files = Vec::new();
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .parents(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .filter_entry(|e| e.file_name() != ".git")
        .build();
    for entry in walk {
        let entry = entry?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            let file = entry.path().strip_prefix(root)?;
            files.push(file.to_str().with_context(|| format!("{} is no UTF-8", file.display()))?.to_owned());
        }
    }
    files.sort();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let there: BTreeSet<&str> = files
        .iter()
        .flat_map(|f| Path::new(f).ancestors().filter_map(Path::to_str))
        .filter(|f| !f.is_empty())
        .collect();
    let mut wrong = Vec::new();
    for file in &files {
        let ending = Path::new(file).extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !READ.contains(&ending) || ELSEWHERE.contains(file) {
            continue;
        }
        let text = std::fs::read_to_string(root.join(file)).with_context(|| (*file).to_owned())?;
        wrong.extend(paths(&text, &there).map(|p| format!("  {file}: there is no {p}")));
        for link in LINKED.contains(&ending).then(|| links(&text)).into_iter().flatten() {
            let (path, part) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { (*file).to_owned() } else { beside(file, path) };
            // A part that can't be read, of a picture or a folder, is not there.
            let has = |part| {
                std::fs::read_to_string(root.join(&target)).is_ok_and(|text| parts(&text).contains(part))
            };
            if !there.contains(target.as_str()) || !(part.is_empty() || has(part)) {
                wrong.push(format!("  {file}: the link {link} leads nowhere"));
            }
        }
    }
    if !wrong.is_empty() {
        bail!("texts name what is not there:\n{}", wrong.join("\n"));
    }
    println!("what the texts of {} files name is there", files.len());
    Ok(())
}

/// Links of Markdown and HTML that stay within the project.
fn links(text: &str) -> impl Iterator<Item = &str> {
    [("](", ')'), ("href=\"", '"'), ("src=\"", '"')]
        .into_iter()
        .flat_map(move |(before, after)| {
            text.split(before).skip(1).filter_map(move |l| Some(l.split_once(after)?.0))
        })
        .filter(|link| !link.contains(':') && !link.contains(char::is_whitespace))
}

/// Where a link in a file leads to.
fn beside(file: &str, link: &str) -> String {
    let mut way: Vec<&str> = file.split('/').collect();
    way.pop();
    for step in link.split('/') {
        match step {
            ".." => drop(way.pop()),
            "." | "" => {}
            _ => way.push(step),
        }
    }
    way.join("/")
}

/// What a link may name in a text: its headings, as sites spell them, and ids.
fn parts(text: &str) -> BTreeSet<String> {
    let spelt =
        |c: char| (c.is_alphanumeric() || "-_ ".contains(c)).then_some(if c == ' ' { '-' } else { c });
    let heading =
        |line: &str| line.trim_start_matches('#').trim().to_lowercase().chars().filter_map(spelt).collect();
    let ids = text.split("id=\"").skip(1).filter_map(|t| t.split_once('"')).map(|(id, _)| id.to_owned());
    text.lines().filter(|l| l.starts_with('#')).map(heading).chain(ids).collect()
}

/// Words that begin as a file of the project does, in a folder of its top, and name none. `NAME` and `{name}` stand for many.
fn paths<'a>(text: &'a str, there: &'a BTreeSet<&str>) -> impl Iterator<Item = &'a str> {
    text.split(|c: char| !(c.is_alphanumeric() || "/._-{}*$<>~…".contains(c)))
        .map(|word| word.trim_end_matches(['.', '/']))
        .filter(|word| {
            word.split_once('/').is_some_and(|(top, rest)| there.contains(top) && !rest.is_empty())
        })
        .filter(|word| !word.contains(['*', '{', '$', '<', '…']) && !there.contains(word))
        .filter(|word| {
            let name = word.rsplit('/').next().unwrap_or_default();
            let name = name.split('.').next().unwrap_or_default();
            name.chars().any(|c| !c.is_ascii_uppercase())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_and_names_are_looked_for() {
        let text = "[a](b.md#c) <img src=\"d.png\"> [e](https://example.org) f[1](2, 3)\n## To *c*, `d-e`\n<p id=\"f\">";
        assert_eq!(links(text).collect::<Vec<_>>(), ["b.md#c", "d.png"]);
        assert_eq!(beside("docs/deep/page.md", "../img/./a.jpg"), "docs/img/a.jpg");
        assert_eq!(parts(text), BTreeSet::from(["to-c-d-e".to_owned(), "f".to_owned()]));
        let there = BTreeSet::from(["src", "src/lib.rs", "docs"]);
        let text = "`src/lib.rs`, src/*.rs, docs/NAME.md, other/file; (src/gone.rs). /src/a ../docs/x docs/{name}.md";
        assert_eq!(paths(text, &there).collect::<Vec<_>>(), ["src/gone.rs"]);
    }

    #[test]
    fn the_projects_texts_name_what_is_there() {
        run(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()).unwrap();
    }
}
