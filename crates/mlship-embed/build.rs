//! Builds the runtime's varieties into this crate's own folder, with the same bytes whatever that
//! folder is called. A host that cannot build it takes binaries
//! that are given, or none.

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
    "crates/mlship-bundle/Cargo.toml",
    "crates/mlship-bundle/src",
];

/// One of the varieties.
struct Build {
    /// The constant that holds it.
    constant: &'static str,
    /// The variable that names a binary to take instead.
    given: &'static str,
    /// The features of `mlship-runtime`.
    features: &'static str,
    /// The profile in the workspace's manifest.
    profile: &'static str,
}

const BUILDS: &[Build] = &[
    Build {
        constant: "CLASSICAL",
        given: "MLSHIP_RUNTIME_CLASSICAL",
        features: "",
        profile: "runtime-classical",
    },
    Build {
        constant: "NEURAL",
        given: "MLSHIP_RUNTIME_NEURAL",
        features: "neural,image",
        profile: "runtime",
    },
    Build {
        constant: "FULL",
        given: "MLSHIP_RUNTIME_FULL",
        features: "neural,image,fetch,tokenizers,arrow",
        profile: "runtime",
    },
];

fn main() {
    let out = folder("OUT_DIR");
    let workspace = fs::canonicalize(folder("CARGO_MANIFEST_DIR").join("../.."));
    let workspace = workspace.expect("the workspace is two folders up");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", workspace.join(source).display());
    }
    let mut constants = String::new();
    // Two of them are built at one path: each is taken before the next is made.
    for build in BUILDS {
        println!("cargo::rerun-if-env-changed={}", build.given);
        let binary = match env::var_os(build.given) {
            Some(given) => Some(PathBuf::from(given)),
            None if env::var("HOST").as_deref() == Ok(TARGET) => {
                Some(make(build, &workspace, &out))
            }
            None => None,
        };
        constants.push_str(&constant(build, binary.as_deref(), &out));
    }
    fs::write(out.join("embedded.rs"), constants).expect("OUT_DIR can be written");
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
        .args(["--package", "mlship-runtime", "--bin", "mlship-runtime"])
        .args(["--no-default-features", "--features", build.features])
        .arg("--target-dir")
        .arg(&built)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(workspace, &built))
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_BUILD_JOBS", env::var_os("NUM_JOBS").unwrap_or_else(|| "1".into()));
    let status = cargo.status().expect("cargo runs");
    assert!(status.success(), "the runtime cannot be built: {status}");
    built.join(TARGET).join(build.profile).join("mlship-runtime")
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

/// Static, and with no path of this machine in it.
fn flags(workspace: &Path, built: &Path) -> String {
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let mut flags = vec!["-Ctarget-feature=+crt-static".to_owned()];
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
    let bytes = fs::read(binary).unwrap_or_else(|error| panic!("`{}`: {error}", binary.display()));
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let copy = out.join(name.to_lowercase());
    fs::write(&copy, bytes).expect("OUT_DIR can be written");
    format!("{head} Some(Runtime {{ bytes: include_bytes!({copy:?}), sha256: {digest:?} }});\n")
}
