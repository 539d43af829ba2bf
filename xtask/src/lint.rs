//! Refuses those methods of tch that panic: every method `x` of which tch has a fallible `f_x`. The names come from tch's own
//! source. Looks at `src/torch` but for its tests and build scripts, which may panic.
//!
//! Only the syntax is looked at, so a method that std has too is told by the number of its arguments (`STD`), and operators on
//! tensors (`a + b`, which panic too) are not seen.

use anyhow::{Context, Result, bail};
use proc_macro2::Span;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Token};

/// Methods of std, rand and npe's error with a name of tch's, and how many arguments they take.
#[rustfmt::skip]
const STD: &[(&str, usize)] = &[
    ("abs", 0), ("acos", 0), ("all", 1), ("any", 1), ("asin", 0), ("atan", 0), ("atan2", 1), ("ceil", 0),
    ("chunks", 1), ("clamp", 2), ("clone", 0), ("concat", 0), ("copysign", 1), ("cos", 0), ("cosh", 0),
    ("eq", 1), ("exp", 0), ("exp2", 0), ("fill", 1), ("flatten", 0), ("floor", 0), ("fract", 0), ("ge", 1),
    ("get", 1), ("gt", 1), ("insert", 2), ("kind", 0), ("le", 1), ("log", 1), ("log10", 0), ("log2", 0),
    ("lt", 1), ("max", 0), ("max", 1), ("min", 0), ("min", 1), ("ne", 1), ("pow", 1), ("product", 0),
    ("random", 0), ("repeat", 1), ("resize", 2), ("round", 0), ("set", 1), ("signum", 0), ("sin", 0),
    ("sinh", 0), ("sort", 0), ("split", 1), ("sqrt", 0), ("sum", 0), ("take", 0), ("take", 1), ("tan", 0),
    ("tanh", 0), ("trunc", 0), ("write", 1), ("zip", 1),
];

/// A panicking call.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    line: usize,
    name: String,
}

/// Looks at all of `src/torch`.
pub fn run(root: &Path) -> Result<()> {
    let names = panicking(&tch(root)?)?;
    let mut files = Vec::new();
    collect(&root.join("src/torch"), &mut files)?;
    let mut count = 0;
    for file in &files {
        let text = fs::read_to_string(file)?;
        for Finding { line, name } in check(&text, &names).with_context(|| file.display().to_string())? {
            let shown = file.strip_prefix(root).unwrap_or(file).display();
            eprintln!("{shown}:{line}: {name} panics where f_{name} answers an error; use f_{name}");
            count += 1;
        }
    }
    if count > 0 {
        bail!("{count} calls of tch can panic");
    }
    println!("{} files call none of tch's {} panicking methods", files.len(), names.len());
    Ok(())
}

/// The folder of tch's source, of the version in Cargo.lock.
fn tch(root: &Path) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let out = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root)
        .output()
        .context("cargo metadata can't be started")?;
    if !out.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&out.stderr).trim());
    }
    let metadata: serde_json::Value = serde_json::from_slice(&out.stdout)?;
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    let tch = packages.iter().find(|p| p["name"] == "tch").context("the workspace does not use tch")?;
    let manifest = tch["manifest_path"].as_str().context("tch has no manifest")?;
    Ok(Path::new(manifest).parent().context("tch has no folder")?.join("src"))
}

