//! numpy, out of its wheel: libraries, data and docstrings of a real package.

use std::fs;
use std::path::{Path, PathBuf};

use mlship_slim::resolve::{Accelerators, Uv, Wanted, install, lock, lock_alike};
use mlship_slim::{Glibc, Level, Platform, Purpose, Python, SlimError};
use mlship_testkit::fixture::made_once;
use mlship_testkit::tools;

use super::scene::{ELSEWHERE, PLATFORM, Scene, level, request, sample};

const REQUIREMENTS: &str = "numpy==2.4.6\n";

const HANDLER: &str = "
import numpy
def predict(request):
    values = numpy.array(request['values'], dtype=float)
    mean = numpy.ma.masked_invalid(values).mean()
    return {'mean': float(mean), 'solved': numpy.linalg.solve(numpy.eye(len(values)) * 2, values).tolist()}
";

/// numpy as it is installed, for this machine and for another; made once.
pub(super) fn installed() -> [PathBuf; 2] {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("numpy-2.4.6");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slim/numpy.rs");
    made_once(&folder, &[&script], |folder| {
        let requirements = folder.join("requirements.txt");
        fs::write(&requirements, REQUIREMENTS).unwrap();
        let python = Python::at(&tools::python()).unwrap();
        let wanted = |platform| Wanted {
            requirements: &requirements,
            python: &python,
            platform,
            accelerators: Accelerators::Refuse,
        };
        let uv = Uv { program: tools::uv(), ..Uv::default() };
        let there = lock(&uv, &wanted(ELSEWHERE)).unwrap();
        let here = lock_alike(&uv, &wanted(PLATFORM), &there).unwrap();
        assert_eq!(here.version("numpy"), there.version("numpy"));
        install(&uv, &wanted(PLATFORM), &here, &folder.join("here")).unwrap();
        install(&uv, &wanted(ELSEWHERE), &there, &folder.join("there")).unwrap();
    });
    ["here", "there"].map(|name| folder.join(name))
}

/// A scene with these packages.
pub(super) fn scene(packages: &Path) -> Scene {
    let scene = Scene::empty(HANDLER);
    fs::remove_dir(scene.packages()).unwrap();
    std::os::unix::fs::symlink(packages, scene.packages()).unwrap();
    scene
}

#[test]
fn numpy_answers_as_before_and_is_much_smaller() {
    let [here, _] = installed();
    let scene = scene(&here);
    let requests = [
        sample("{\"values\": [1, 2, 4]}"),
        request("{\"values\": [1.5, NaN, 1e300]}", Purpose::HeldOut),
    ];
    let slimmed = scene.slim(&level(Level::Balanced), &requests).unwrap();
    assert_eq!(slimmed.verification.put_back, []);
    assert!(slimmed.verification.glibc.unwrap() <= PLATFORM.glibc);
    let told = slimmed.explain().unwrap();
    let (before, after) = (told.bytes_before, told.bytes_after);
    assert!(after * 5 < before * 4, "{told}");
    let libraries = slimmed.provenance().unwrap().files;
    let blas = libraries.iter().find(|file| file.path.contains("libscipy_openblas")).unwrap();
    // Nobody throws an error through it.
    let (before, after) = (blas.bytes_before, blas.bytes_after);
    assert!(after > 0 && after * 10 < before * 9, "{blas:?}");
    let wanted = scene.packages();
    assert!(!wanted.join("numpy/__pycache__").exists(), "nothing is put into the installed folder");
    let old = Platform { glibc: Glibc { major: 2, minor: 12 }, ..PLATFORM };
    fs::remove_dir_all(scene.out()).unwrap();
    let error = scene.slim_for(old, &level(Level::Balanced), &requests).unwrap_err();
    assert!(matches!(error, SlimError::Glibc { .. }), "{error}");
    assert!(!scene.out().exists());
}
