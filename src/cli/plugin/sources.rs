//! What is installed: the plug-ins' files, which the command carries, the library beside the command, and model files.

use super::manifest::{self, NAME};
use super::{Editor, catalog, walk};
use crate::report::io;
use npe::model::Model;
use npe::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The files of `plugin-glue` by name.
static GLUE: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/glue.rs"));

/// Where a file's content comes from.
#[derive(Debug)]
pub enum Content {
    Bytes(Cow<'static, [u8]>),
    File(PathBuf),
}

impl Content {
    /// Writes it into a new file; answers its hash.
    ///
    /// # Errors
    /// If it can't be read or written.
    pub fn write(&self, to: &Path) -> Result<String> {
        match self {
            Content::Bytes(bytes) => {
                std::fs::write(to, bytes).map_err(|e| io("the file", to, "written", e))?
            }
            Content::File(from) => {
                let copied = std::fs::File::open(from).map_err(|e| io("the file", from, "read", e)).and_then(
                    |mut file| {
                        // Not `fs::copy`: the permissions of a package's files are not for a person's copy.
                        std::fs::File::create(to)
                            .and_then(|mut new| std::io::copy(&mut file, &mut new))
                            .map_err(|e| io("the file", to, "written", e))
                    },
                );
                copied?;
            }
        }
        manifest::sha256(to).map_err(|e| io("the file", to, "read", e))
    }
}

/// What is put into one place: content by path, which is relative to the base, with `/`.
#[derive(Debug)]
pub struct Payload {
    pub editor: Editor,
    pub files: BTreeMap<String, Content>,
    /// Names of model files in it.
    pub models: Vec<String>,
}

/// What a person may name.
#[derive(clap::Args)]
#[group(skip)]
pub struct Args {
    /// The shared library of npe; without it, it is looked for beside this command, in ../lib, ../lib64 and Debian's
    /// place in ../lib
    #[arg(long, value_name = "FILE")]
    pub library: Option<PathBuf>,
    /// A further model file for the plug-in; may be given several times
    #[arg(long, value_name = "FILE")]
    pub model: Vec<PathBuf>,
    /// Take the plug-ins' files from this folder instead of from the command itself, for work on them (plugin-glue in npe's
    /// sources)
    #[arg(long, value_name = "FOLDER")]
    pub sources: Option<PathBuf>,
}

/// Collects everything, and checks that it is whole.
///
/// # Errors
/// With a sentence, if something is missing or damaged.
pub fn payload(editor: Editor, args: &Args) -> Result<Payload> {
    let mut files = BTreeMap::new();
    for (name, bytes) in glue(args.sources.as_deref())? {
        let Some(place) = place(editor, &name) else { continue };
        let content = if name.ends_with(".po") {
            let text = String::from_utf8_lossy(&bytes);
            let mo = catalog::compile(&text)
                .map_err(|e| Error::new(ErrorKind::Io, format!("the translation {name} is damaged: {e}")))?;
            Cow::Owned(mo)
        } else {
            bytes
        };
        files.insert(place, Content::Bytes(content));
    }
    if let Some(gone) = editor.entries().iter().find(|e| !files.contains_key(**e)) {
        let whose = args.sources.as_ref().map_or("this npe".to_owned(), |s| s.display().to_string());
        let name = editor.name();
        return Err(Error::new(
            ErrorKind::Io,
            format!("{whose} has no plug-in for {name}: {gone} is missing; use a complete release of npe"),
        ));
    }
    let library = library(args.library.as_deref())?;
    // These are found beside the library only: the torch engine, and the tool that was built for this Krita (krita/shim).
    let beside: &[&str] = match editor {
        Editor::Gimp => &["libnpe_torch.so"],
        Editor::Krita => &["libnpe_torch.so", "libnpe_krita_tool.so"],
    };
    for name in beside {
        let file = library.with_file_name(name);
        if file.is_file() {
            files.insert(format!("{}/{name}", editor.folder()), Content::File(file));
        }
    }
    files.insert(format!("{}/{}", editor.folder(), library_name()), Content::File(library));
    let mut models = Vec::new();
    for file in &args.model {
        // A damaged model is told now, not by the editor.
        Model::open(file)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let path = format!("{}/models/{name}", editor.folder());
        if files.insert(path, Content::File(file.clone())).is_some() {
            return Err(Error::invalid(format!("two models are named {name}; give each its own name")));
        }
        models.push(name);
    }
    Ok(Payload { editor, files, models })
}

/// The name of npe's library on this system.
pub fn library_name() -> String {
    format!("{}npe{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

/// The plug-ins' files: names in `plugin-glue`, and bytes.
fn glue(folder: Option<&Path>) -> Result<Vec<(String, Cow<'static, [u8]>)>> {
    let Some(folder) = folder else {
        return Ok(GLUE.iter().map(|(name, bytes)| ((*name).to_owned(), Cow::Borrowed(*bytes))).collect());
    };
    let names = walk::files(folder).map_err(|e| io("the plug-ins' sources", folder, "read", e))?;
    let read = |name: String| {
        let file = folder.join(&name);
        let bytes = std::fs::read(&file).map_err(|e| io("the file", &file, "read", e))?;
        Ok((name, Cow::Owned(bytes)))
    };
    names.into_iter().map(read).collect()
}

/// Where a file of `plugin-glue` goes, if it is for this editor.
fn place(editor: Editor, name: &str) -> Option<String> {
    let folder = editor.folder();
    if let Some(name) = name.strip_prefix("shared/") {
        let language = name.strip_prefix("locale/").and_then(|n| n.strip_suffix(".po"));
        return Some(match language {
            Some(language) => format!("{folder}/locale/{language}/LC_MESSAGES/npe.mo"),
            None => format!("{folder}/{name}"),
        });
    }
    let own = name.strip_prefix(editor.key())?.strip_prefix('/')?;
    match editor {
        Editor::Gimp => Some(format!("{folder}/{own}")),
        Editor::Krita => match own.strip_prefix("npe_brush/") {
            Some(inside) => Some(format!("{folder}/{inside}")),
            None => editor
                .units()
                .iter()
                .find(|u| **u == own || **u == format!("pykrita/{own}"))
                .map(|u| (*u).to_owned()),
        },
    }
}

/// The library to install.
fn library(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(file) = named {
        let text =
            || format!("the library {} is not a file; give the path of {}", file.display(), library_name());
        return if file.is_file() { Ok(file.to_owned()) } else { Err(Error::invalid(text())) };
    }
    let exe = std::env::current_exe().and_then(std::fs::canonicalize);
    let exe =
        exe.map_err(|e| Error::new(ErrorKind::Io, format!("the place of this command is not known: {e}")))?;
    let beside = exe.parent().unwrap_or(Path::new("."));
    let mut folders = vec![beside.to_owned()];
    if let Some(prefix) = beside.parent() {
        let debian = format!("lib/{}-linux-gnu", std::env::consts::ARCH);
        folders.extend(["lib", "lib64", &debian].map(|f| prefix.join(f)));
    }
    // Where packages are split, the plain name comes with the headers only.
    let names = [library_name(), format!("{}.{}", library_name(), abi())];
    let found = folders.iter().flat_map(|f| names.iter().map(|n| f.join(n))).find(|f| f.is_file());
    found.ok_or_else(|| {
        let folders: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
        let text = format!(
            "npe's library, {}, is not in {}; name it with --library (in npe's sources: cargo build --release)",
            library_name(),
            folders.join(" or ")
        );
        Error::new(ErrorKind::Io, text)
    })
}

/// The number in the library's versioned name, as `src/build.rs` gives it.
fn abi() -> &'static str {
    match env!("CARGO_PKG_VERSION_MAJOR") {
        "0" => concat!("0.", env!("CARGO_PKG_VERSION_MINOR")),
        major => major,
    }
}

/// Whether something in a plug-in's folder came about by itself: what Python compiled, and our own list.
pub fn is_byproduct(inside: &Path) -> bool {
    inside == Path::new(NAME) || inside.components().any(|c| c.as_os_str() == "__pycache__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_carries_all_of_the_glue() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugin-glue");
        let files = walk::files(&root).unwrap();
        let carried: Vec<&str> = GLUE.iter().map(|(name, _)| *name).collect();
        assert_eq!(carried, files);
        for (name, bytes) in GLUE {
            assert_eq!(*bytes, std::fs::read(root.join(name)).unwrap(), "{name}");
            let goes = Editor::ALL.iter().any(|e| place(*e, name).is_some());
            assert!(goes, "plugin-glue/{name} is installed nowhere");
        }
    }

    #[test]
    fn every_file_has_its_place() {
        use Editor::{Gimp, Krita};
        for (editor, name, goes) in [
            (Gimp, "gimp/neural-brush.py", Some("neural-brush/neural-brush.py")),
            (Gimp, "gimp/icons/a.svg", Some("neural-brush/icons/a.svg")),
            (Gimp, "shared/npe_shared/npe.py", Some("neural-brush/npe_shared/npe.py")),
            (Gimp, "shared/locale/de.po", Some("neural-brush/locale/de/LC_MESSAGES/npe.mo")),
            (Gimp, "krita/npe_brush.desktop", None),
            (Krita, "gimp/neural-brush.py", None),
            (Krita, "krita/npe_brush.desktop", Some("pykrita/npe_brush.desktop")),
            (Krita, "krita/actions/npe_brush.action", Some("actions/npe_brush.action")),
            (Krita, "krita/npe_brush/a/b.py", Some("pykrita/npe_brush/a/b.py")),
            (Krita, "shared/locale/de.po", Some("pykrita/npe_brush/locale/de/LC_MESSAGES/npe.mo")),
            (Krita, "krita/stray.txt", None),
            (Krita, "krita/shim/tool.cpp", None),
        ] {
            assert_eq!(place(editor, name).as_deref(), goes, "{name}");
        }
    }

    #[test]
    fn tests_and_leavings_are_not_installed() {
        let root = tempfile::tempdir().unwrap();
        for name in [
            "gimp/neural-brush.py",
            "gimp/tests/test_a.py",
            "gimp/__pycache__/a.pyc",
            "gimp/a.pyc",
            "gimp/.hidden",
            "gimp/README.md",
            "gimp/help/README.md",
            "krita/x/tests/t.py",
            "shared/npe_shared/npe.py",
            "tools/check.py",
        ] {
            let file = root.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, name).unwrap();
        }
        let files = walk::files(root.path()).unwrap();
        assert_eq!(files, ["gimp/help/README.md", "gimp/neural-brush.py", "shared/npe_shared/npe.py"]);
    }
}