/// All `x` for which a `f_x` is in the source.
fn panicking(source: &Path) -> Result<BTreeSet<String>> {
    let mut files = Vec::new();
    collect(source, &mut files)?;
    let mut names = BTreeSet::new();
    for file in files {
        for part in fs::read_to_string(&file)?.split("pub fn f_").skip(1) {
            names.insert(part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    if names.len() < 1000 {
        bail!("only {} fallible methods were found in {}; has tch changed?", names.len(), source.display());
    }
    Ok(names)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let mut entries: Vec<PathBuf> = (fs::read_dir(folder).with_context(|| folder.display().to_string())?)
        .map(|e| Ok(e?.path()))
        .collect::<Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if !path.ends_with("tests") {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("build.rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// The panicking calls in a file.
fn check(text: &str, names: &BTreeSet<String>) -> Result<Vec<Finding>> {
    let mut visitor = Visitor { names, found: Vec::new() };
    visitor.visit_file(&syn::parse_file(text)?);
    visitor.found.sort_by_key(|f| f.line);
    Ok(visitor.found)
}

struct Visitor<'a> {
    names: &'a BTreeSet<String>,
    found: Vec<Finding>,
}

impl Visitor<'_> {
    fn found(&mut self, name: String, at: Span) {
        self.found.push(Finding { line: at.start().line, name });
    }
}

fn of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|a| {
        a.path().is_ident("test")
            || a.path().is_ident("cfg") && a.parse_args::<syn::Path>().is_ok_and(|p| p.is_ident("test"))
    })
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !of_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !of_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let name = call.method.to_string();
        if self.names.contains(&name) && !STD.contains(&(name.as_str(), call.args.len())) {
            self.found(name, call.method.span());
        }
        visit::visit_expr_method_call(self, call);
    }

    /// `Tensor::zeros`, also as a value. The type is known, so std is no excuse.
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        let segments: Vec<String> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
        if let [.., owner, name] = segments.as_slice()
            && owner == "Tensor"
            && self.names.contains(name)
        {
            self.found(name.clone(), path.span());
        }
        visit::visit_expr_path(self, path);
    }

    /// Arguments of macros such as `println!` and `assert!` are expressions too.
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if let Ok(arguments) = call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            // They live as long as this call only, and so does the visitor's look at them.
            let mut inner = Visitor { names: self.names, found: Vec::new() };
            arguments.iter().for_each(|a| inner.visit_expr(a));
            self.found.append(&mut inner.found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> BTreeSet<String> {
        ["matmul", "zeros", "sum", "max", "conv2d", "to_device"].map(str::to_owned).into()
    }

    fn found(text: &str) -> Vec<(usize, String)> {
        check(text, &names()).unwrap().into_iter().map(|f| (f.line, f.name)).collect()
    }

    #[test]
    fn panicking_calls_are_found_wherever_they_stand() {
        let bad = "fn f(a: &Tensor, b: &Tensor) -> Tensor {\n\
                   let c = a.matmul(b);\n\
                   let d = tch::Tensor::zeros([1], k);\n\
                   println!(\"{:?}\", c.conv2d(&d));\n\
                   let e = a.sum(Kind::Float);\n\
                   let make = Tensor::sum;\n\
                   (|| e.to_device(x))()\n}";
        let expected = [(2, "matmul"), (3, "zeros"), (4, "conv2d"), (5, "sum"), (6, "sum"), (7, "to_device")];
        assert_eq!(found(bad), expected.map(|(l, n)| (l, n.to_owned())));
    }

    #[test]
    fn fallible_calls_std_and_tests_are_let_be() {
        let good = "fn f(a: &Tensor, v: &[f32]) -> Result<()> {\n\
                    a.f_matmul(a)?.f_sum(Kind::Float)?;\n\
                    let s: f32 = v.iter().sum();\n\
                    let m = s.max(0.0);\n\
                    matmul(m);\n Ok(())\n}\n\
                    #[cfg(test)] mod tests { fn g(a: Tensor) { a.matmul(&a); } }\n\
                    #[test] fn h() { Tensor::zeros(1); }";
        assert_eq!(found(good), []);
    }

    #[test]
    fn the_workspace_passes_with_tchs_real_names() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let names = panicking(&tch(root).unwrap()).unwrap();
        for name in ["matmul", "zeros", "conv2d", "to_device", "view", "copy_data", "from_slice"] {
            assert!(names.contains(name), "{name}");
        }
        run(root).unwrap();
    }
}
