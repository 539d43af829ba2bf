//! Refuses what panics in tch: every method `x` of a tensor of which tch has a fallible `f_x` (the names come from tch's own source), and
//! what has a panic behind another face: operators (`&a + &b`, `a += 1.0`, `-a`), `a == b`, `Tensor::from`, `.into()`, `.i()`, `.sum()` of an
//! iterator, `{:?}`, and all of `tch::nn` and `tch::vision`. It reads what the compiler made of the package before code is generated
//! (its MIR, as text): there every call stands with its types, whether a macro, a `use … as` or a function pointer hid it.
//!
//! Not seen:
//! - methods of tch without a fallible one (`size`, `shallow_clone`, `requires_grad`, the drop): they fail for no tensor that there is;
//! - functions of tch that are not the tensor's (`manual_seed`, `no_grad_guard`, `Cuda`): they set and ask what always is there;
//! - code that is generic over an operator's trait, called with a tensor;
//! - a derived `Debug`, which is a pointer to the tensor's: nothing here prints such a value;
//! - tests and build scripts, which may panic.

use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where tch has the methods of its tensor.
const SOURCES: [&str; 3] = ["tensor/mod.rs", "wrappers/tensor.rs", "wrappers/tensor_fallible_generated.rs"];
/// Traits whose methods panic where the tensor has them.
const TRAITS: [&str; 15] = [
    "Add",
    "AddAssign",
    "Sub",
    "SubAssign",
    "Mul",
    "MulAssign",
    "Div",
    "DivAssign",
    "Neg",
    "PartialEq",
    "From",
    "Into",
    "IndexOp",
    "Debug",
    "Display",
];
/// Generic functions that call such a method for a type that they are given.
const GENERIC: [&str; 3] = ["sum", "new_debug", "new_display"];
/// Modules of tch that unwrap everywhere.
const MODULES: [&str; 2] = ["tch::nn::", "tch::vision::"];

/// Looks at the library and the programs of `npe-torch`.
pub fn run(root: &Path) -> Result<()> {
    let workspace = Workspace::of(root)?;
    let names = panicking(&workspace.tch)?;
    let mut found = Vec::new();
    for target in [&["--lib", "--crate-type", "rlib"][..], &["--bin", "npe-train"]] {
        found.extend(calls(&mir(root, &workspace.build, "npe-torch", target)?, &names));
    }
    if !found.is_empty() {
        bail!(
            "npe-torch calls what can panic in tch, where a `f_` method answers an error:\n{}",
            found.join("\n")
        );
    }
    println!(
        "npe-torch calls none of the {} panicking methods of tch's tensor, nor its operators",
        names.len()
    );
    Ok(())
}

/// What the compiler makes of a target of a package, as text. `build` is where cargo keeps what it builds on the way.
fn mir(folder: &Path, build: &Path, package: &str, target: &[&str]) -> Result<String> {
    let lint = build.join("lint");
    fs::create_dir_all(&lint).with_context(|| lint.display().to_string())?;
    // Of the same name each time: cargo keeps another build for each other argument, and makes none where nothing has changed.
    let file = lint.join(format!("{package}{}.mir", target[0]));
    // A real build, for a check alone has no such text; with CI's profile, so that what it depends on is built once. What comes out of it
    // has a folder of its own, for it is slow. Not inlined: tch's own calls would stand among ours.
    let status = Command::new(cargo())
        .args(["rustc", "--quiet", "--release", "-p", package])
        .args(target)
        .arg("--target-dir")
        .arg(&lint)
        .args(["--", "-C", "opt-level=0", "-C", "lto=off", &format!("--emit=mir={}", file.display())])
        .env("CARGO_BUILD_BUILD_DIR", build)
        .current_dir(folder)
        .status()
        .context("cargo rustc can't be started")?;
    if !status.success() {
        bail!("{package} does not build");
    }
    fs::read_to_string(&file).with_context(|| {
        format!("{} can't be read; cargo clean --release -p {package} has it made anew", file.display())
    })
}

