//! Builds the runtime's varieties into this crate's own folder, with the same bytes whatever that
//! folder is called. A host that cannot build it takes binaries that are given, or none; and none
//! is built where the code is only linted, which is a build apart.

#[path = "build/companions.rs"]
mod companions;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// What the embedded binaries run on.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The folders and files of the workspace that a runtime is built from.
const SOURCES: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "crates/mlship-runtime/Cargo.toml",
    "crates/mlship-runtime/src",
    "crates/mlship-start/Cargo.toml",
    "crates/mlship-start/src",
    "crates/mlship-bundle/Cargo.toml",
    "crates/mlship-bundle/src",
];

/// One of the varieties.
struct Build {
    /// The constant that holds it.
    constant: &'static str,
    /// The variable that names a binary to take instead; for one that is not static, the folder
    /// that it and its libraries are in.
    given: &'static str,
    /// What is built.
    program: &'static str,
    /// Whether it needs others beside it.
    linked: Linked,
    /// The features of `mlship-runtime`.
    features: &'static str,
    /// The profile in the workspace's manifest.
    profile: &'static str,
}

const BUILDS: &[Build] = &[
    Build {
        constant: "CLASSICAL",
        given: "MLSHIP_RUNTIME_CLASSICAL",
        program: RUNTIME,
        linked: Linked::Static,
        features: "",
        profile: "runtime-classical",
    },
    Build {
        constant: "PYTHON",
        given: "MLSHIP_RUNTIME_PYTHON",
        program: RUNTIME,
        linked: Linked::Static,
        features: "fetch,worker",
        profile: "runtime-classical",
    },
    Build {
        constant: "NEURAL",
        given: "MLSHIP_RUNTIME_NEURAL",
        program: RUNTIME,
        linked: Linked::Static,
        features: "neural,image",
        profile: "runtime",
    },
    Build {
        constant: "FULL",
        given: "MLSHIP_RUNTIME_FULL",
        program: RUNTIME,
        linked: Linked::Static,
        features: "neural,image,fetch,tokenizers,arrow",
        profile: "runtime",
    },
    Build {
        constant: "START",
        given: GIVEN_ONNXRUNTIME,
        program: START,
        linked: Linked::Static,
        features: "",
        profile: "runtime-classical",
    },
    Build {
        constant: "ONNXRUNTIME",
        given: GIVEN_ONNXRUNTIME,
        program: RUNTIME,
        linked: Linked::Dynamic,
        features: "onnxruntime,image,fetch,tokenizers,arrow",
        profile: "runtime",
    },
];

/// The folder in which both are.
const GIVEN_ONNXRUNTIME: &str = "MLSHIP_RUNTIME_ONNXRUNTIME";

/// The runtime, and what starts one that is not static.
const RUNTIME: &str = "mlship-runtime";
const START: &str = "mlship-start";

/// How a program has its libraries.
#[derive(PartialEq, Clone, Copy)]
enum Linked {
    /// Inside.
    Static,
    /// Beside it.
    Dynamic,
}

fn main() {
    let out = folder("OUT_DIR");
    let workspace = fs::canonicalize(folder("CARGO_MANIFEST_DIR").join("../.."));
    let workspace = workspace.expect("the workspace is two folders up");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", workspace.join(source).display());
    }
    let is_possible = env::var("HOST").as_deref() == Ok(TARGET) && !is_linted();
    let mut constants = String::new();
    // Two of them are built at one path: each is taken before the next is made.
    for build in BUILDS {
        println!("cargo::rerun-if-env-changed={}", build.given);
        let given = env::var_os(build.given).map(PathBuf::from);
        let built = (given.is_none() && is_possible).then(|| make(build, &workspace, &out));
        constants.push_str(&match build.linked {
            Linked::Dynamic => companions(build, companions::found(given.as_deref(), built), &out),
            Linked::Static => {
                let given =
                    given.map(|given| if given.is_dir() { given.join(START) } else { given });
                constant(build, given.or(built).as_deref(), &out)
            }
        });
    }
    fs::write(out.join("embedded.rs"), constants).expect("OUT_DIR can be written");
}

