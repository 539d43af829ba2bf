//! Krita's switch for the plug-in: `enable_npe_brush=true` in the group `[python]` of `kritarc`. Every other line stays as it
//! is, byte for byte.

use crate::report::io;
use npe::Result;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};

const KEY: &[u8] = b"enable_npe_brush";
const GROUP: &[u8] = b"[python]";

/// What [`enable`] had to make; [`disable`] takes it away again if nothing else came into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Made {
    /// At most the line.
    #[default]
    Line,
    /// The group too.
    Group,
    /// The file too.
    File,
    /// The file's folder too.
    Folder,
}

/// Switches the plug-in on; answers whether anything had to be changed.
///
/// # Errors
/// If the file can't be read or written.
pub fn enable(file: &Path) -> Result<bool> {
    let before = read(file)?;
    let (after, _) = enabled(before.as_deref());
    if before.as_deref() == Some(&after) {
        return Ok(false);
    }
    write(file, &after)?;
    Ok(true)
}

/// What [`enable`] will make.
///
/// # Errors
/// If the file can't be read.
pub fn would_make(file: &Path) -> Result<Made> {
    let (_, made) = enabled(read(file)?.as_deref());
    Ok(if file.parent().is_some_and(Path::exists) { made } else { Made::Folder })
}

/// Takes the switch away; answers whether there was one.
///
/// # Errors
/// If the file can't be read or written.
pub fn disable(file: &Path, made: Made) -> Result<bool> {
    let Some(before) = read(file)? else { return Ok(false) };
    let after = disabled(&before, made);
    if matches!(made, Made::File | Made::Folder) && after.is_empty() {
        std::fs::remove_file(file).map_err(|e| io("Krita's settings", file, "removed", e))?;
        if made == Made::Folder {
            // One with something in it is someone's by now.
            let _ = file.parent().map(std::fs::remove_dir);
        }
        return Ok(true);
    }
    if after == before {
        return Ok(false);
    }
    write(file, &after)?;
    Ok(true)
}

/// Whether the plug-in is switched on.
///
/// # Errors
/// If the file is there and can't be read.
pub fn is_enabled(file: &Path) -> Result<bool> {
    let bytes = read(file)?.unwrap_or_default();
    // The last line counts, as for Krita.
    let last = lines(&bytes).filter(|l| l.group == GROUP && key(l.text) == Some(KEY)).last();
    Ok(last.is_some_and(|l| value(l.text).eq_ignore_ascii_case(b"true")))
}

/// The folder that the person chose for Krita's resources, if any: it stands above all groups.
pub fn resource_folder(file: &Path) -> Option<PathBuf> {
    let bytes = read(file).ok().flatten()?;
    let line = lines(&bytes).find(|l| l.group.is_empty() && key(l.text) == Some(b"ResourceDirectory"))?;
    let folder = PathBuf::from(std::str::from_utf8(value(line.text)).ok()?);
    folder.is_absolute().then_some(folder)
}

struct Line<'a> {
    /// With its end.
    whole: &'a [u8],
    /// Without space around it.
    text: &'a [u8],
    /// The header of its group, which is its own text for a header; empty above all.
    group: &'a [u8],
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut group: &[u8] = b"";
    bytes.split_inclusive(|b| *b == b'\n').map(move |whole| {
        let text = whole.trim_ascii();
        if text.starts_with(b"[") && text.ends_with(b"]") {
            group = text;
        }
        Line { whole, text, group }
    })
}

fn key(line: &[u8]) -> Option<&[u8]> {
    let end = line.iter().position(|b| *b == b'=')?;
    Some(line[..end].trim_ascii())
}

fn value(line: &[u8]) -> &[u8] {
    line.iter().position(|b| *b == b'=').map_or(&[], |at| line[at + 1..].trim_ascii())
}

fn enabled(before: Option<&[u8]>) -> (Vec<u8>, Made) {
    let Some(before) = before else { return (b"[python]\nenable_npe_brush=true\n".to_vec(), Made::File) };
    let end: &[u8] = if before.windows(2).any(|w| w == b"\r\n") { b"\r\n" } else { b"\n" };
    let on = [KEY, b"=true", end].concat();
    let ours = |l: &Line<'_>| l.group == GROUP && key(l.text) == Some(KEY);
    let there = lines(before).any(|l| ours(&l));
    let mut after = Vec::with_capacity(before.len() + 64);
    let mut done = false;
    for line in lines(before) {
        if ours(&line) {
            let is_on = value(line.text).eq_ignore_ascii_case(b"true");
            after.extend_from_slice(if is_on { line.whole } else { &on });
            done = true;
            continue;
        }
        after.extend_from_slice(line.whole);
        if !there && !done && line.text == GROUP {
            if !line.whole.ends_with(b"\n") {
                after.extend_from_slice(end);
            }
            after.extend_from_slice(&on);
            done = true;
        }
    }
    if done {
        return (after, Made::Line);
    }
    if !after.is_empty() {
        if !after.ends_with(b"\n") {
            after.extend_from_slice(end);
        }
        after.extend_from_slice(end);
    }
    after.extend_from_slice(&[GROUP, end, &on].concat());
    (after, Made::Group)
}

