//! `npe install`, `npe uninstall` and `npe doctor` as a person runs them, in a home folder of each kind: what they leave, and that
//! nothing else is touched.
#![cfg(target_os = "linux")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A home folder, with a folder for commands in PATH and the sources of small plug-ins beside it.
struct Home {
    room: tempfile::TempDir,
    variables: Vec<(&'static str, PathBuf)>,
}

const PO: &str =
    "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n\nmsgid \"a\"\nmsgstr \"ä\"\n";

impl Home {
    fn new() -> Self {
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
            ("shared/npe.py", "# binding\n"),
            ("shared/locale/de.po", PO),
        ] {
            write(&home.room.path().join("glue").join(name), text);
        }
        home
    }

    /// A folder in the home.
    fn with(self, folder: &str) -> Self {
        fs::create_dir_all(self.path(folder)).unwrap();
        self
    }

    fn variable(mut self, name: &'static str, folder: &str) -> Self {
        self.variables.push((name, self.path(folder)));
        self
    }

    /// A command in PATH that prints this: which editors are installed on the machine that tests is not for tests to know.
    fn command(self, name: &str, prints: &str) -> Self {
        let file = self.room.path().join("bin").join(name);
        write(&file, &format!("#!/bin/sh\necho '{prints}'\n"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.room.path().join("home").join(inside)
    }

    fn start(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_npe"));
        command.args(args).env_clear().env("HOME", self.path("")).env("PATH", self.room.path().join("bin"));
        command.envs(self.variables.iter().map(|(name, path)| (name, path))).current_dir(self.room.path());
        if args[0] == "install" {
            command.arg("--library").arg(library()).args(["--sources", "glue"]);
        }
        command
    }

    fn npe(&self, args: &[&str]) -> Output {
        self.start(args).output().unwrap()
    }

    /// Runs it, and answers its JSON.
    fn json(&self, args: &[&str]) -> Value {
        let ran = self.npe(&[args, &["--json"]].concat());
        assert!(ran.status.success(), "{args:?}: {}{}", text(&ran.stdout), text(&ran.stderr));
        serde_json::from_slice(&ran.stdout).unwrap()
    }

    /// Runs it; it fails, and answers what it said.
    fn fails(&self, args: &[&str]) -> String {
        let ran = self.npe(args);
        assert_eq!(ran.status.code(), Some(1), "{args:?}: {}", text(&ran.stdout));
        text(&ran.stdout) + &text(&ran.stderr)
    }

    /// Everything in the home: kind, permissions, hash of the content.
    fn listing(&self) -> BTreeMap<PathBuf, (String, u32, u64)> {
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

fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The library that Cargo built along with this test.
fn library() -> PathBuf {
    std::env::current_exe().unwrap().with_file_name("libnpe.so")
}

/// A model file, small and untrained.
fn model(file: &Path) {
    let sizes = npe::model::Sizes { width: 2, hidden: 3, latents: 4 };
    let model = npe::model::Model::random_of("ian-simple", 64, sizes, npe::model::Dtype::F16, 1).unwrap();
    fs::write(file, model.to_bytes(npe::model::Dtype::F16).unwrap()).unwrap();
}

/// The states of a check in all places.
fn states<'a>(doctor: &'a Value, what: &str) -> Vec<&'a str> {
    let places = doctor["places"].as_array().unwrap();
    let checks = places.iter().flat_map(|p| p["checks"].as_array().unwrap());
    checks.filter(|c| c["what"] == what).map(|c| c["state"].as_str().unwrap()).collect()
}

const GIMP: &str = ".config/GIMP/3.0/plug-ins/neural-brush";
const GIMP3: &str = "GNU Image Manipulation Program version 3.0.4";
const KRITA: &str = ".local/share/krita/pykrita/npe_brush";

#[test]
fn each_layout_is_found_filled_checked_and_left_as_it_was() {
    let kritarc = "[general]\nname=ä\n\n[python]\nenable_other=true\n";
    // Editor, home, where the plug-ins go.
    let layouts: Vec<(&str, Home, &[&str])> = vec![
        ("gimp", Home::new().with(".config/GIMP/3.0"), &[GIMP]),
        (
            "gimp",
            Home::new().with(".config/GIMP/2.10").with(".config/GIMP/3.0/plug-ins").with(".config/GIMP/3.2"),
            &[GIMP, ".config/GIMP/3.2/plug-ins/neural-brush"],
        ),
        (
            "gimp",
            Home::new().with("settings/GIMP/3.1").variable("XDG_CONFIG_HOME", "settings"),
            &["settings/GIMP/3.1/plug-ins/neural-brush"],
        ),
        (
            "gimp",
            Home::new().variable("GIMP3_DIRECTORY", "own profile"),
            &["own profile/plug-ins/neural-brush"],
        ),
        (
            "gimp",
            Home::new().with(".var/app/org.gimp.GIMP/config/GIMP/3.0"),
            &[".var/app/org.gimp.GIMP/config/GIMP/3.0/plug-ins/neural-brush"],
        ),
        (
            "gimp",
            Home::new().with("snap/gimp/current/.config/GIMP/3.0"),
            &["snap/gimp/current/.config/GIMP/3.0/plug-ins/neural-brush"],
        ),
        // Never started: only the programs are there.
        ("gimp", Home::new().command("gimp-3.0", GIMP3).command("python3", ""), &[GIMP]),
        ("krita", Home::new().with(".local/share/krita"), &[KRITA]),
        ("krita", Home::new().command("krita_version", "5.2.9"), &[KRITA]),
        (
            "krita",
            Home::new().with("data/krita/actions").variable("XDG_DATA_HOME", "data"),
            &["data/krita/pykrita/npe_brush"],
        ),
        (
            "krita",
            Home::new().with(".var/app/org.kde.krita/config"),
            &[".var/app/org.kde.krita/data/krita/pykrita/npe_brush"],
        ),
        (
            "krita",
            Home::new().with("snap/krita/current"),
            &["snap/krita/current/.local/share/krita/pykrita/npe_brush"],
        ),
    ];
    for (i, (editor, home, folders)) in layouts.into_iter().enumerate() {
        if editor == "krita" && i % 2 == 0 {
            for file in [".config/kritarc", ".var/app/org.kde.krita/config/kritarc"] {
                if file.starts_with(".config") || home.path(".var").is_dir() {
                    write(&home.path(file), kritarc);
                }
            }
        }
        let before = home.listing();
        let done = home.json(&["install", editor]);
        let places = done["places"].as_array().unwrap();
        for folder in folders {
            let folder = home.path(folder);
            assert!(
                places.iter().any(|p| p["folder"] == *folder.to_string_lossy()),
                "{editor} {i}: {places:?}"
            );
            for name in ["libnpe.so", "npe_shared/npe.py", "locale/de/LC_MESSAGES/npe.mo", "npe-install.json"]
            {
                assert!(folder.join(name).is_file(), "{editor} {i}: {name}");
            }
            if editor == "gimp" {
                let mode = folder.join("neural-brush.py").metadata().unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o755);
                assert!(folder.join("icons/brush.svg").is_file() && !folder.join("tests").exists());
            } else {
                let data = folder.parent().unwrap().parent().unwrap();
                assert!(data.join("pykrita/npe_brush.desktop").is_file());
                assert!(data.join("actions/npe_brush.action").is_file());
            }
        }
        let first = home.listing();
        let again = home.json(&["install", editor]);
        assert!(
            again["places"].as_array().unwrap().iter().all(|p| p["replaced"] == env!("CARGO_PKG_VERSION"))
        );
        let second = home.listing();
        let differs: Vec<_> =
            second.iter().filter(|(k, v)| first.get(*k) != Some(v)).map(|(k, _)| k).collect();
        assert!(differs.iter().all(|p| p.ends_with("npe-install.json")), "{editor} {i}: {differs:?}");
        assert_eq!(first.len(), second.len(), "{editor} {i}");
        let ran = home.npe(&["doctor", editor, "--json"]);
        let doctor: Value = serde_json::from_slice(&ran.stdout).unwrap();
        for what in ["plug-in", "files", "library", "model", "device"] {
            let states = states(&doctor, what);
            assert!(
                states.len() >= folders.len() && states.iter().all(|s| *s == "ok"),
                "{editor} {i}: {doctor:#}"
            );
        }
        home.json(&["uninstall", editor]);
        assert_eq!(home.listing(), before, "{editor} {i}");
        let nothing = home.npe(&["uninstall", editor]);
        assert!(nothing.status.success());
        assert!(text(&nothing.stdout).contains("the plug-in is not installed; nothing was done"));
    }
}

#[test]
fn the_doctor_finds_what_is_broken() {
    let home = Home::new().with(".config/GIMP/3.0").with(".config/GIMP/3.2");
    home.json(&["install", "gimp", "--profile", &home.path(".config/GIMP/3.0").to_string_lossy()]);
    let said = home.fails(&["doctor", "gimp"]);
    assert!(said.contains("PROBLEM  GIMP 3.2: plug-in: not installed; run npe install gimp"), "{said}");
    home.json(&["install", "gimp"]);
    assert_eq!(home.json(&["doctor", "gimp"])["ok"], true);
    let said = text(&home.npe(&["doctor"]).stdout);
    assert!(said.contains("note     Krita: editor: no Krita 5 was found"), "{said}");
    assert!(said.contains("/.cache/npe/gimp.log (nothing was logged yet)"), "{said}");

    // The plug-in is in place, but nothing here would run it.
    let bare = Home::new().command("gimp", GIMP3);
    let said = bare.fails(&["install", "gimp"]);
    assert!(said.contains("problem: python: there is no python3 in PATH"), "{said}");
    let said = bare.fails(&["doctor", "gimp"]);
    assert!(
        said.contains("ok       GIMP 3.0: editor: GIMP 3.0.4") && said.contains("ok       GIMP 3.0: files"),
        "{said}"
    );

    let file = |name: &str| home.path(GIMP).join(name);
    // What, how, and parts of the sentence.
    type Break<'a> = (&'a str, &'a dyn Fn(), &'a [&'a str]);
    let breaks: &[Break<'_>] = &[
        (
            "a changed file",
            &|| fs::write(file("npe_shared/npe.py"), "other").unwrap(),
            &["files: neural-brush/npe_shared/npe.py was changed; run npe install gimp"],
        ),
        (
            "a missing file",
            &|| fs::remove_file(file("icons/brush.svg")).unwrap(),
            &["neural-brush/icons/brush.svg is missing"],
        ),
        (
            "no executable bit",
            &|| {
                let mode = fs::Permissions::from_mode(0o644);
                fs::set_permissions(file("neural-brush.py"), mode).unwrap();
            },
            &["start: ", "is not executable, so GIMP passes it over"],
        ),
        // Half a library: opening it could end the doctor.
        (
            "a library cut short",
            &|| {
                let bytes = fs::read(file("libnpe.so")).unwrap();
                fs::write(file("libnpe.so"), &bytes[..bytes.len() / 2]).unwrap();
            },
            &["neural-brush/libnpe.so was changed", "it is not opened, because it is damaged"],
        ),
        (
            "a model that is none",
            &|| write(&file("models/own.safetensors"), "text"),
            &["models/own.safetensors: "],
        ),
        (
            "a list that is none",
            &|| fs::write(file("npe-install.json"), "{").unwrap(),
            &["npe-install.json is damaged", "--force"],
        ),
        // It would have a file of the person removed.
        (
            "a list of others' files",
            &|| {
                let list = fs::read_to_string(file("npe-install.json")).unwrap();
                let list = list.replace("neural-brush/icons/brush.svg", "neural-brush/../../gimprc");
                fs::write(file("npe-install.json"), list).unwrap();
            },
            &["names \"neural-brush/../../gimprc\", which is none of the plug-in's"],
        ),
    ];
    for (what, damage, sentences) in breaks {
        damage();
        let said = home.fails(&["doctor", "gimp"]);
        for sentence in *sentences {
            assert!(said.contains("PROBLEM  GIMP 3.0") && said.contains(sentence), "{what}: {said}");
        }
        let _ = fs::remove_dir_all(file("models"));
        home.json(&["install", "gimp", "--force"]);
        assert_eq!(home.json(&["doctor", "gimp"])["ok"], true, "{what}");
    }
}

#[test]
fn the_persons_files_and_models_stay() {
    let home = Home::new().with(".config/GIMP/3.0");
    let before = home.listing();
    let (ours, theirs) =
        (home.room.path().join("anime.safetensors"), home.path(GIMP).join("models/own.safetensors"));
    model(&ours);
    home.json(&["install", "gimp", "--model", &ours.to_string_lossy()]);
    fs::copy(&ours, &theirs).unwrap();
    symlink("own.safetensors", theirs.with_file_name("link.safetensors")).unwrap();
    write(&home.path(GIMP).join("npe_shared/__pycache__/npe.cpython-313.pyc"), "compiled");

    // An update names no models, and keeps them.
    let done = home.json(&["install", "gimp"]);
    let kept: Vec<_> =
        done["places"][0]["kept"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    assert_eq!(kept, ["models/anime.safetensors", "models/link.safetensors", "models/own.safetensors"]);
    assert!(!home.path(GIMP).join("npe_shared/__pycache__").exists());
    let doctor = home.json(&["doctor", "gimp"]);
    assert_eq!(states(&doctor, "model"), ["ok"; 4]);
    write(&home.path(GIMP).join("npe_shared/__pycache__/npe.cpython-313.pyc"), "compiled");

    let said = text(&home.npe(&["uninstall", "gimp", "--dry-run"]).stdout);
    assert!(said.contains("would remove") && home.path(GIMP).join("libnpe.so").exists(), "{said}");
    let done = home.json(&["uninstall", "gimp"]);
    let kept = &done["places"][0]["kept"];
    assert_eq!(kept.as_array().unwrap().len(), 2, "{kept}");
    let left: Vec<PathBuf> = home.listing().into_keys().filter(|p| home.path("").join(p).is_file()).collect();
    let names = ["models/link.safetensors", "models/own.safetensors", "npe-install.json"];
    assert_eq!(left, names.map(|n| Path::new(GIMP).join(n)));
    let said = home.fails(&["doctor", "gimp"]);
    assert!(said.contains("plug-in: not installed"), "{said}");

    // The folder is still known as npe's.
    home.json(&["install", "gimp"]);
    assert!(theirs.is_file());
    home.json(&["uninstall", "gimp"]);
    home.json(&["uninstall", "gimp", "--purge"]);
    assert_eq!(home.listing(), before);
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let home = Home::new().with(".config/GIMP/3.0").with(".local/share/krita");
    write(&home.path(GIMP).join("neural-brush.py"), "someone's");
    write(&home.path(".local/share/krita/actions/npe_brush.action"), "someone's");
    let before = home.listing();
    for (editor, name) in [("gimp", "plug-ins/neural-brush"), ("krita", "actions/npe_brush.action")] {
        let said = home.fails(&["install", editor]);
        assert!(
            said.contains(name)
                && said.contains("npe did not install; move it away, or replace it with --force"),
            "{said}"
        );
        home.json(&["uninstall", editor]);
    }
    assert_eq!(home.listing(), before);
    home.json(&["install", "gimp", "--force"]);
    assert_eq!(
        fs::read_to_string(home.path(GIMP).join("neural-brush.py")).unwrap(),
        "#!/usr/bin/env python3\n"
    );

    // Through a link, someone else's files would be replaced.
    let other = Home::new().with(".config/GIMP/3.0/plug-ins").with("work");
    symlink(home.path(GIMP), other.path(GIMP)).unwrap();
    let said = other.fails(&["install", "gimp"]);
    assert!(said.contains("is a symbolic link that npe did not install"), "{said}");
    other.json(&["uninstall", "gimp"]);
    assert!(other.path(GIMP).is_symlink() && home.path(GIMP).join("libnpe.so").exists());
}

#[test]
fn failures_are_sentences_and_leave_nothing() {
    let gimp2 = "GNU Image Manipulation Program version 2.10.34";
    // Editor, home, more arguments, parts of the sentence.
    let table: Vec<(&str, Home, &[&str], &[&str])> = vec![
        (
            "gimp",
            Home::new(),
            &[],
            &["no GIMP 3 was found: looked for 3.* in ", "/.config/GIMP", "gimp-3.0", "--profile"],
        ),
        (
            "krita",
            Home::new(),
            &[],
            &["no Krita 5 was found: looked for ", "/.local/share/krita", "krita in PATH"],
        ),
        ("gimp", Home::new().with(".config/GIMP/2.10"), &[], &["the GIMP here is 2.10, which is too old"]),
        ("gimp", Home::new().command("gimp", gimp2), &[], &["the GIMP here is 2.10.34, which is too old"]),
        (
            "gimp",
            Home::new().with(".var/app/org.gimp.GIMP/config/GIMP/2.10"),
            &[],
            &["the GIMP here is 2.10, which is too old"],
        ),
        // Its own first start takes over the old settings only if no profile is there.
        (
            "gimp",
            Home::new().with(".config/GIMP/2.10").command("gimp", GIMP3),
            &[],
            &[
                "GIMP 3.0.4 was never started here: start it once, so that it takes over the settings of GIMP 2.10",
            ],
        ),
        (
            "krita",
            Home::new().command("krita_version", "5.1.5"),
            &[],
            &["Krita 5.1.5 is too old", "needs 5.2 or later"],
        ),
        (
            "gimp",
            Home::new().with(".config/GIMP/3.0"),
            &["--model", "glue/shared/npe.py"],
            &["glue/shared/npe.py"],
        ),
        (
            "gimp",
            Home::new().with(".config/GIMP/3.0"),
            &["--profile", "glue/shared/npe.py"],
            &["is not a folder"],
        ),
        (
            "krita",
            Home::new().with(".local/share/krita"),
            &["--zip", "none/x.zip"],
            &["the folder none does not exist"],
        ),
    ];
    for (editor, home, more, parts) in table {
        let before = home.listing();
        let said = home.fails(&[&["install", editor], more].concat());
        for part in parts {
            assert!(said.contains(part), "{said}");
        }
        assert_eq!(home.listing(), before, "{said}");
    }
    let home = Home::new().with(".config/GIMP/3.0");
    let before = home.listing();
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_npe"));
        command.args(args).env_clear().env("HOME", home.path("")).current_dir(home.room.path());
        let ran = command.output().unwrap();
        assert!(!ran.status.success());
        text(&ran.stderr)
    };
    let library = library().to_string_lossy().into_owned();
    for (args, said) in [
        (&["--library", "none.so", "--sources", "glue"], "the library none.so is not a file"),
        (
            &["--library", "glue/shared/npe.py", "--sources", "glue"],
            "the library glue/shared/npe.py can't be opened",
        ),
        (
            &["--library", "/lib/x86_64-linux-gnu/libc.so.6", "--sources", "glue"],
            "is not npe's library: it has no function npe_version",
        ),
        (&["--library", &library, "--sources", "home"], "home"),
    ] {
        if args[1].starts_with("/lib/") && !Path::new(args[1]).exists() {
            continue;
        }
        let got = run(&[&["install", "gimp"], &args[..]].concat());
        assert!(got.contains(said), "{got}");
    }
    assert_eq!(home.listing(), before);
    let said = home.npe(&["install", "gimp", "--zip", "x.zip"]);
    assert_eq!(said.status.code(), Some(2));
}

#[test]
fn a_folder_that_cant_be_written_gets_a_sentence() {
    let home = Home::new().with(".config/GIMP/3.0").with(".config/GIMP/3.2/plug-ins");
    fs::remove_dir(home.path(".config/GIMP/3.2/plug-ins")).unwrap();
    write(&home.path(".config/GIMP/3.2/plug-ins"), "a file");
    let before = home.listing();
    // One place that fails is no reason to leave out the others.
    let said = home.fails(&["install", "gimp"]);
    assert!(said.contains("npe: GIMP 3.2: ") && said.contains("GIMP 3.0: installed"), "{said}");
    home.json(&["uninstall", "gimp", "--profile", &home.path(".config/GIMP/3.0").to_string_lossy()]);
    assert_eq!(home.listing(), before);

    let home = Home::new().with(".config/GIMP/3.0");
    let profile = home.path(".config/GIMP/3.0");
    fs::set_permissions(&profile, fs::Permissions::from_mode(0o555)).unwrap();
    let mut command = home.start(&["install", "gimp"]);
    // Nothing is read-only for root.
    // SAFETY: it asks for a number only.
    if unsafe { libc::geteuid() } == 0 {
        fs::set_permissions(home.room.path(), fs::Permissions::from_mode(0o755)).unwrap();
        command.uid(65534).gid(65534);
    }
    let Ok(ran) = command.output() else {
        eprintln!("SKIPPED: the command can't be run as another user; a read-only folder was NOT tested");
        return;
    };
    assert_eq!(ran.status.code(), Some(1));
    let said = text(&ran.stderr);
    assert!(
        said.contains("the folder ") && said.contains("plug-ins can't be made: Permission denied"),
        "{said}"
    );
    assert_eq!(fs::read_dir(&profile).unwrap().count(), 0);
}

#[test]
fn kritas_settings_keep_every_other_line() {
    let home = Home::new().with("resources").with(".local/share/krita").with(".config");
    let resources = home.path("resources");
    let rc = format!("ResourceDirectory={}\n\n[MainWindow]\nä=1,2\n", resources.display());
    let file = home.path(".config/kritarc");
    // A link into a folder of settings, as people have who keep those under version control.
    write(&home.path("dotfiles/kritarc"), &rc);
    fs::set_permissions(home.path("dotfiles/kritarc"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink(home.path("dotfiles/kritarc"), &file).unwrap();
    let before = home.listing();
    let done = home.json(&["install", "krita"]);
    assert_eq!(done["places"][0]["folder"], *resources.join("pykrita/npe_brush").to_string_lossy());
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{rc}\n[python]\nenable_npe_brush=true\n"));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(file.is_symlink());
    assert_eq!(states(&home.json(&["doctor", "krita"]), "switch"), ["ok"]);
    fs::write(&file, format!("{rc}\n[python]\nenable_npe_brush=false\n")).unwrap();
    let said = home.fails(&["doctor", "krita"]);
    assert!(said.contains("PROBLEM  Krita: switch: it is off in "), "{said}");
    home.json(&["install", "krita"]);
    home.json(&["uninstall", "krita"]);
    assert_eq!(home.listing(), before);
}

#[test]
fn a_dry_run_changes_nothing() {
    let home = Home::new().with(".config/GIMP/3.0").with(".local/share/krita");
    let before = home.listing();
    for (editor, says) in [("gimp", "would install npe"), ("krita", "would switch it on in ")] {
        let ran = home.npe(&["install", editor, "--dry-run"]);
        assert!(ran.status.success() && text(&ran.stdout).contains(says), "{}", text(&ran.stdout));
    }
    assert_eq!(home.listing(), before);
}

#[test]
fn krita_imports_the_zip() {
    let home = Home::new();
    let done = home.json(&["install", "krita", "--zip", "npe.zip"]);
    let said = home.fails(&["install", "krita", "--zip", "npe.zip"]);
    assert!(said.contains("npe.zip exists already"), "{said}");
    let file = fs::File::open(home.room.path().join("npe.zip")).unwrap();
    let mut zip = zip::ZipArchive::new(file).unwrap();
    let names: Vec<String> = zip.file_names().map(str::to_owned).collect();
    // Krita's importer: the desktop file names the module, whose folder must have an entry of its own.
    assert!(names.iter().any(|n| n.ends_with("/npe_brush/")), "{names:?}");
    assert_eq!(names.iter().filter(|n| !n.ends_with('/')).count() as u64, done["files"].as_u64().unwrap());
    // As it is imported, it is known for ours.
    let data = home.path(".local/share/krita");
    fs::create_dir_all(&data).unwrap();
    zip.extract(&data).unwrap();
    assert_eq!(
        states(&serde_json::from_slice(&home.npe(&["doctor", "krita", "--json"]).stdout).unwrap(), "files"),
        ["ok"]
    );
    home.json(&["install", "krita"]);
    home.json(&["uninstall", "krita"]);
    assert!(!home.path(KRITA).exists());
}

/// The plug-ins that the command itself carries: whole, or told as missing.
#[test]
fn the_carried_plug_ins_install() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugin-glue");
    for (editor, folder, entry) in [
        ("gimp", ".config/GIMP/3.0", "gimp/neural-brush.py"),
        ("krita", ".local/share/krita", "krita/npe_brush.desktop"),
    ] {
        let home = Home::new().with(folder);
        let mut install = Command::new(env!("CARGO_BIN_EXE_npe"));
        install.args(["install", editor, "--library"]).arg(library()).env_clear().env("HOME", home.path(""));
        let ran = install.output().unwrap();
        if root.join(entry).exists() {
            assert!(ran.status.success(), "{}", text(&ran.stderr));
            assert_eq!(states(&home.json(&["doctor", editor]), "files"), ["ok"]);
        } else {
            assert!(text(&ran.stderr).contains("this npe has no plug-in for "), "{}", text(&ran.stderr));
        }
    }
}
