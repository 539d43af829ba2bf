//! Which files of `plugin-glue` belong into an installation. Used by `src/build.rs` as well, so it calls the standard library
//! only.

use std::io;
use std::path::Path;

/// The files under `root` that are installed: their names with `/`, sorted. Tests, hidden files and what Python leaves behind
/// are none; nor is the shim, which is C++ for a compiler and under another licence than the command.
///
/// # Errors
/// If a folder can't be read.
pub fn files(root: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    // The top has folders of the three parts; what else lies there is for people who read the sources.
    for part in ["gimp", "krita", "shared"] {
        below(&root.join(part), part, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn below(folder: &Path, name: &str, found: &mut Vec<String>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // A name that is no UTF-8 is no file of ours.
        let Ok(own) = entry.file_name().into_string() else { continue };
        let inside = format!("{name}/{own}");
        if entry.path().is_dir() {
            if !["tests", "shim", "__pycache__"].contains(&own.as_str()) && !own.starts_with('.') {
                below(&entry.path(), &inside, found)?;
            }
            continue;
        }
        // The README of a part says what belongs there.
        let explains = own == "README.md" && !name.contains('/');
        if !explains && !own.starts_with('.') && !own.ends_with(".pyc") {
            found.push(inside);
        }
    }
    Ok(())
}
