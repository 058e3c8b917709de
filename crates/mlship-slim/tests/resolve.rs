//! Requirements resolved by the real `uv`: what fails names the line and what to change.

#![expect(clippy::unwrap_used, reason = "in a test, what cannot be is a failure")]

use std::fs;

use mlship_slim::Python;
use mlship_slim::resolve::{
    Accelerators, Lock, Network, ResolveError, Uv, Wanted, install, lock, lock_alike,
};
use mlship_testkit::tools;
use tempfile::TempDir;

fn uv() -> Uv {
    Uv { program: tools::uv(), ..Uv::default() }
}

/// What becomes of requirements on a platform.
fn locked(requirements: &str, platform: &str) -> Result<Lock, ResolveError> {
    let folder = TempDir::new().unwrap();
    with(&folder, requirements, platform, |wanted| lock(&uv(), wanted))
}

fn with<T>(
    folder: &TempDir,
    requirements: &str,
    platform: &str,
    run: impl FnOnce(&Wanted<'_>) -> T,
) -> T {
    let file = folder.path().join("requirements.txt");
    fs::write(&file, requirements).unwrap();
    let python = Python::at(&tools::python()).unwrap();
    run(&Wanted {
        requirements: &file,
        python: &python,
        platform: platform.parse().unwrap(),
        accelerators: Accelerators::Refuse,
    })
}

/// What the error says, with the folder of the requirements left out.
fn told(result: Result<Lock, ResolveError>) -> String {
    let told = result.unwrap_err().to_string();
    let (folder, rest) = told.split_once("requirements.txt").unwrap_or(("", &told));
    assert!(folder.is_empty() || folder.starts_with('/'), "{told}");
    rest.to_owned()
}

#[test]
fn no_wheel_for_the_c_library_names_what_it_needs_and_what_would_do() {
    let told = told(locked("# for the model\nnumpy==2.4.6\n", "x86_64-manylinux_2_17"));
    assert_eq!(
        told,
        ":2: no wheel of `numpy==2.4.6` runs on x86_64-manylinux_2_17 with Python 3.11; its wheels \
         need glibc 2.27: choose a target that has it; the newest that does is 2.2.6: pin that"
    );
}

#[test]
fn no_wheel_for_the_python_names_the_nearest_version_and_a_python() {
    let told = told(locked("numpy==1.22.0\n", "x86_64-manylinux_2_28"));
    let (wheel, instead) = told.split_once("; the nearest that does is 1.23.").expect(&told);
    let wanted = ":1: no wheel of `numpy==1.22.0` runs on x86_64-manylinux_2_28 with Python 3.11";
    assert_eq!(wheel, wanted);
    assert!(instead.contains(", the newest 2."), "{told}");
    assert!(
        instead.ends_with(": pin one, or write `version: \"3.10\"`, for which there is one"),
        "{told}"
    );
}

#[test]
fn a_version_for_another_python_names_both_and_what_would_do() {
    let told = told(locked("xgboost==3.4.1\n", "x86_64-manylinux_2_28"));
    assert!(
        told.starts_with(":1: `xgboost==3.4.1` needs Python >=3.12, and the target has 3.11; "),
        "{told}"
    );
    assert!(told.contains("choose such a Python, or pin 3.2"), "{told}");
}

#[test]
fn unknown_packages_and_versions_and_lines_are_named() {
    let unknown = told(locked("no-such-package-of-mlship\n", "x86_64-manylinux_2_28"));
    assert!(
        unknown.starts_with(":1: no package is called `no-such-package-of-mlship`"),
        "{unknown}"
    );
    let version = told(locked("\nnumpy==99\n", "x86_64-manylinux_2_28"));
    assert!(
        version.starts_with(":2: `numpy` has no version `==99`; the newest for the target is "),
        "{version}"
    );
    let line = told(locked("numpy\nscipy ==== 3\n", "x86_64-manylinux_2_28"));
    assert!(line.starts_with(":2: this is no requirement: no such comparison"), "{line}");
}

#[test]
fn versions_that_cannot_be_had_together_are_named_with_their_lines() {
    let told = told(locked("scikit-learn==1.9.1\n\nnumpy==1.22.0\n", "x86_64-manylinux_2_28"));
    assert!(told.starts_with(":1, "), "{told}");
    assert!(told.contains("requirements.txt:3: these versions cannot be had together"), "{told}");
    assert!(told.contains("scikit-learn>=1.9.1 depends on numpy>="), "{told}");
}

#[test]
fn packages_for_graphics_cards_are_weighed_and_refused() {
    let told = told(locked("xgboost==3.2.0\n", "x86_64-manylinux_2_28"));
    assert!(told.starts_with(":1: "), "{told}");
    assert!(told.contains(" MB of packages for graphics cards"), "{told}");
    assert!(told.contains("nvidia-nccl-cu12"), "{told}");
    assert!(told.ends_with("write `xgboost-cpu==3.2.0` instead of `xgboost`"), "{told}");
    assert!(!told.contains(" 0.0 MB"), "{told}");
}

#[test]
fn a_cut_network_is_told_from_an_unknown_package() {
    let folder = TempDir::new().unwrap();
    let cache = Some(folder.path().join("cache"));
    let cut = Uv { cache, network: Network::Cut, ..uv() };
    let result = with(&folder, "numpy\n", "x86_64-manylinux_2_28", |wanted| lock(&cut, wanted));
    let error = result.unwrap_err();
    assert!(
        matches!(&error, ResolveError::Offline { package, .. } if package == "numpy"),
        "{error}"
    );
}

#[test]
fn a_lock_installs_the_same_bytes_and_refuses_others() {
    let folder = TempDir::new().unwrap();
    let platform = "aarch64-manylinux_2_28";
    with(&folder, "six==1.17.0\n", platform, |wanted| {
        let made = lock(&uv(), wanted).unwrap();
        assert_eq!(made.version("six"), Some("1.17.0"));
        install(&uv(), wanted, &made, &folder.path().join("one")).unwrap();
        install(&uv(), wanted, &made, &folder.path().join("two")).unwrap();
        let file = |name: &str| fs::read(folder.path().join(name).join("six.py")).unwrap();
        assert_eq!(file("one"), file("two"));
        let mut text = made.text().to_owned();
        for hash in made.packages.iter().flat_map(|locked| &locked.sha256) {
            text = text.replace(hash, &"0".repeat(64));
        }
        let error =
            install(&uv(), wanted, &Lock::parse(&text), &folder.path().join("three")).unwrap_err();
        let ResolveError::Hash { package, found } = &error else { panic!("{error}") };
        assert_eq!(package, "six==1.17.0");
        assert!(made.packages[0].sha256.contains(found), "{error}");
    });
}

#[test]
fn versions_of_another_platforms_lock_are_taken_over() {
    let folder = TempDir::new().unwrap();
    let there = Lock::parse("six==1.16.0\nnumpy==2.4.6\n");
    let made = with(&folder, "six>=1.15\n", "x86_64-manylinux_2_28", |wanted| {
        assert_ne!(lock(&uv(), wanted).unwrap().version("six"), Some("1.16.0"));
        lock_alike(&uv(), wanted, &there).unwrap()
    });
    assert_eq!(made.version("six"), Some("1.16.0"));
    assert_eq!(made.packages.len(), 1, "nothing is added that was not asked for");
    assert_eq!(made.packages[0].sha256.len(), 2, "its own hashes");
}

#[test]
fn a_uv_that_is_not_there_is_named() {
    let folder = TempDir::new().unwrap();
    let none = Uv { program: folder.path().join("uv"), ..Uv::default() };
    let result = with(&folder, "six\n", "x86_64-manylinux_2_28", |wanted| lock(&none, wanted));
    assert!(matches!(result.unwrap_err(), ResolveError::NoUv { .. }));
}