/// Whether this is `cargo clippy`
/// (<https://doc.rust-lang.org/cargo/reference/environment-variables.html>).
fn is_linted() -> bool {
    let wrapper = env::var_os("RUSTC_WORKSPACE_WRAPPER").map(PathBuf::from);
    wrapper.is_some_and(|wrapper| wrapper.file_stem().is_some_and(|name| name == "clippy-driver"))
}

fn folder(variable: &str) -> PathBuf {
    env::var_os(variable).unwrap_or_else(|| panic!("cargo sets `{variable}`")).into()
}

/// Builds one runtime. The folder it is built in stays, so that the next build is incremental.
fn make(build: &Build, workspace: &Path, out: &Path) -> PathBuf {
    let built = out.join("runtime");
    let mut cargo = Command::new(env::var_os("CARGO").expect("cargo sets `CARGO`"));
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_of_outer_build) {
            cargo.env_remove(name);
        }
    }
    cargo
        .current_dir(workspace)
        .args(["build", "--quiet", "--locked", "--profile", build.profile, "--target", TARGET])
        .args(["--package", build.program, "--bin", build.program])
        .args(["--no-default-features", "--features", build.features])
        .arg("--target-dir")
        .arg(&built)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(build.linked, workspace, &built))
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_BUILD_JOBS", env::var_os("NUM_JOBS").unwrap_or_else(|| "1".into()));
    let status = cargo.status().expect("cargo runs");
    assert!(status.success(), "the runtime cannot be built: {status}");
    built.join(TARGET).join(build.profile).join(build.program)
}

/// Variables by which an outer cargo speaks to its own compilers. What tells any cargo how to reach
/// registries is left.
fn is_of_outer_build(name: &str) -> bool {
    const KEPT: &[&str] =
        &["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR", "CARGO_SOURCE_"];
    const OTHERS: &[&str] = &[
        "RUSTFLAGS",
        "RUSTDOCFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_LINKER",
        "TARGET",
        "HOST",
        "OUT_DIR",
        "PROFILE",
        "DEBUG",
        "OPT_LEVEL",
        "NUM_JOBS",
        "MAKEFLAGS",
        "MFLAGS",
    ];
    let kept = KEPT.iter().any(|kept| name.starts_with(kept));
    OTHERS.contains(&name) || (name.starts_with("CARGO_") && !kept)
}

/// With no path of this machine in what is built.
fn flags(linked: Linked, workspace: &Path, built: &Path) -> String {
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let mut flags = Vec::new();
    if linked == Linked::Static {
        flags.push("-Ctarget-feature=+crt-static".to_owned());
    }
    // Of several that match the last one counts: the narrower folder comes after the wider.
    let mut remap = |from: &Path, to: &str| {
        flags.push(format!("--remap-path-prefix={}={to}", from.display()));
    };
    if let Some(cargo_home) = cargo_home {
        remap(&cargo_home, "/cargo");
    }
    remap(workspace, "/mlship");
    remap(built, "/mlship/target");
    flags.join("\u{1f}")
}

/// The binary as a constant: its bytes and their SHA-256.
fn constant(build: &Build, binary: Option<&Path>, out: &Path) -> String {
    let name = build.constant;
    let head = format!("const {name}: Option<Runtime> =");
    let Some(binary) = binary else { return format!("{head} None;\n") };
    let (copy, digest) = copied(binary, &out.join(name.to_lowercase()));
    format!("{head} Some(Runtime {{ bytes: include_bytes!({copy:?}), sha256: {digest:?} }});\n")
}

/// The files beside a binary as a constant, sorted by name.
fn companions(build: &Build, files: Vec<(String, PathBuf)>, out: &Path) -> String {
    let name = build.constant;
    let folder = out.join(name.to_lowercase());
    fs::create_dir_all(&folder).expect("OUT_DIR can be written");
    let mut constant = format!("const {name}: &[Companion] = &[\n");
    for (name, file) in files {
        let (copy, digest) = copied(&file, &folder.join(&name));
        constant.push_str(&format!(
            "Companion {{ name: {name:?}, file: Runtime {{ bytes: include_bytes!({copy:?}), sha256: {digest:?} }} }},\n"
        ));
    }
    constant + "];\n"
}

/// A file in the build's own folder, and its SHA-256.
fn copied(file: &Path, to: &Path) -> (PathBuf, String) {
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("`{}`: {error}", file.display()));
    let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(to, bytes).expect("OUT_DIR can be written");
    (to.to_owned(), digest)
}
