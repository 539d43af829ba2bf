//! `include/npe.h` is what cbindgen makes of the sources, and says the version that Cargo says.
//! `NPE_UPDATE_HEADER=1 cargo test --test capi_header` writes it anew.

use std::path::Path;

/// The modules in the order in which a reader of the header wants them.
const ORDER: [&str; 15] = [
    "status",
    "error",
    "log",
    "progress",
    "session",
    "model",
    "image",
    "faces",
    "edit",
    "stroke",
    "decode",
    "history",
    "settings",
    "latents",
    "attributes",
];

fn generated() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("src/capi/cbindgen.toml")).expect("cbindgen.toml");
    let mut builder = cbindgen::Builder::new().with_config(config);
    for module in ORDER.iter().chain(&["strokes"]) {
        builder = builder.with_src(root.join(format!("src/capi/{module}.rs")));
    }
    let mut header = Vec::new();
    builder.generate().expect("cbindgen").write(&mut header);
    // Rust's safety sections are for Rust callers; the header's texts say the same to C.
    let mut out = String::new();
    let mut lines = String::from_utf8(header).expect("UTF-8");
    lines = lines.replace("\r\n", "\n");
    let mut skipping = false;
    for line in lines.lines() {
        let comment = line.trim_start().strip_prefix("//");
        skipping = comment.is_some_and(|c| c.trim() == "# Safety" || skipping);
        if skipping {
            // The empty comment line before the section goes too.
            if out.ends_with("//\n") {
                out.truncate(out.len() - 3);
            }
            continue;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    // cbindgen writes `//` comments; C90 modes of old hosts' compilers and -pedantic know only the other kind.
    block_comments(&out)
}

fn block_comments(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    let comment = |l: &str| {
        let trimmed = l.trim_start();
        trimmed.strip_prefix("//").map(|c| (l[..l.len() - trimmed.len()].to_owned(), c.trim().to_owned()))
    };
    while let Some(line) = lines.next() {
        let Some((indent, first)) = comment(line) else {
            out.push_str(line);
            out.push('\n');
            continue;
        };
        let mut body = vec![first];
        while let Some((_, next)) = lines.peek().and_then(|l| comment(l)) {
            body.push(next);
            lines.next();
        }
        let body = body.join(&format!("\n{indent} * "));
        out.push_str(&format!("{indent}/* {} */\n", body.trim_end()));
    }
    out
}

#[test]
fn the_header_is_what_the_sources_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/npe.h");
    let header = generated();
    if std::env::var_os("NPE_UPDATE_HEADER").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &header).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    let differs = committed.lines().zip(header.lines()).position(|(a, b)| a != b);
    assert!(
        committed == header,
        "include/npe.h is not what the sources say (first difference: line {:?}); \
         run NPE_UPDATE_HEADER=1 cargo test --test capi_header",
        differs.map(|l| l + 1)
    );
}

#[test]
fn every_export_is_in_the_header() {
    let header = generated();
    let exports = include_str!("c/exports.txt");
    for name in exports.lines() {
        assert!(header.contains(&format!(" {name}(")) || header.contains(&format!("*{name}(")), "{name}");
    }
    // And nothing of Rust's vocabulary is left in it.
    for word in ["# Safety", "`None`", "[`"] {
        assert!(!header.contains(word), "{word}");
    }
}

#[test]
fn the_version_is_cargos() {
    use npe::capi::{NPE_VERSION_MAJOR, NPE_VERSION_MINOR, NPE_VERSION_PATCH, npe_version};
    // SAFETY: npe_version answers a text that lives for ever.
    let spoken = unsafe { std::ffi::CStr::from_ptr(npe_version()) }.to_str().unwrap();
    assert_eq!(spoken, env!("CARGO_PKG_VERSION"));
    let macros = format!("{NPE_VERSION_MAJOR}.{NPE_VERSION_MINOR}.{NPE_VERSION_PATCH}");
    assert_eq!(spoken.split('-').next(), Some(macros.as_str()));
    let header = generated();
    for (name, value) in
        [("MAJOR", NPE_VERSION_MAJOR), ("MINOR", NPE_VERSION_MINOR), ("PATCH", NPE_VERSION_PATCH)]
    {
        assert!(header.contains(&format!("#define NPE_VERSION_{name} {value}\n")), "{name}");
    }
}
