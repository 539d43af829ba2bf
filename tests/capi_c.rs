//! The C interface as hosts meet it: `libnpe.so` by its symbols, the headers by strict compilers, programs that edit a
//! photo from end to end, and the program of the README.

#![cfg(unix)]

use npe::edit::{Edit, StrokeFile};
use npe::photo::{Channels, Photo, Samples};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// An empty folder for one test.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("capi-{name}"));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// The shared library that Cargo built along with this test: it stands beside it.
fn library() -> PathBuf {
    let name = format!("{}npe{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let path = std::env::current_exe().unwrap().with_file_name(name);
    assert!(path.exists(), "{} is missing; Cargo builds it for tests", path.display());
    path
}

/// A compiler of this machine, `$CC` or `$CXX` first.
fn compiler(variable: &str, names: &[&str]) -> Option<String> {
    let found = (std::env::var(variable).ok().into_iter())
        .chain(names.iter().map(|n| (*n).to_owned()))
        .find(|c| Command::new(c).arg("--version").output().is_ok_and(|o| o.status.success()));
    if found.is_none() {
        eprintln!(
            "SKIPPED: no compiler found ({variable}, {names:?}); a part of the C interface was NOT tested"
        );
    }
    found
}

fn c() -> Option<String> {
    compiler("CC", &["cc", "gcc", "clang"])
}

fn cpp() -> Option<String> {
    compiler("CXX", &["c++", "g++", "clang++"])
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// The name a linked program looks for: it says the ABI, which each minor version may break until 1.0.
fn versioned_name() -> String {
    let (major, minor) = (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    let abi = if major == "0" { format!("0.{minor}") } else { major.to_owned() };
    if cfg!(target_os = "macos") { format!("libnpe.{abi}.dylib") } else { format!("libnpe.so.{abi}") }
}

/// Compiles sources into a program that finds the library by its soname.
fn program(compiler: &str, standard: &str, sources: &[PathBuf], folder: &Path) -> PathBuf {
    let library = library();
    std::os::unix::fs::symlink(&library, folder.join(library.file_name().unwrap())).unwrap();
    std::os::unix::fs::symlink(&library, folder.join(versioned_name())).unwrap();
    let out = folder.join("program");
    run(Command::new(compiler)
        .arg(format!("-std={standard}"))
        .args(STRICT)
        .arg("-I")
        .arg(root().join("include"))
        .args(sources)
        .arg("-o")
        .arg(&out)
        .arg("-L")
        .arg(folder)
        .args(["-lnpe", "-lm", "-lpthread"])
        .arg(format!("-Wl,-rpath,{}", folder.display())));
    out
}

/// The sample photo as 8-bit RGB.
fn photo() -> (u32, u32, Vec<u8>) {
    let image = image::open(root().join("tests/data/astronaut.png")).unwrap().into_rgb8();
    (image.width(), image.height(), image.into_raw())
}

#[test]
fn exactly_the_golden_list_is_exported() {
    let golden = std::fs::read_to_string(root().join("tests/c/exports.txt")).unwrap();
    let Ok(nm) = Command::new("nm").args(["-D", "--defined-only"]).arg(library()).output() else {
        eprintln!("SKIPPED: no nm found; the exported symbols were NOT tested");
        return;
    };
    let text = String::from_utf8(nm.stdout).unwrap();
    let mut symbols: Vec<&str> = text.lines().filter_map(|l| l.split_whitespace().last()).collect();
    symbols.sort_unstable();
    assert_eq!(
        symbols,
        golden.lines().collect::<Vec<_>>(),
        "libnpe's symbols and tests/c/exports.txt differ"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn the_library_has_a_versioned_name() {
    let Ok(out) = Command::new("readelf").arg("-d").arg(library()).output() else {
        eprintln!("SKIPPED: no readelf found; the soname was NOT tested");
        return;
    };
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.contains(&format!("[{}]", versioned_name())), "{text}");
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let link = format!("ln -sf libnpe.so target/release/{}\n", versioned_name());
    assert!(readme.contains(&link), "README.md, From C, does not say {link}");
}

#[test]
fn c_and_cpp_programs_edit_a_photo() {
    let Some(c) = c() else { return };
    let data = folder("data");
    let (width, height, bytes) = photo();
    let [raw, result, json, replayed] =
        ["photo.rgb", "result.rgb", "strokes.json", "replayed.rgb"].map(|n| data.join(n));
    std::fs::write(&raw, &bytes).unwrap();
    let size = [width.to_string(), height.to_string()];

    let sources = ["edit.c", "second.c"].map(|s| root().join("tests/c").join(s));
    let made = program(&c, "c99", &sources, &folder("c99"));
    let out = run(Command::new(made).arg(&raw).args(&size).arg(&result).arg(&json));
    assert!(out.stdout.is_empty() && out.stderr.is_empty(), "npe printed something: {out:?}");

    // The same strokes by the Rust interface give the same pixels.
    let photo = Arc::new(Photo::new(width, height, Channels::Rgb, Samples::U8(bytes)).unwrap());
    let model = npe::session::load(None, npe::session::Device::Auto, &mut |_| true).unwrap();
    let frame = npe::photo::find_with(&photo, model.meta.extras.aligner.as_deref()).unwrap()[0].frame;
    let mut edit = Edit::new(model.generator.clone(), photo, frame).unwrap();
    let strokes = StrokeFile::from_json(&std::fs::read_to_string(&json).unwrap()).unwrap();
    strokes.apply(&mut edit, &mut |_| true).unwrap();
    let from_c = std::fs::read(&result).unwrap();
    assert!(
        edit.render().unwrap().samples() == &Samples::U8(from_c.clone()),
        "C and Rust give different pixels"
    );

    let Some(cpp) = cpp() else { return };
    let sources = ["edit.cpp", "second.cpp"].map(|s| root().join("tests/c").join(s));
    let made = program(&cpp, "c++11", &sources, &folder("cpp11"));
    let out = run(Command::new(made).arg(&raw).args(&size).arg(&json).arg(&replayed));
    assert!(out.stdout.is_empty() && out.stderr.is_empty(), "npe printed something: {out:?}");
    assert!(std::fs::read(&replayed).unwrap() == from_c, "C and C++ give different pixels");
}

#[test]
fn the_header_compiles_alone_in_every_standard() {
    let folder = folder("alone");
    let (c_source, cpp_source, hpp_source) =
        (folder.join("alone.c"), folder.join("alone.cpp"), folder.join("wrapper.cpp"));
    let use_it = "npe_status answer(void);\nnpe_status answer(void) { return NPE_OK; }\n";
    std::fs::write(&c_source, format!("#include \"npe.h\"\n{use_it}")).unwrap();
    std::fs::write(&cpp_source, format!("#include \"npe.h\"\n{use_it}")).unwrap();
    std::fs::write(&hpp_source, format!("#include \"npe.hpp\"\n{use_it}")).unwrap();
    let check = |compiler: &str, standard: &str, source: &Path| {
        run(Command::new(compiler)
            .arg(format!("-std={standard}"))
            .args(STRICT)
            .arg("-fsyntax-only")
            .arg("-I")
            .arg(root().join("include"))
            .arg(source));
    };
    if let Some(c) = c() {
        ["c99", "c11"].iter().for_each(|s| check(&c, s, &c_source));
    }
    if let Some(cpp) = cpp() {
        for standard in ["c++11", "c++17"] {
            check(&cpp, standard, &cpp_source);
            check(&cpp, standard, &hpp_source);
        }
    }
}

#[test]
fn the_readmes_program_works() {
    let Some(c) = c() else { return };
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let section = readme.split("## From C").nth(1).expect("README.md has a section \"From C\"");
    let block = section.split("```c\n").nth(1).and_then(|s| s.split("```").next()).expect("a block of C");
    let folder = folder("readme");
    let source = folder.join("readme.c");
    std::fs::write(&source, block).unwrap();
    let made = program(&c, "c99", &[source], &folder);

    let (width, height, bytes) = photo();
    let head = format!("P6\n{width} {height}\n255\n");
    let (before, after) = (folder.join("before.ppm"), folder.join("after.ppm"));
    std::fs::write(&before, [head.as_bytes(), &bytes].concat()).unwrap();
    run(Command::new(made)
        .stdin(std::fs::File::open(&before).unwrap())
        .stdout(std::fs::File::create(&after).unwrap()));
    let result = std::fs::read(&after).unwrap();
    assert_eq!(result.len(), head.len() + bytes.len());
    let result = &result[head.len()..];
    // The forehead got darker, the rest of the photo stayed.
    let photo = Photo::new(width, height, Channels::Rgb, Samples::U8(bytes.clone())).unwrap();
    let frame = npe::photo::find(&photo).unwrap()[0].frame;
    let (x, y) = frame.to_photo(0.5, 0.2);
    let at = (y as usize * width as usize + x as usize) * 3;
    assert!(i32::from(bytes[at]) - i32::from(result[at]) > 20, "{} {}", bytes[at], result[at]);
    let outside = |i: usize| {
        let (x, y) = ((i / 3) % width as usize, i / 3 / width as usize);
        let (u, v) = frame.from_photo(x as f64 + 0.5, y as f64 + 0.5);
        !((0.0..=1.0).contains(&u) && (0.0..=1.0).contains(&v))
    };
    assert!(
        (0..bytes.len()).all(|i| bytes[i] == result[i] || !outside(i)),
        "pixels outside the frame changed"
    );
}

#[test]
fn every_wrong_argument_of_every_export_is_told() {
    let source = root().join("tests/c/arguments.c");
    let text = [&source, &source.with_extension("h")].map(|f| std::fs::read_to_string(f).unwrap()).concat();
    for export in std::fs::read_to_string(root().join("tests/c/exports.txt")).unwrap().lines() {
        assert!(text.contains(&format!("{export}(")), "arguments.c has no row for {export}");
    }
    let Some(c) = c() else { return };
    let out = run(&mut Command::new(program(&c, "c99", &[source], &folder("arguments"))));
    let said = String::from_utf8(out.stdout).unwrap();
    let calls: u32 = said.split_whitespace().next().unwrap().parse().unwrap();
    assert!(calls > 700 && out.stderr.is_empty(), "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn hosts_that_misbehave_are_answered() {
    let Some(c) = c() else { return };
    let model = root().join("tests/fuzz/seeds/model/small.safetensors");
    let folder = folder("hostile");
    let made = program(&c, "c99", &[root().join("tests/c/hostile.c")], &folder);
    let out = run(Command::new(made).arg(&model));
    let said = String::from_utf8(out.stdout).unwrap();
    assert!(said.lines().count() > 12 && said.lines().all(|l| l.ends_with(": ok")), "{said}");

    let reopen = folder.join("reopen");
    let source = root().join("tests/c/reopen.c");
    run(Command::new(&c)
        .arg("-std=gnu99")
        .args(STRICT)
        .arg("-I")
        .arg(root().join("include"))
        .arg(source)
        .args(["-o"])
        .arg(&reopen)
        .arg("-ldl"));
    run(Command::new(reopen).arg(library()).arg(model));
}
