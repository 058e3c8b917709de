//! Packages for a machine that this one is not.

use std::fs::{self, FileTimes};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use mlship_slim::{Choice, Level, Provenance, Purpose, Reason, SlimError};
use tempfile::TempDir;

use super::numpy::{installed, scene};
use super::scene::{ELSEWHERE, PLATFORM, Scene, level, request, sample, write};

/// The folder in which a test that runs itself is to have its packages.
const PLACE: &str = "MLSHIP_SLIM_PLACE";

fn kept<'a>(provenance: &'a Provenance, start: &str) -> Vec<&'a str> {
    let kept = provenance.files.iter().filter(|file| file.kept.is_some());
    kept.map(|file| file.path.as_str()).filter(|path| path.starts_with(start)).collect()
}

#[test]
fn numpy_for_another_machine_is_what_this_one_used_of_it() {
    let [here, there] = installed();
    let scene = scene(&there);
    let requests =
        [sample("{\"values\": [1, 2, 4]}"), request("{\"values\": [1.5, NaN]}", Purpose::HeldOut)];
    let slimmed = scene.slim_across(&here, &level(Level::Balanced), &requests).unwrap();
    let provenance = slimmed.provenance().unwrap();
    let name =
        format!("numpy/linalg/_umath_linalg.cpython-311-{}-linux-gnu.so", ELSEWHERE.architecture);
    assert_eq!(kept(&provenance, "numpy/linalg/_umath_linalg."), [name.as_str()]);
    // Nobody imports it, and its name is another there.
    let blas = kept(&provenance, "numpy.libs/libscipy_openblas64_");
    assert_eq!(blas.len(), 1);
    let file = provenance.files.iter().find(|file| file.path == blas[0]).unwrap();
    assert!(file.bytes_after < file.bytes_before && file.bytes_after > 1_000_000);
    assert_eq!(provenance.verification.verified_on, Some(PLATFORM.architecture));
    assert_eq!(provenance.verification.not_carried_over, Vec::<String>::new());
    assert_eq!(provenance.platform, ELSEWHERE);
    let told = slimmed.explain().unwrap().to_string();
    let wanted = format!(
        "└─ proven with the same versions on {}, not yet on {}: 1 sample, 1 held out",
        PLATFORM.architecture, ELSEWHERE.architecture
    );
    assert!(told.contains(&wanted), "{told}");
    let shipped = fs::read(scene.out().join(&name)).unwrap();
    let installed = fs::read(there.join(&name)).unwrap();
    assert_eq!(shipped[..20], installed[..20], "the header names the other machine");
}

/// Copies a folder, with all times of its files set to the same.
fn copy(from: &Path, to: &Path, seconds: u64) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target, seconds);
        } else {
            fs::copy(&path, &target).unwrap();
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            let file = fs::File::options().write(true).open(&target).unwrap();
            file.set_times(FileTimes::new().set_modified(time)).unwrap();
        }
    }
}

/// Both digests: of packages for this machine, and for another.
fn digests(place: &Path) -> String {
    let requests = [sample("{\"values\": [1, 2, 4]}")];
    let [here, there] = ["here", "there"].map(|name| place.join(name));
    let own = scene(&here).slim(&level(Level::Balanced), &requests).unwrap().digest().unwrap();
    let scene = scene(&there);
    let other = scene.slim_across(&here, &level(Level::Balanced), &requests).unwrap();
    format!("digests {own} {}\n", other.digest().unwrap())
}

/// Runs itself twice: by another user's name, with other temporary folders, times, modes of new
/// files and settings; what is shipped has the same digest.
#[test]
fn the_same_versions_give_the_same_bytes_whoever_makes_them() {
    if let Some(place) = std::env::var_os(PLACE) {
        print!("\n{}", digests(Path::new(&place)));
        return;
    }
    let told =
        [("022", "1000000000", "ann", "/a"), ("077", "1700000000", "bob", "/somewhere/else")].map(
            |(mask, seconds, user, below)| {
                let folder = TempDir::new().unwrap();
                let place = folder.path().join(below.trim_start_matches('/'));
                for (from, name) in installed().iter().zip(["here", "there"]) {
                    copy(from, &place.join(name), seconds.parse().unwrap());
                }
                let temporary = place.join("temporary");
                fs::create_dir(&temporary).unwrap();
                let out = Command::new("sh")
                    .args(["-c", "umask \"$0\" && exec \"$@\"", mask])
                    .arg(std::env::current_exe().unwrap())
                    .args(["--exact", "--nocapture"])
                    .arg("across::the_same_versions_give_the_same_bytes_whoever_makes_them")
                    .env(PLACE, &place)
                    .envs([("USER", user), ("LOGNAME", user), ("SOURCE_DATE_EPOCH", seconds)])
                    .envs([("PYTHONHASHSEED", mask), ("TZ", "Asia/Tokyo")])
                    .env("TMPDIR", &temporary)
                    .output()
                    .unwrap();
                let told = String::from_utf8(out.stdout).unwrap();
                let digests = told.lines().find(|line| line.starts_with("digests "));
                digests
                    .unwrap_or_else(|| panic!("{told}{}", String::from_utf8_lossy(&out.stderr)))
                    .to_owned()
            },
        );
    assert_eq!(told[0], told[1]);
}

#[test]
fn small_packages_are_carried_over_and_what_has_no_counterpart_is_told() {
    let scene = Scene::new();
    let alike = scene.folder.path().join("alike");
    copy(&scene.packages(), &alike, 1);
    // One that the target's packages lack, and one that they alone have.
    write(&alike.join("parrot/here.py"), "");
    write(&scene.packages().join("parrot/there.py"), "");
    let handler = "import parrot.here\ndef predict(request):\n    return parrot.say('x')\n";
    fs::write(scene.handler.folder.join("app.py"), handler).unwrap();
    let choice = level(Level::Balanced);
    let slimmed = scene.slim_across(&alike, &choice, &[sample("{}")]).unwrap();
    assert_eq!(slimmed.verification.not_carried_over, ["parrot/here.py"]);
    let told = slimmed.explain().unwrap().to_string();
    assert!(told.ends_with("\n   used there and not among these: parrot/here.py"), "{told}");
    let files = slimmed.provenance().unwrap().files;
    let there = files.iter().find(|file| file.path == "parrot/there.py").unwrap();
    assert_eq!(there.kept, Some(Reason::Sibling));
}

#[test]
fn another_version_for_this_machine_is_refused() {
    let scene = Scene::new();
    let alike = scene.folder.path().join("alike");
    copy(&scene.packages(), &alike, 1);
    fs::rename(alike.join("parrot-1.2.dist-info"), alike.join("parrot-1.3.dist-info")).unwrap();
    let error = scene.slim_across(&alike, &Choice::default(), &[sample("{}")]).unwrap_err();
    assert!(matches!(&error, SlimError::OtherVersion { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "`parrot` is 1.3 for this machine and 1.2 for the target; install the same version of it \
         for both"
    );
}
