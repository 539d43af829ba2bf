//! Where libtorch and the engine are looked for, and what is said when one is missing, wrong or broken. A process opens one
//! libtorch for good, so each case runs in a process of its own: this program again, with the case's name in `NPE_CASE`.

mod common;

use common::*;
use npe::ErrorKind;
use npe::model::{Dtype, Model, Sizes};
use npe::session::{self, Device, load};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Runs a case with these variables and no others that matter.
fn case(name: &str, variables: &[(&str, &Path)]) {
    case_of(&std::env::current_exe().unwrap(), name, variables);
}

/// The same with this copy of the program. (The workspace's own libtorch lies above the tests, where each would find it.)
fn case_of(program: &Path, name: &str, variables: &[(&str, &Path)]) {
    let mut command = Command::new(program);
    command.args(["--exact", "one_case", "--nocapture"]).env("NPE_CASE", name);
    let empty = tempfile::tempdir().unwrap();
    // No Python, no data folder, no libtorch beside: only what the case says.
    for variable in
        ["NPE_LIBTORCH", "NPE_TORCH_ENGINE", "LIBTORCH", "VIRTUAL_ENV", "CONDA_PREFIX", "XDG_DATA_HOME"]
    {
        command.env_remove(variable);
    }
    command.env("HOME", empty.path()).env("PATH", "/usr/bin:/bin").env("NPE_TORCH_ENGINE", engine_file());
    command.envs(variables.iter().map(|(k, v)| (k, v.as_os_str())));
    let out = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success() && text.contains("1 passed"), "{name}: {text}");
}

/// What a load on this device is refused with.
fn told(device: Device) -> String {
    let error = load(None, device, &mut go).err().unwrap_or_else(|| panic!("{device} works"));
    assert_eq!(error.kind(), ErrorKind::Device, "{error}");
    error.to_string()
}

fn has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no {word:?} in: {text}");
    }
}

fn works(device: Device) -> Arc<session::LoadedModel> {
    let model = load(None, device, &mut go).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(model.device, device);
    assert!(model.generator.decode(&latents(192, 0)).is_ok());
    model
}

fn opened_libraries() -> String {
    fs::read_to_string("/proc/self/maps").unwrap()
}

