//! Putting a plug-in in place at once: everything is written into temporary folders beside the places where it goes, and renamed
//! when it is whole. A failure leaves what was there before.

use crate::report::io;
use crate::save::plain;
use npe::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// An installation in the making. Dropped without [`Stage::commit`], it leaves nothing.
pub struct Stage {
    base: PathBuf,
    rooms: Vec<Room>,
    made: Folders,
}

/// The temporary folder of one unit, on the file system where the unit goes.
struct Room {
    unit: &'static str,
    folder: TempDir,
}

impl Room {
    fn fresh(&self) -> PathBuf {
        self.folder.path().join("new")
    }

    fn old(&self) -> PathBuf {
        self.folder.path().join("old")
    }
}

/// Folders that were made for an installation; taken away again if it comes to nothing.
#[derive(Default)]
struct Folders(Vec<PathBuf>);

impl Drop for Folders {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            // One that is not empty is someone's by now.
            let _ = std::fs::remove_dir(folder);
        }
    }
}

impl Folders {
    /// Makes a folder and what is missing above it.
    fn make(&mut self, folder: &Path) -> Result<()> {
        let missing: Vec<&Path> = folder.ancestors().take_while(|a| a.symlink_metadata().is_err()).collect();
        for folder in missing.into_iter().rev() {
            std::fs::create_dir(folder).map_err(|e| io("the folder", folder, "made", e))?;
            self.0.push(folder.to_owned());
        }
        Ok(())
    }
}

impl Stage {
    /// Begins one for these units in `base`, which is made if it is missing.
    ///
    /// # Errors
    /// If a folder can't be made or written into.
    pub fn begin(base: &Path, units: &'static [&'static str]) -> Result<Self> {
        let mut stage = Self { base: base.to_owned(), rooms: Vec::new(), made: Folders::default() };
        for unit in units {
            let target = base.join(unit);
            let parent = target.parent().unwrap_or(base);
            stage.made.make(parent)?;
            let folder = tempfile::Builder::new().prefix(".npe-").suffix(".tmp").tempdir_in(parent);
            let folder = folder.map_err(|e| io("the folder", parent, "written into", plain(e)))?;
            stage.rooms.push(Room { unit, folder });
        }
        Ok(stage)
    }

    /// Where to write a file that goes to `path` in the base; its folder is there.
    ///
    /// # Errors
    /// If the folder can't be made, or the path belongs to no unit.
    pub fn file(&self, path: &str) -> Result<PathBuf> {
        let found = self.rooms.iter().find_map(|room| match path.strip_prefix(room.unit)? {
            "" => Some(room.fresh()),
            rest => rest.strip_prefix('/').map(|rest| room.fresh().join(rest)),
        });
        let file = found
            .ok_or_else(|| Error::new(ErrorKind::Internal, format!("{path} is no part of the plug-in")))?;
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(|e| io("the folder", folder, "made", e))?;
        }
        Ok(file)
    }

    /// Folders made so far outside of the units, relative to the base: "." is the base, ".." the one above it.
    pub fn made(&self) -> Vec<String> {
        let name = |folder: &PathBuf| match folder.strip_prefix(&self.base) {
            Ok(inside) if inside.as_os_str().is_empty() => Some(".".to_owned()),
            Ok(inside) => Some(inside.to_string_lossy().replace('\\', "/")),
            Err(_) => {
                let above = self.base.strip_prefix(folder).ok()?;
                Some(vec![".."; above.components().count()].join("/"))
            }
        };
        self.made.0.iter().filter_map(name).collect()
    }

    /// Puts all units in place, instead of what is there; a unit with nothing written goes away.
    ///
    /// # Errors
    /// If something can't be renamed; then all is as it was.
    pub fn commit(mut self) -> Result<()> {
        let mut done: Vec<(PathBuf, PathBuf)> = Vec::new();
        let mut moves = Vec::new();
        for room in &self.rooms {
            let target = self.base.join(room.unit);
            if target.symlink_metadata().is_ok() {
                moves.push((target.clone(), room.old()));
            }
            if room.fresh().symlink_metadata().is_ok() {
                moves.push((room.fresh(), target));
            }
        }
        for (from, to) in moves {
            if let Err(e) = std::fs::rename(&from, &to) {
                let error = io("the plug-in's part", &from, &format!("moved to {}", to.display()), e);
                for (from, to) in done.into_iter().rev() {
                    if let Err(e) = std::fs::rename(&to, &from) {
                        let what = format!("moved back to {}, where it was", from.display());
                        // Nothing more is touched: the old files stay where they are now.
                        self.rooms.into_iter().for_each(|r| drop(r.folder.keep()));
                        return Err(io("after an error the old part", &to, &what, e));
                    }
                }
                return Err(error);
            }
            done.push((from, to));
        }
        self.made.0.clear();
        for room in self.rooms {
            let path = room.folder.path().to_owned();
            room.folder.close().map_err(|e| io("the replaced plug-in", &path, "removed", plain(e)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const UNITS: &[&str] = &["a/one", "b.txt"];

    #[test]
    fn nothing_stays_of_a_stage_that_is_dropped() {
        let root = tempfile::tempdir().unwrap();
        let base = root.path().join("x/y");
        let stage = Stage::begin(&base, UNITS).unwrap();
        fs::write(stage.file("a/one/deep/f").unwrap(), "f").unwrap();
        assert_eq!(stage.made(), ["..", ".", "a"]);
        drop(stage);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn all_units_come_at_once_and_old_ones_go() {
        let root = tempfile::tempdir().unwrap();
        let base = root.path();
        fs::create_dir_all(base.join("a/one")).unwrap();
        fs::write(base.join("a/one/old"), "old").unwrap();
        fs::write(base.join("b.txt"), "old").unwrap();
        let stage = Stage::begin(base, UNITS).unwrap();
        fs::write(stage.file("a/one/new").unwrap(), "new").unwrap();
        assert!(stage.made().is_empty());
        stage.commit().unwrap();
        assert_eq!(fs::read_to_string(base.join("a/one/new")).unwrap(), "new");
        assert!(!base.join("a/one/old").exists() && !base.join("b.txt").exists());
        assert_eq!(fs::read_dir(base).unwrap().count(), 1, "no temporary folder stays");
        assert_eq!(fs::read_dir(base.join("a")).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_move_brings_the_old_ones_back() {
        let root = tempfile::tempdir().unwrap();
        let base = root.path();
        fs::create_dir_all(base.join("a/one")).unwrap();
        fs::write(base.join("a/one/old"), "old").unwrap();
        let stage = Stage::begin(base, UNITS).unwrap();
        fs::write(stage.file("a/one/new").unwrap(), "new").unwrap();
        fs::write(stage.file("b.txt").unwrap(), "new").unwrap();
        // Something that can't be replaced by a file came in between: its name is taken by the place for old ones.
        fs::create_dir(base.join("b.txt")).unwrap();
        fs::create_dir_all(stage.rooms[1].old()).unwrap();
        fs::write(stage.rooms[1].old().join("full"), "full").unwrap();
        let said = stage.commit().unwrap_err().to_string();
        assert!(said.contains("b.txt can't be moved to"), "{said}");
        assert_eq!(fs::read_to_string(base.join("a/one/old")).unwrap(), "old");
        assert!(!base.join("a/one/new").exists());
    }
}
