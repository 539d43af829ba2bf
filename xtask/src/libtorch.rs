//! Makes a libtorch for the CPU out of PyPI's wheels: what torch-sys builds against and npe's torch engine runs on, 500 MB
//! instead of the 5 GB of an installed torch. The wheels are pinned by version and SHA-256; pip checks both.

use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use zip::ZipArchive;

const VERSION: &str = "2.11.0";

/// torch for Python 3.11 (its libraries are those of every Python), and two small libraries that libtorch_cpu.so needs.
const WHEELS: &str = "\
torch==2.11.0 --hash=sha256:7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a
nvidia-cuda-runtime==13.0.96 --hash=sha256:7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548
nvidia-cuda-cupti==13.0.85 --hash=sha256:4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8
";

/// What is kept of all libraries, with the least size in bytes that is no damage.
const LIBRARIES: [(&str, u64); 5] = [
    ("libtorch_cpu.so", 400_000_000),
    ("libc10.so", 1_000_000),
    ("libgomp.so.1", 100_000),
    ("libcudart.so.13", 500_000),
    ("libcupti.so.13", 1_000_000),
];

/// Makes the folder, or says that it is there already. It appears at once, when it is whole.
pub fn install(folder: &Path) -> Result<()> {
    if cfg!(not(all(target_os = "linux", target_arch = "x86_64"))) {
        bail!(
            "this makes a libtorch for Linux on x86-64 only; elsewhere install torch {VERSION} with pip and set LIBTORCH"
        );
    }
    match missing(folder) {
        None => {
            println!("libtorch {VERSION} is in {} already", folder.display());
            return Ok(());
        }
        Some(why) if folder.exists() => {
            // An empty or unfinished folder of ours is replaced; anything else is someone's.
            let ours = folder.join("build-version").exists() || folder.read_dir()?.next().is_none();
            if !ours {
                bail!("{} is there and is no libtorch ({why}); name another folder", folder.display());
            }
            fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))?;
        }
        Some(_) => {}
    }
    let parent =
        std::path::absolute(folder)?.parent().map(Path::to_owned).context("the folder has no parent")?;
    fs::create_dir_all(&parent).with_context(|| format!("making {}", parent.display()))?;
    let work = tempfile::Builder::new().prefix(".libtorch-").tempdir_in(&parent)?;
    let (wheels, made) = (work.path().join("wheels"), work.path().join("made"));
    download(work.path(), &wheels)?;
    unpack(&wheels, &made)?;
    // torch-sys asks for -ltorch, and checks build-version.
    #[cfg(unix)]
    std::os::unix::fs::symlink("libtorch_cpu.so", made.join("lib/libtorch.so"))?;
    fs::write(made.join("build-version"), format!("{VERSION}\n"))?;
    if let Some(why) = missing(&made) {
        bail!("the wheels did not have what was expected: {why}");
    }
    fs::rename(&made, folder).with_context(|| format!("moving libtorch to {}", folder.display()))?;
    println!("libtorch {VERSION} is in {}", folder.display());
    Ok(())
}

/// Why a folder is no whole libtorch; none if it is.
fn missing(folder: &Path) -> Option<String> {
    let version = fs::read_to_string(folder.join("build-version")).unwrap_or_default();
    if version.trim() != VERSION {
        return Some(format!("its build-version is {:?}, not {VERSION:?}", version.trim()));
    }
    for (name, least) in LIBRARIES {
        let size = fs::metadata(folder.join("lib").join(name)).map_or(0, |m| m.len());
        if size < least {
            return Some(format!("lib/{name} has {size} bytes"));
        }
    }
    for name in ["lib/libtorch.so", "include/torch/csrc/api/include/torch/torch.h"] {
        if !folder.join(name).exists() {
            return Some(format!("{name} is not there"));
        }
    }
    None
}