/// The cases; each asserts within its own process.
#[test]
fn one_case() {
    let Ok(name) = std::env::var("NPE_CASE") else { return };
    let variable = |name: &str| PathBuf::from(std::env::var_os(name).unwrap());
    match name.as_str() {
        "nowhere" => {
            let text = told(Device::CpuTorch);
            let words =
                ["libtorch 2.11.0 was not found", "pip install torch==2.11.0", "cargo xtask libtorch"];
            has(&text, &words);
            has(&text, &["NPE_LIBTORCH", "beside npe", "the person's data folder", "npe/libtorch"]);
            has(&text, &["site-packages/torch (Python) has libtorch 2.10.0+cpu, not 2.11.0"]);
            works(Device::Cpu);
            // A model that npe's own engine does not run: auto says what it needs.
            let sizes = Sizes { width: 2, hidden: 3, latents: 4 };
            let full = file(&Model::random_of("ian", 32, sizes, Dtype::F16, 1).unwrap());
            let error = load(Some(full.path()), Device::Auto, &mut go).err().expect("an error");
            assert_eq!(error.kind(), ErrorKind::Device);
            has(
                &error.to_string(),
                &["the model \"random\" is of architecture \"ian\", which needs libtorch: "],
            );
            has(&error.to_string(), &words);
        }
        "wrong" => has(
            &told(Device::CpuTorch),
            &["NPE_LIBTORCH, ", " has libtorch 2.12.1, not 2.11.0", "pip install"],
        ),
        "unsaid" => has(&told(Device::CpuTorch), &["does not say its version"]),
        "empty" => has(&told(Device::CpuTorch), &["has no libtorch_cpu.so, neither in it nor in its lib"]),
        "broken" => {
            has(
                &told(Device::CpuTorch),
                &["libtorch_cpu.so can't be opened", "file too short", "install it again"],
            );
            // The failure is not kept: named rightly, it opens.
            session::set_libtorch(Some(&variable("GOOD"))).unwrap();
            works(Device::CpuTorch);
        }
        "no engine" => has(&told(Device::CpuTorch), &["NPE_TORCH_ENGINE", "no-engine.so, is not a file"]),
        "no table" => {
            has(&told(Device::CpuTorch), &["libc10.so is not npe's torch engine", "npe_torch_engine"])
        }
        "option" => {
            // The option is stronger than the variable.
            session::set_libtorch(Some(&variable("GOOD"))).unwrap();
            works(Device::CpuTorch);
            let info = session::info();
            assert_eq!(info.libtorch.as_deref(), Some("2.11.0"));
            has(&info.device, &["CPU, ", "libtorch 2.11.0"]);
            let error = session::set_libtorch(Some(Path::new("/elsewhere"))).unwrap_err().to_string();
            has(&error, &["is open already", "/elsewhere"]);
            session::set_libtorch(Some(&variable("GOOD").join("lib"))).unwrap();
        }
        "found" => {
            works(Device::CpuTorch);
            // Which one, its version tells.
            let wanted = variable("WANTED").into_os_string().into_string().unwrap();
            assert_eq!(session::info().libtorch, Some(wanted));
        }
        "no driver" => {
            let model = load(None, Device::Auto, &mut go).unwrap();
            assert_eq!(model.device, Device::Cpu);
            let info = session::info();
            has(&info.device, &["CPU, ", "; not CUDA: there is no NVIDIA driver"]);
            assert!(!info.is_cuda && info.libtorch.is_none());
            assert!(!opened_libraries().contains("libtorch"), "libtorch was opened for nothing");
            has(
                &told(Device::Cuda(0)),
                &["the device cuda:0 is not available: there is no NVIDIA driver", "use auto"],
            );
        }
        "driver without a GPU" => {
            let model = load(None, Device::Auto, &mut go).unwrap();
            assert_eq!(model.device, Device::Cpu);
            has(&session::info().device, &["; not CUDA: the NVIDIA driver finds no GPU"]);
        }
        "no CUDA in libtorch" => {
            let model = load(None, Device::Auto, &mut go).unwrap();
            assert_eq!(model.device, Device::Cpu);
            has(&session::info().why_not_cuda.unwrap(), &["the libtorch in ", "has no CUDA"]);
            assert!(!opened_libraries().contains("libtorch"), "libtorch was opened for nothing");
            has(&told(Device::Cuda(0)), &["cuda:0 is not available", "has no CUDA"]);
            has(&told(Device::Cuda(3)), &["this machine has 1 CUDA device, numbered from 0"]);
            works(Device::CpuTorch);
        }
        "auto with a wrong libtorch" => {
            let model = load(None, Device::Auto, &mut go).unwrap();
            assert_eq!(model.device, Device::Cpu);
            let why = session::info().why_not_cuda.unwrap();
            assert!(
                why.starts_with("NPE_LIBTORCH, ") && why.ends_with(" has libtorch 2.12.1, not 2.11.0"),
                "{why}"
            );
        }
        "auto without a libtorch" => {
            load(None, Device::Auto, &mut go).unwrap();
            assert_eq!(session::info().why_not_cuda.unwrap(), "libtorch 2.11.0 was not found");
        }
        "CUDA is preferred, but broken" => {
            has(
                &told(Device::Cuda(0)),
                &["cuda:0 is not available: libtorch's CUDA can't be opened", "file too short"],
            );
            has(&opened_libraries(), &["with-cuda"]);
            let model = load(None, Device::Auto, &mut go).unwrap();
            assert_eq!(model.device, Device::Cpu);
            has(&session::info().device, &["; not CUDA: libtorch's CUDA can't be opened"]);
            works(Device::CpuTorch);
        }
        "unloading frees" => unloading_frees(),
        other => panic!("no case {other}"),
    }
}

/// A folder like a libtorch: the right files but for those given, each with a text in its place.
fn like_libtorch(version: &str, replaced: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("lib")).unwrap();
    for file in fs::read_dir(libtorch().join("lib")).unwrap().flatten() {
        let name = file.file_name();
        if !replaced.iter().any(|(n, _)| name == *n) {
            symlink(fs::canonicalize(file.path()).unwrap(), folder.path().join("lib").join(name)).unwrap();
        }
    }
    for (name, text) in replaced {
        fs::write(folder.path().join("lib").join(name), text).unwrap();
    }
    if !version.is_empty() {
        fs::write(folder.path().join("build-version"), format!("{version}\n")).unwrap();
    }
    folder
}

/// A Python environment with a package `torch` of this version.
fn like_python(version: &str) -> tempfile::TempDir {
    let environment = tempfile::tempdir().unwrap();
    plant_python(&environment.path().join("lib/python3.11/site-packages/torch"), version);
    environment
}

/// Makes a folder a package `torch` of this version.
fn plant_python(torch: &Path, version: &str) {
    fs::create_dir_all(torch).unwrap();
    let text = format!("from typing import Optional\n__version__ = '{version}'\ndebug = False\n");
    fs::write(torch.join("version.py"), text).unwrap();
    symlink(fs::canonicalize(libtorch().join("lib")).unwrap(), torch.join("lib")).unwrap();
}