/// The panicking calls, each with the function that it is in.
fn calls(mir: &str, names: &BTreeSet<String>) -> Vec<String> {
    let mut function = "";
    let mut found = Vec::new();
    for line in mir.lines() {
        if !line.starts_with(' ') {
            if line.ends_with('{') {
                function = line.split_once('(').map_or(line, |(name, _)| name);
            }
            continue;
        }
        let code = line.trim_start();
        // The types of variables are no calls, but they alone have their whole paths.
        let what = if ["let ", "debug ", "scope ", "//"].iter().any(|s| code.starts_with(s)) {
            MODULES.iter().find(|m| code.contains(**m)).map(|m| format!("{m}…"))
        } else {
            method(code, names).or_else(|| face(code))
        };
        if let Some(what) = what {
            found.push(format!("  {}: {what}", function.trim_start_matches("fn ")));
        }
    }
    found
}

/// A panicking method of the tensor that is called or named here.
fn method(code: &str, names: &BTreeSet<String>) -> Option<String> {
    code.match_indices("Tensor").find_map(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + "Tensor".len()..]);
        let before = before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        // `Tensor::x`, or `<impl tch::Tensor>::x`; in `Option::<Tensor>::take` it is the option's.
        let name = after
            .strip_prefix("::")
            .or_else(|| after.strip_prefix(">::").filter(|_| before.ends_with("<impl ")))?;
        let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        names.contains(&name).then(|| format!("Tensor::{name}"))
    })
}

/// A panic behind another face.
fn face(code: &str) -> Option<String> {
    let generic = GENERIC.iter().find_map(|name| {
        let (_, types) = code.split_once(&format!("::{name}::<"))?;
        is_tensor(first(types)).then(|| format!("{name}::<Tensor>"))
    });
    generic.or_else(|| {
        code.match_indices(" as ").find_map(|(at, _)| {
            let of = last(&code[..at]);
            let path = &code[at + " as ".len()..];
            let end = path.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))?;
            let name = path[..end].rsplit("::").next()?;
            let other = path[end..].strip_prefix('<').map(first);
            // `IndexOp` has a fallible method too.
            let fallible = code[at..].contains(">::f_");
            let of_tensor = is_tensor(of) || other.is_some_and(is_tensor);
            (TRAITS.contains(&name) && of_tensor && !fallible).then(|| format!("<{of} as {name}>"))
        })
    })
}

/// The first of the types that a text begins with, up to a comma or bracket of its own.
fn first(types: &str) -> &str {
    let mut depth = 0;
    let end = types.find(|c| {
        depth += i32::from(c == '<') - i32::from(c == '>');
        depth < 0 || (depth == 0 && c == ',')
    });
    &types[..end.unwrap_or(types.len())]
}

/// The type that a text ends with, behind a bracket of its own.
fn last(code: &str) -> &str {
    let mut depth = 0;
    let begin = code.rfind(|c| {
        depth += i32::from(c == '>') - i32::from(c == '<');
        depth < 0
    });
    &code[begin.map_or(0, |b| b + 1)..]
}

/// Whether a type is a tensor, a reference to one, or an option of either (`==` of two options compares tensors).
fn is_tensor(of: &str) -> bool {
    let mut of = of.trim();
    loop {
        let bare = of.trim_start_matches('&').trim_start_matches("mut ").trim_start();
        let bare = match bare.strip_prefix('\'') {
            Some(named) => named.split_once(' ').map_or("", |(_, of)| of),
            None => bare,
        };
        let bare = bare.strip_prefix("Option<").and_then(|b| b.strip_suffix('>')).unwrap_or(bare);
        if bare == of {
            return of.rsplit("::").next() == Some("Tensor");
        }
        of = bare;
    }
}

fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// What cargo says of the workspace.
struct Workspace {
    /// tch's source, of the version in Cargo.lock.
    tch: PathBuf,
    /// Where cargo keeps what it builds on the way.
    build: PathBuf,
}

