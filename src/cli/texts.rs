//! The command lines that the project's texts name, for tests that each can be read. `npe-train` has this file too.

use clap::Parser;
use clap::error::ErrorKind;
use std::path::{Path, PathBuf};

/// Checks that `Cli` reads every line of `program` in the texts under `root`; answers the lines that stand in blocks, as words.
pub fn check<Cli: Parser>(root: &Path, program: &str) -> Vec<Vec<String>> {
    let (mut wrong, mut blocks, mut count) = (Vec::new(), Vec::new(), 0);
    for file in files(root) {
        let text = std::fs::read_to_string(&file).unwrap();
        for (line, block) in codes(&text) {
            for words in commands(&line) {
                if Path::new(&words[0]).file_name().is_none_or(|name| name != program) {
                    continue;
                }
                count += 1;
                // What stands in a sentence is shortened, and a block may say so.
                let short = !block || words.iter().any(|w| w == "…");
                if let Err(e) = Cli::try_parse_from(&words)
                    && !matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
                    && (!short
                        || matches!(e.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand))
                {
                    wrong.push(format!("{}: {}: {e}", file.display(), words.join(" ")));
                } else if block {
                    blocks.push(words);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 20 && blocks.len() > 5, "{count} lines, {} in blocks", blocks.len());
    blocks
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned(), root.join("docs"), root.join("models"), root.join("plugin-glue")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() && folder != root {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md" || e == "html") {
                files.push(path);
            }
        }
    }
    files
}

/// What is written as code, and whether as a block.
fn codes(text: &str) -> Vec<(String, bool)> {
    let text = text.replace("<code>", "`").replace("</code>", "`");
    let mut codes = Vec::new();
    for (i, part) in text.split("```").enumerate() {
        if i % 2 == 1 {
            let part = part.replace("\\\n", " ");
            codes.extend(part.lines().skip(1).map(|line| (line.to_owned(), true)));
            continue;
        }
        let (indented, prose): (Vec<&str>, Vec<&str>) = part.lines().partition(|l| l.starts_with("    "));
        codes.extend(indented.into_iter().map(|line| (line.to_owned(), true)));
        codes.extend(prose.join(" ").split('`').skip(1).step_by(2).map(|code| (code.to_owned(), false)));
    }
    codes
}

/// The commands of a line of shell, each as its words; without comments.
fn commands(line: &str) -> Vec<Vec<String>> {
    let (mut commands, mut words, mut quote) = (Vec::new(), vec![String::new()], None);
    for c in line.chars() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), _) if q == c => quote = None,
            (None, '#') if words.last().is_some_and(String::is_empty) => break,
            (None, ';' | '&' | '|') => commands.push(std::mem::take(&mut words)),
            (None, ' ') => words.push(String::new()),
            _ => match words.last_mut() {
                Some(word) => word.push(c),
                None => words.push(c.into()),
            },
        }
    }
    commands.push(words);
    for words in &mut commands {
        words.retain(|w| !w.is_empty());
    }
    commands.retain(|words| !words.is_empty());
    commands
}
