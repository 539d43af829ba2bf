//! `npe doctor` on what is whole and what is broken, Krita's settings and zip file, and the plug-ins that the command carries.
#![cfg(target_os = "linux")]

mod install_common;

use install_common::*;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

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