impl Workspace {
    fn of(root: &Path) -> Result<Self> {
        let out = Command::new(cargo())
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(root)
            .output()
            .context("cargo metadata can't be started")?;
        if !out.status.success() {
            bail!("cargo metadata failed: {}", String::from_utf8_lossy(&out.stderr).trim());
        }
        let metadata: serde_json::Value = serde_json::from_slice(&out.stdout)?;
        let build = metadata["build_directory"].as_str().context("cargo metadata has no build_directory")?;
        let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
        let tch = packages.iter().find(|p| p["name"] == "tch").context("the workspace does not use tch")?;
        let manifest = tch["manifest_path"].as_str().context("tch has no manifest")?;
        let tch = Path::new(manifest).parent().context("tch has no folder")?.join("src");
        Ok(Self { tch, build: build.into() })
    }
}

/// All `x` for which a `f_x` is in the source.
fn panicking(source: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for file in SOURCES.map(|f| source.join(f)) {
        let text =
            fs::read_to_string(&file).with_context(|| format!("{}; has tch changed?", file.display()))?;
        for part in text.split("fn f_").skip(1) {
            names.insert(part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    if names.len() < 1000 {
        bail!("only {} fallible methods were found in {}; has tch changed?", names.len(), source.display());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn tchs_source_is_understood() {
        let names = panicking(&Workspace::of(root()).unwrap().tch).unwrap();
        for name in
            ["matmul", "zeros", "conv2d", "to_device", "view", "copy_data", "from_slice", "double_value"]
        {
            assert!(names.contains(name), "{name}");
        }
    }

    #[test]
    fn types_are_understood() {
        for of in
            ["tch::Tensor", "&Tensor", "&mut tch::Tensor", "&'a tch::Tensor", "Option<&Tensor>", "&&Tensor"]
        {
            assert!(is_tensor(of), "{of}");
        }
        for of in ["Vec<tch::Tensor>", "TensorView<'_>", "f64", "(Tensor, Tensor)", "Result<Tensor, E>"] {
            assert!(!is_tensor(of), "{of}");
        }
        assert_eq!(first("&Tensor>>::mul(x)"), "&Tensor");
        assert_eq!(first("Vec<A, B>, C>"), "Vec<A, B>");
        assert_eq!(last("_1 = <Vec<Tensor>"), "Vec<Tensor>");
    }

    /// Functions that panic in tch, one each, by name; and some that do not.
    const BAD: &[(&str, &str)] = &[
        ("method", "pub fn method(a: &Tensor) -> Tensor { a.matmul(a) }"),
        (
            "generic_method",
            "pub fn generic_method(a: &Tensor) -> Tensor { a.conv2d::<&Tensor>(a, None, 1, 1, 1, 1) }",
        ),
        ("in_a_macro", "pub fn in_a_macro(a: &Tensor) -> String { format!(\"{}\", a.view(-1).dim()) }"),
        ("pointer", "pub fn pointer() -> fn(&Tensor, Kind) -> Tensor { Tensor::sum }"),
        ("renamed", "pub fn renamed() -> T { T::zeros([1], (Kind::Float, tch::Device::Cpu)) }"),
        ("made", "pub fn made(v: &[f32]) -> Tensor { Tensor::from_slice(v) }"),
        ("value", "pub fn value(a: &Tensor) -> f64 { a.double_value(&[]) }"),
        ("closure", "pub fn closure(v: &[Tensor]) -> Vec<Tensor> { v.iter().map(|a| a.abs()).collect() }"),
        ("plus", "pub fn plus(a: &Tensor, b: &Tensor) -> Tensor { a + b }"),
        ("minus_number", "pub fn minus_number(a: Tensor) -> Tensor { a - 1.0 }"),
        ("number_times", "pub fn number_times(a: &Tensor) -> Tensor { 2.0 * a }"),
        ("over", "pub fn over(a: &Tensor, b: Tensor) -> Tensor { a / b }"),
        ("assigned", "pub fn assigned(mut a: Tensor) -> Tensor { a += 1.0; a }"),
        ("negated", "pub fn negated(a: &Tensor) -> Tensor { -a }"),
        ("equal", "pub fn equal(a: &Tensor, b: &Tensor) -> bool { a == b }"),
        ("from", "pub fn from() -> Tensor { Tensor::from(1.0f64) }"),
        ("into", "pub fn into() -> Tensor { 1.0f64.into() }"),
        (
            "from_pointer",
            "pub fn from_pointer(v: Vec<f32>) -> Vec<Tensor> { v.into_iter().map(Tensor::from).collect() }",
        ),
        ("indexed", "pub fn indexed(a: &Tensor) -> Tensor { a.i(0) }"),
        ("ranges", "pub fn ranges(a: &Tensor) -> Tensor { a.i((.., 1..2)) }"),
        ("summed", "pub fn summed(v: &[Tensor]) -> Tensor { v.iter().sum() }"),
        ("printed", "pub fn printed(a: &Tensor) -> String { format!(\"{a:?}\") }"),
        ("layers", "pub fn layers() -> tch::nn::VarStore { tch::nn::VarStore::new(tch::Device::Cpu) }"),
    ];
    const GOOD: &str = "
        /// Good.
        pub fn good(a: &Tensor, v: &[f32], b: Option<Tensor>) -> Result<f32, tch::TchError> {
            let _ = a.f_matmul(a)?.f_sum(Kind::Float)?.f_i((0, 1..))?;
            let (s, mut b): (f32, _) = (v.iter().sum(), b);
            let all: Vec<Tensor> = vec![a.shallow_clone()];
            let kept = b.take().or_else(|| all.first().map(Tensor::shallow_clone));
            let one = f64::try_from(kept.as_ref().unwrap_or(a))?;
            let sizes: i64 = a.size().iter().sum::<i64>() + 1;
            Ok(s.max(0.0) + one as f32 + sizes as f32 + f32::from(u8::from(a.size() == [1])))
        }
        #[cfg(test)]
        mod tests { fn tested(a: tch::Tensor) { let _ = a.matmul(&a); } }
    ";

    /// The compiler is given a small package of the workspace's own tch; each panicking function is named, and no other.
    #[test]
    fn panicking_calls_are_found_whatever_their_face() {
        let workspace = Workspace::of(root()).unwrap();
        let names = panicking(&workspace.tch).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        // The workspace's profile, so that tch is not built anew.
        let manifest = "[profile.release]\npanic = \"unwind\"\nlto = \"thin\"\ncodegen-units = 4\n[package]\nname = \"panics\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
                        tch = { version = \"=0.24.0\", default-features = false }\n";
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        let bad: String = BAD.iter().map(|(_, text)| format!("{text}\n")).collect();
        let text = format!("use tch::{{IndexOp, Kind, Tensor, Tensor as T}};\n{bad}{GOOD}");
        fs::write(folder.path().join("src/lib.rs"), text).unwrap();
        fs::copy(root().join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
        fs::create_dir(folder.path().join(".cargo")).unwrap();
        fs::write(folder.path().join(".cargo/config.toml"), "[net]\noffline = true\n").unwrap();
        let others = workspace.build.join("release/libpanics.rlib");
        let written = || fs::metadata(&others).and_then(|m| m.modified()).ok();
        let before = written();
        let found = calls(
            &mir(folder.path(), &workspace.build, "panics", &["--lib", "--crate-type", "rlib"]).unwrap(),
            &names,
        );
        assert_eq!(before, written(), "what the lint builds lies where others look: {}", others.display());
        for (name, _) in BAD {
            let here = |line: &&String| {
                let function = line.trim().split(": ").next().unwrap_or_default();
                function == *name || function.starts_with(&format!("{name}::{{closure"))
            };
            assert!(found.iter().any(|l| here(&l)), "{name} is not seen: {found:#?}");
        }
        for line in &found {
            assert!(!line.contains("good") && !line.contains("tested"), "{line}");
        }
    }
}
