//! `npe install` and `npe uninstall` as a person runs them, in a home folder of each kind: what they leave, and that nothing else
//! is touched.
#![cfg(target_os = "linux")]

mod install_common;

use install_common::*;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

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
            &["--model", "glue/shared/npe_shared/npe.py"],
            &["glue/shared/npe_shared/npe.py"],
        ),
        (
            "gimp",
            Home::new().with(".config/GIMP/3.0"),
            &["--profile", "glue/shared/npe_shared/npe.py"],
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
            &["--library", "glue/shared/npe_shared/npe.py", "--sources", "glue"],
            "the library glue/shared/npe_shared/npe.py can't be opened",
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
fn a_dry_run_changes_nothing() {
    let home = Home::new().with(".config/GIMP/3.0").with(".local/share/krita");
    let before = home.listing();
    for (editor, says) in [("gimp", "would install npe"), ("krita", "would switch it on in ")] {
        let ran = home.npe(&["install", editor, "--dry-run"]);
        assert!(ran.status.success() && text(&ran.stdout).contains(says), "{}", text(&ran.stdout));
    }
    assert_eq!(home.listing(), before);
}