/// Makes a folder a libtorch of this version.
fn plant(folder: &Path, version: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("build-version"), version).unwrap();
    symlink(fs::canonicalize(libtorch().join("lib")).unwrap(), folder.join("lib")).unwrap();
}

#[test]
fn a_missing_libtorch_is_explained() {
    let away = tempfile::tempdir().unwrap();
    let program = away.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let python = like_python("2.10.0+cpu");
    case_of(&program, "nowhere", &[("PATH", Path::new("/nowhere")), ("VIRTUAL_ENV", python.path())]);
}

#[test]
fn a_wrong_or_broken_libtorch_is_explained() {
    case("wrong", &[("NPE_LIBTORCH", like_libtorch("2.12.1", &[]).path())]);
    case("unsaid", &[("NPE_LIBTORCH", like_libtorch("", &[]).path())]);
    case("empty", &[("NPE_LIBTORCH", tempfile::tempdir().unwrap().path())]);
    let broken = like_libtorch("2.11.0", &[("libtorch_cpu.so", "short")]);
    case("broken", &[("NPE_LIBTORCH", broken.path()), ("GOOD", &libtorch())]);
}

#[test]
fn a_missing_or_foreign_engine_is_explained() {
    let folder = libtorch();
    case("no engine", &[("LIBTORCH", &folder), ("NPE_TORCH_ENGINE", Path::new("/no-engine.so"))]);
    case("no table", &[("LIBTORCH", &folder), ("NPE_TORCH_ENGINE", &folder.join("lib/libc10.so"))]);
}

#[test]
fn what_is_named_is_taken_before_all_else() {
    let (folder, wrong) = (libtorch(), like_libtorch("2.12.1", &[]));
    case("option", &[("NPE_LIBTORCH", wrong.path()), ("GOOD", &folder)]);
    let named = like_libtorch("2.11.0+named", &[]);
    for folder in [named.path(), &named.path().join("lib")] {
        case("found", &[("NPE_LIBTORCH", folder), ("WANTED", Path::new("2.11.0+named"))]);
    }
}