/// Has pip fetch the wheels.
fn download(work: &Path, to: &Path) -> Result<()> {
    println!("downloading torch {VERSION} (some 500 MB)");
    let list = work.join("wheels.txt");
    fs::write(&list, WHEELS)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-cache-dir", "--no-deps", "--require-hashes"]);
    pip.args(["--disable-pip-version-check", "--only-binary", ":all:", "--python-version", "3.11"]);
    for platform in ["manylinux_2_28", "manylinux_2_25", "manylinux2014", "manylinux_2_17"] {
        pip.args(["--platform", &format!("{platform}_x86_64")]);
    }
    pip.arg("--dest").arg(to).arg("--requirement").arg(&list);
    let status =
        pip.status().context("python3 can't be started; it is needed with pip to download libtorch")?;
    if !status.success() {
        bail!("pip could not download the wheels ({status}); its message is above");
    }
    Ok(())
}

/// Takes libraries, headers and licences out of the wheels.
fn unpack(wheels: &Path, to: &Path) -> Result<()> {
    for wheel in fs::read_dir(wheels)? {
        let path = wheel?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let package = name.split('-').next().unwrap_or_default().to_owned();
        let mut archive = ZipArchive::new(File::open(&path)?).with_context(|| format!("opening {name}"))?;
        for i in 0..archive.len() {
            let mut entry = archive.by_index(i)?;
            // A name that leaves the folder is none.
            let Some(inside) = entry.enclosed_name() else { continue };
            let Some(place) = place(&package, &inside).filter(|_| entry.is_file()) else { continue };
            let file = to.join(place);
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            io::copy(&mut entry, &mut File::create(&file)?)
                .with_context(|| format!("unpacking {}", inside.display()))?;
        }
    }
    Ok(())
}

/// Where a file of a wheel goes, if it is kept.
fn place(package: &str, inside: &Path) -> Option<PathBuf> {
    let base = inside.file_name()?.to_str()?;
    let text = inside.to_str()?;
    if LIBRARIES.iter().any(|(name, _)| *name == base) {
        return Some(Path::new("lib").join(base));
    }
    if let Some(header) = text.strip_prefix("torch/include/") {
        return Some(Path::new("include").join(header));
    }
    let of_package = text.contains(".dist-info/");
    let licence = of_package && (text.contains("/licenses/") || base.to_lowercase().starts_with("license"));
    (licence || text == "torch/version.py").then(|| Path::new("licenses").join(format!("{package}-{base}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_where_torch_sys_looks() {
        let at = |name: &str| place("torch", Path::new(name)).map(|p| p.to_string_lossy().into_owned());
        assert_eq!(at("torch/lib/libc10.so").as_deref(), Some("lib/libc10.so"));
        assert_eq!(at("torch/include/ATen/ATen.h").as_deref(), Some("include/ATen/ATen.h"));
        assert_eq!(at("torch-2.11.0.dist-info/licenses/LICENSE").as_deref(), Some("licenses/torch-LICENSE"));
        assert_eq!(at("nvidia_x.dist-info/License.txt").as_deref(), Some("licenses/torch-License.txt"));
        assert_eq!(at("torch/lib/libtorch_cuda.so"), None);
        assert_eq!(at("torch/nn/__init__.py"), None);
    }

    #[test]
    fn someone_elses_folder_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.txt"), "years").unwrap();
        let error = install(folder.path()).unwrap_err().to_string();
        assert!(error.contains("is there and is no libtorch"), "{error}");
        assert!(folder.path().join("thesis.txt").exists());
    }

    #[test]
    fn an_unfinished_folder_is_told_from_a_whole_one() {
        let folder = tempfile::tempdir().unwrap();
        assert!(missing(folder.path()).unwrap().contains("build-version"));
        fs::write(folder.path().join("build-version"), "2.11.0\n").unwrap();
        assert!(missing(folder.path()).unwrap().contains("libtorch_cpu.so has 0 bytes"));
    }
}
