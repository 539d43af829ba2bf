//! What the tests of the installer share: a home folder, and the command in it.
#![allow(dead_code)] // each test uses a part

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A home folder, with a folder for commands in PATH and the sources of small plug-ins beside it.
pub struct Home {
    pub room: tempfile::TempDir,
    variables: Vec<(&'static str, PathBuf)>,
}

const PO: &str =
    "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n\nmsgid \"a\"\nmsgstr \"ä\"\n";

impl Home {
    pub fn new() -> Self {
        let room = tempfile::tempdir().unwrap();
        for folder in ["home", "bin"] {
            fs::create_dir(room.path().join(folder)).unwrap();
        }
        let home = Self { room, variables: Vec::new() };
        for (name, text) in [
            ("gimp/neural-brush.py", "#!/usr/bin/env python3\n"),
            ("gimp/icons/brush.svg", "<svg/>"),
            ("gimp/tests/test_x.py", "no"),
            ("krita/npe_brush.desktop", "[Desktop Entry]\nX-KDE-Library=npe_brush\nName=Neural Brush\n"),
            ("krita/npe_brush/__init__.py", "# starts\n"),
            ("krita/actions/npe_brush.action", "<ActionCollection/>"),
            ("shared/npe_shared/npe.py", "# binding\n"),
            ("shared/locale/de.po", PO),
        ] {
            write(&home.room.path().join("glue").join(name), text);
        }
        home
    }

    /// A folder in the home.
    pub fn with(self, folder: &str) -> Self {
        fs::create_dir_all(self.path(folder)).unwrap();
        self
    }

    pub fn variable(mut self, name: &'static str, folder: &str) -> Self {
        self.variables.push((name, self.path(folder)));
        self
    }

    /// A command in PATH that prints this: which editors are installed on the machine that tests is not for tests to know.
    pub fn command(self, name: &str, prints: &str) -> Self {
        let file = self.room.path().join("bin").join(name);
        write(&file, &format!("#!/bin/sh\necho '{prints}'\n"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.room.path().join("home").join(inside)
    }

    pub fn start(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_npe"));
        command.args(args).env_clear().env("HOME", self.path("")).env("PATH", self.room.path().join("bin"));
        command.envs(self.variables.iter().map(|(name, path)| (name, path))).current_dir(self.room.path());
        if args[0] == "install" {
            command.arg("--library").arg(library()).args(["--sources", "glue"]);
        }
        command
    }

    pub fn npe(&self, args: &[&str]) -> Output {
        self.start(args).output().unwrap()
    }

    /// Runs it, and answers its JSON.
    pub fn json(&self, args: &[&str]) -> Value {
        let ran = self.npe(&[args, &["--json"]].concat());
        assert!(ran.status.success(), "{args:?}: {}{}", text(&ran.stdout), text(&ran.stderr));
        serde_json::from_slice(&ran.stdout).unwrap()
    }

    /// Runs it; it fails, and answers what it said.
    pub fn fails(&self, args: &[&str]) -> String {
        let ran = self.npe(args);
        assert_eq!(ran.status.code(), Some(1), "{args:?}: {}", text(&ran.stdout));
        text(&ran.stdout) + &text(&ran.stderr)
    }

    /// Everything in the home: kind, permissions, hash of the content.
    pub fn listing(&self) -> BTreeMap<PathBuf, (String, u32, u64)> {
        let mut found = BTreeMap::new();
        list(&self.path(""), &self.path(""), &mut found);
        found
    }
}

fn list(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, (String, u32, u64)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let meta = path.symlink_metadata().unwrap();
        let content = if meta.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        let mut hash = DefaultHasher::new();
        content.hash(&mut hash);
        let kind = format!("{:?}", meta.file_type());
        let inside = path.strip_prefix(root).unwrap().to_owned();
        found.insert(inside, (kind, meta.permissions().mode(), hash.finish()));
        if meta.is_dir() {
            list(root, &path, found);
        }
    }
}

pub fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The library that Cargo built along with this test.
pub fn library() -> PathBuf {
    std::env::current_exe().unwrap().with_file_name("libnpe.so")
}

/// A model file, small and untrained.
pub fn model(file: &Path) {
    let sizes = npe::model::Sizes { width: 2, hidden: 3, latents: 4 };
    let model = npe::model::Model::random_of("ian-simple", 64, sizes, npe::model::Dtype::F16, 1).unwrap();
    fs::write(file, model.to_bytes(npe::model::Dtype::F16).unwrap()).unwrap();
}

/// The states of a check in all places.
pub fn states<'a>(doctor: &'a Value, what: &str) -> Vec<&'a str> {
    let places = doctor["places"].as_array().unwrap();
    let checks = places.iter().flat_map(|p| p["checks"].as_array().unwrap());
    checks.filter(|c| c["what"] == what).map(|c| c["state"].as_str().unwrap()).collect()
}

pub const GIMP: &str = ".config/GIMP/3.0/plug-ins/neural-brush";
pub const GIMP3: &str = "GNU Image Manipulation Program version 3.0.4";
pub const KRITA: &str = ".local/share/krita/pykrita/npe_brush";