/// A libtorch in every other documented place at once, each with a local version of its own; taken away one by one, in the documented
/// order. (Those of `/usr/local` and `/usr` are this machine's.)
#[test]
fn each_place_is_looked_at_in_the_documented_order() {
    let room = tempfile::tempdir().unwrap();
    let at = |path: &str| room.path().join(path);
    for folder in ["app/bin", "empty/bin", "linked/bin"] {
        fs::create_dir_all(at(folder)).unwrap();
    }
    let program = at("app/bin/program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    // A Python is where a `python3` is; a folder of PATH may be a link into it.
    plant_python(&at("empty/lib/python3.11/site-packages/torch"), "2.11.0+nopython");
    fs::write(at("linked/bin/python3"), "").unwrap();
    symlink(at("linked/bin"), at("link")).unwrap();
    let path = std::env::join_paths([at("empty/bin"), at("link")]).unwrap();
    // The folder, and the variable that leads to it (none: always looked at).
    let places = [
        ("app/bin/libtorch", None),
        ("app/bin", None),
        ("app/libtorch", None),
        ("data/npe/libtorch", Some(("XDG_DATA_HOME", "data"))),
        ("home/.local/share/npe/libtorch", None),
        ("cargo", Some(("LIBTORCH", "cargo"))),
        ("venv/lib/python3.11/site-packages/torch", Some(("VIRTUAL_ENV", "venv"))),
        ("conda/lib/python3.12/site-packages/torch", Some(("CONDA_PREFIX", "conda"))),
        ("linked/lib64/python3.9/site-packages/torch", None),
        ("home/.local/lib/python3.11/site-packages/torch", None),
    ];
    let version = |n: usize| format!("2.11.0+place{n}");
    for (n, (folder, _)) in places.iter().enumerate() {
        let python = folder.ends_with("/torch");
        if python { plant_python(&at(folder), &version(n)) } else { plant(&at(folder), &version(n)) }
    }
    for (n, (folder, _)) in places.iter().enumerate() {
        let mut variables: Vec<(&str, PathBuf)> =
            vec![("HOME", at("home")), ("PATH", path.clone().into()), ("WANTED", version(n).into())];
        variables.extend(places[n..].iter().filter_map(|(_, v)| v.map(|(name, folder)| (name, at(folder)))));
        let variables: Vec<(&str, &Path)> = variables.iter().map(|(name, v)| (*name, v.as_path())).collect();
        case_of(&program, "found", &variables);
        fs::remove_file(at(folder).join("lib")).unwrap();
    }
}

/// A stand-in for the NVIDIA driver, for machines without one: it says it has `count` GPUs.
fn like_driver(count: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("driver.c");
    let text = format!(
        "#include <stddef.h>\n#include <string.h>\n\
         int cuInit(unsigned f) {{ return f == 0 && {count} ? 0 : 100; }}\n\
         int cuDeviceGetCount(int *n) {{ *n = {count}; return 0; }}\n\
         int cuDeviceGetName(char *s, int n, int d) {{ strncpy(s, \"Stand-in\", n); return d; }}\n\
         int cuDeviceTotalMem_v2(size_t *n, int d) {{ *n = 1 << 30; return d; }}\n"
    );
    fs::write(&source, text).unwrap();
    let library = folder.path().join("libcuda.so.1");
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status().unwrap();
    assert!(built.success());
    folder
}

fn driver_here() -> bool {
    ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib64"]
        .iter()
        .any(|d| Path::new(d).join("libcuda.so.1").exists())
}

#[test]
fn without_cuda_auto_is_the_cpu_and_says_why() {
    let folder = libtorch();
    if !driver_here() {
        case("no driver", &[("LIBTORCH", &folder)]);
    }
    case("driver without a GPU", &[("LIBTORCH", &folder), ("LD_LIBRARY_PATH", like_driver(0).path())]);
    let one = like_driver(1);
    case("no CUDA in libtorch", &[("NPE_LIBTORCH", &folder), ("LD_LIBRARY_PATH", one.path())]);
    let wrong = like_libtorch("2.12.1", &[]);
    case("auto with a wrong libtorch", &[("NPE_LIBTORCH", wrong.path()), ("LD_LIBRARY_PATH", one.path())]);
    let away = tempfile::tempdir().unwrap();
    let program = away.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    case_of(
        &program,
        "auto without a libtorch",
        &[("PATH", Path::new("/nowhere")), ("LD_LIBRARY_PATH", one.path())],
    );
}

/// Of two right libtorchs the one with CUDA is taken, though it comes later; its CUDA is no library.
#[test]
fn a_broken_cuda_leaves_the_cpu_working() {
    let data = tempfile::tempdir().unwrap();
    let cuda = like_libtorch("2.11.0", &[("libtorch_cuda.so", "short")]);
    // A real copy, so that the name shows which one was opened.
    let there = data.path().join("with-cuda");
    fs::create_dir_all(there.join("lib")).unwrap();
    for file in fs::read_dir(cuda.path().join("lib")).unwrap().flatten() {
        fs::copy(file.path(), there.join("lib").join(file.file_name())).unwrap();
    }
    fs::copy(cuda.path().join("build-version"), there.join("build-version")).unwrap();
    let plain = tempfile::tempdir().unwrap();
    fs::create_dir(plain.path().join("npe")).unwrap();
    symlink(fs::canonicalize(libtorch()).unwrap(), plain.path().join("npe/libtorch")).unwrap();
    let driver = like_driver(1);
    let variables: [(&str, &Path); 3] =
        [("XDG_DATA_HOME", plain.path()), ("LIBTORCH", &there), ("LD_LIBRARY_PATH", driver.path())];
    case("CUDA is preferred, but broken", &variables);
}

fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

/// Loads and unloads give memory back: of 30 models not one is left behind.
fn unloading_frees() {
    let file = random(48, 400, 100, Dtype::F16);
    let size = fs::metadata(file.path()).unwrap().len();
    let (weight, colour) = (brush(SIDE, 20..40, 20..40), colour(SIDE));
    let once = || {
        let model = load(Some(file.path()), Device::CpuTorch, &mut go).unwrap();
        let again = load(Some(file.path()), Device::CpuTorch, &mut go).unwrap();
        assert!(Arc::ptr_eq(&model, &again), "not shared");
        let other = load(Some(file.path()), Device::Cpu, &mut go).unwrap();
        assert!(!Arc::ptr_eq(&model, &other), "shared over devices");
        model.generator.pull(&latents(100, 0), &target(&weight, &colour)).unwrap();
        let weak = Arc::downgrade(&model);
        drop((model, again));
        assert!(weak.upgrade().is_none());
    };
    (0..5).for_each(|_| once());
    let before = resident();
    (0..30).for_each(|_| once());
    let grown = resident().saturating_sub(before);
    // One network alone is twice its file, for it is widened to f32. The allocator may keep a buffer or two of the file's size.
    assert!(grown < 2 * size, "grown by {grown} bytes, the model file has {size}");
}

#[test]
fn unloading_frees_memory() {
    case("unloading frees", &[("LIBTORCH", &libtorch())]);
}