fn disabled(before: &[u8], made: Made) -> Vec<u8> {
    let kept: Vec<Line<'_>> =
        lines(before).filter(|l| !(l.group == GROUP && key(l.text) == Some(KEY))).collect();
    let empty = kept.iter().all(|l| l.group != GROUP || l.text == GROUP || l.text.is_empty());
    let mut after: Vec<&[u8]> = Vec::with_capacity(kept.len());
    for line in kept {
        if made != Made::Line && empty && line.text == GROUP {
            // And the empty line that parted the group from what is above it.
            if after.last().is_some_and(|l| l.trim_ascii().is_empty()) {
                after.pop();
            }
            continue;
        }
        after.push(line.whole);
    }
    after.concat()
}

fn read(file: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io("Krita's settings", file, "read", e)),
    }
}

/// Replaces the file at once, through a symbolic link too, with the permissions it had.
fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |e| io("Krita's settings", file, "written", e);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let old = std::fs::metadata(file).ok();
    crate::save::write_with(file, true, |new| new.write_all(bytes).map_err(failed))?;
    match old {
        Some(old) => std::fs::set_permissions(file, old.permissions()).map_err(failed),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_line_comes_and_goes() {
        for (before, after) in [
            ("a=1\n\n[x]\ny=ä\n", "a=1\n\n[x]\ny=ä\n\n[python]\nenable_npe_brush=true\n"),
            (
                "[python]\nenable_other=true\n\n[z]\n",
                "[python]\nenable_npe_brush=true\nenable_other=true\n\n[z]\n",
            ),
            ("[python]\r\n[z]\r\nk=1\r\n", "[python]\r\nenable_npe_brush=true\r\n[z]\r\nk=1\r\n"),
            ("", "[python]\nenable_npe_brush=true\n"),
        ] {
            let (with, made) = enabled(Some(before.as_bytes()));
            assert_eq!(String::from_utf8(with.clone()).unwrap(), after);
            assert_eq!(enabled(Some(&with)), (with.clone(), Made::Line), "twice");
            assert_eq!(disabled(&with, made), before.as_bytes(), "{before}");
        }
    }

    #[test]
    fn a_switch_that_is_off_is_turned_on_where_it_is() {
        let (with, _) =
            enabled(Some(b"[python]\nx=1\nenable_npe_brush=false\n[q]\nenable_npe_brush=false\n"));
        assert_eq!(with, b"[python]\nx=1\nenable_npe_brush=true\n[q]\nenable_npe_brush=false\n");
    }

    #[test]
    fn a_group_that_others_came_into_stays() {
        // As Krita writes the file anew: groups in order of the alphabet, keys too.
        let krita = b"[abc]\nk=1\n\n[python]\nenable_npe_brush=true\nenable_zoo=true\n\n[xyz]\nk=2\n";
        let without = disabled(krita, Made::Group);
        assert_eq!(without, b"[abc]\nk=1\n\n[python]\nenable_zoo=true\n\n[xyz]\nk=2\n");
        let alone = b"[abc]\nk=1\n\n[python]\nenable_npe_brush=true\n\n[xyz]\nk=2\n";
        assert_eq!(disabled(alone, Made::Group), b"[abc]\nk=1\n\n[xyz]\nk=2\n");
    }

    #[test]
    fn what_was_made_goes_again_if_nothing_came_into_it() {
        let root = tempfile::tempdir().unwrap();
        let (folder, file) = (root.path().join("config"), root.path().join("config/kritarc"));
        for (there, expected) in [(false, Made::Folder), (true, Made::File)] {
            if there {
                std::fs::create_dir(&folder).unwrap();
            }
            let made = would_make(&file).unwrap();
            assert_eq!(made, expected);
            assert!(enable(&file).unwrap() && !enable(&file).unwrap());
            assert!(disable(&file, made).unwrap() && !file.exists());
            assert_eq!(folder.exists(), there);
        }
        enable(&file).unwrap();
        std::fs::write(&file, "[a]\nb=1\n\n[python]\nenable_npe_brush=true\n").unwrap();
        disable(&file, Made::Folder).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "[a]\nb=1\n");
        assert!(!disable(&file, Made::Folder).unwrap());
    }

    #[test]
    fn krita_reads_the_last_line_and_the_resource_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kritarc");
        assert!(!is_enabled(&file).unwrap());
        std::fs::write(&file, "ResourceDirectory=/data/krita\n[python]\nenable_npe_brush=true\n").unwrap();
        assert!(is_enabled(&file).unwrap());
        assert_eq!(resource_folder(&file), Some("/data/krita".into()));
        std::fs::write(
            &file,
            "[a]\nResourceDirectory=/x\n[python]\nenable_npe_brush=true\nenable_npe_brush=false\n",
        )
        .unwrap();
        assert!(!is_enabled(&file).unwrap());
        assert_eq!(resource_folder(&file), None);
    }
}
