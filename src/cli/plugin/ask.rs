//! Asks the editors' own commands for their versions, with a time limit: a program that hangs must not hang npe.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Long enough for a cold start from a slow disk.
const LIMIT: Duration = Duration::from_secs(20);

/// The file of a command in PATH.
pub fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|d| d.join(&name)).find(|f| f.is_file())
}

/// What a command printed to standard output, if it ended well and in time.
///
/// # Errors
/// What it printed to standard error, or why it did not run.
pub fn run(program: &Path, args: &[impl AsRef<OsStr>]) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| format!("{} can't be started: {e}", program.display()))?;
    // Read side by side: a full pipe would stop the program.
    fn reader(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            // What came before an error is enough to look at.
            let _ = pipe.map(|p| p.take(1 << 20).read_to_end(&mut bytes));
            bytes
        })
    }
    let (out, err) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let end = Instant::now() + LIMIT;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(10)),
            Ok(None) => {
                // Its end is not waited for longer than the kill takes; its pipes may be held by children.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{} did not answer in {} seconds", program.display(), LIMIT.as_secs()));
            }
            Err(e) => return Err(format!("{} can't be waited for: {e}", program.display())),
        }
    };
    let text = |thread: std::thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&thread.join().unwrap_or_default()).trim().to_owned()
    };
    let (out, err) = (text(out), text(err));
    if status.success() {
        return Ok(out);
    }
    let last = err.lines().last().unwrap_or_default();
    Err(if last.is_empty() { format!("{} ended with {status}", program.display()) } else { last.to_owned() })
}

/// The first thing in a text that looks like a version: "3.0.4".
pub fn version_in(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|word| word.trim_matches('.'))
        .find(|word| numbers(word).is_some())
        .map(str::to_owned)
}

/// Major and minor number of a version.
pub fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The versions of the GIMPs in PATH; each program is asked once, whatever its names.
pub fn gimps() -> Vec<String> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut versions = Vec::new();
    for name in ["gimp", "gimp-3.0", "gimp-3.2", "gimp-console-3.0", "gimp-console-3.2"] {
        let Some(found) = in_path(name) else { continue };
        let file = std::fs::canonicalize(&found).unwrap_or_else(|_| found.clone());
        if files.contains(&file) {
            continue;
        }
        files.push(file);
        if let Some(version) = run(&found, &["--version"]).ok().and_then(|text| version_in(&text))
            && !versions.contains(&version)
        {
            versions.push(version);
        }
    }
    versions
}

/// The version of the Krita in PATH. `krita` itself needs a screen to say it; `krita_version`, which comes with it, does not.
pub fn krita() -> Option<String> {
    ["krita_version", "krita"].into_iter().find_map(|name| {
        let args: &[&str] = if name == "krita" { &["--version"] } else { &[] };
        run(&in_path(name)?, args).ok().and_then(|text| version_in(&text))
    })
}

/// The version of an installed flatpak.
pub fn flatpak(application: &str) -> Option<String> {
    let text = run(&in_path("flatpak")?, &["info", application]).ok()?;
    text.lines().find_map(|l| version_in(l.trim().strip_prefix("Version:")?))
}

/// The version of an installed snap.
pub fn snap(name: &str) -> Option<String> {
    let text = std::fs::read_to_string(Path::new("/snap").join(name).join("current/meta/snap.yaml")).ok()?;
    text.lines().find_map(|l| version_in(l.strip_prefix("version:")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_print() {
        for (text, version) in [
            ("GNU Image Manipulation Program version 3.0.4", Some("3.0.4")),
            ("5.2.9", Some("5.2.9")),
            ("krita 5.3.0-prealpha (git 1234abc)", Some("5.3.0")),
            ("Version 3.", None),
            ("", None),
        ] {
            assert_eq!(version_in(text).as_deref(), version, "{text}");
        }
        assert_eq!(numbers("2.10.38"), Some((2, 10)));
        assert_eq!(numbers("7"), None);
    }

    #[cfg(unix)]
    #[test]
    fn the_error_of_a_program_is_its_last_line() {
        let sh = Path::new("/bin/sh");
        assert_eq!(run(sh, &["-c", "echo yes; echo no >&2"]).unwrap(), "yes");
        assert_eq!(run(sh, &["-c", "echo a >&2; echo b >&2; exit 3"]).unwrap_err(), "b");
        assert!(run(Path::new("/no/such"), &["x"]).unwrap_err().contains("/no/such can't be started"));
    }
}
