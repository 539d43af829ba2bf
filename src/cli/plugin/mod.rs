//! `npe install`, `npe uninstall`, `npe doctor`: the plug-ins for GIMP and Krita. The command carries their files.
//!
//! ```text
//! install, uninstall, doctor   the commands
//! checks                       what the doctor looks at, in one place
//! places, ask                  where the editors are | asking their commands for versions
//! sources, catalog, walk       the files to install | translations | which files of plugin-glue count
//! manifest, swap, kritarc      what was installed | putting it in place at once | Krita's switch
//! library                      the installed libnpe, really opened
//! ```

mod ask;
mod catalog;
mod checks;
pub mod doctor;
pub mod install;
mod kritarc;
mod library;
mod manifest;
mod places;
mod sources;
mod swap;
pub mod uninstall;
mod walk;
mod zip;

/// The version of this command, and of all it installs.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// An editor with a plug-in of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Editor {
    /// GIMP 3
    Gimp,
    /// Krita 5.2 or later
    Krita,
}

impl Editor {
    /// Both.
    const ALL: [Editor; 2] = [Editor::Gimp, Editor::Krita];

    /// Its name for people.
    fn name(self) -> &'static str {
        match self {
            Editor::Gimp => "GIMP",
            Editor::Krita => "Krita",
        }
    }

    /// Its name on the command line and in files.
    fn key(self) -> &'static str {
        match self {
            Editor::Gimp => "gimp",
            Editor::Krita => "krita",
        }
    }

    /// The plug-in's folder in [`places::Place::base`].
    fn folder(self) -> &'static str {
        match self {
            Editor::Gimp => "neural-brush",
            Editor::Krita => "pykrita/npe_brush",
        }
    }

    /// Everything of ours in [`places::Place::base`]: the plug-in's folder, and files beside it.
    fn units(self) -> &'static [&'static str] {
        match self {
            Editor::Gimp => &["neural-brush"],
            Editor::Krita => &["pykrita/npe_brush", "pykrita/npe_brush.desktop", "actions/npe_brush.action"],
        }
    }

    /// The files without which the editor finds no plug-in.
    fn entries(self) -> &'static [&'static str] {
        match self {
            Editor::Gimp => &["neural-brush/neural-brush.py"],
            Editor::Krita => &["pykrita/npe_brush.desktop", "pykrita/npe_brush/__init__.py"],
        }
    }

    /// The oldest version that runs the plug-in.
    fn oldest(self) -> (u32, u32) {
        match self {
            Editor::Gimp => (3, 0),
            Editor::Krita => (5, 2),
        }
    }
}
