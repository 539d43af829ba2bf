//! Tells the linker where libtorch lies, now and at run time.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/libtorch/lib");
        println!("cargo:rustc-link-arg=-Wl,-rpath,{lib}");
    }
}
