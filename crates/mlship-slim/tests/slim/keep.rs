//! Which files are shipped at each level, and why.

use std::fs;

use mlship_slim::{Choice, Dropped, Level, Reason, Rest, Slimmed, Subject, Watcher, slim};

use super::scene::{PLATFORM, Scene, level, sample, write};

/// What became of a file: why it was kept or not.
fn fate(slimmed: &Slimmed, path: &str) -> (Option<Reason>, Option<Dropped>) {
    let files = slimmed.provenance().unwrap().files;
    let file = files.into_iter().find(|file| file.path == path).unwrap();
    (file.kept, file.dropped)
}

const ASKED: &str = "{\"with\": [\"x\"]}";

#[test]
fn traced_keeps_what_was_used() {
    let scene = Scene::new();
    let slimmed = scene.slim(&level(Level::Traced), &[sample(ASKED)]).unwrap();
    let cases = [
        ("parrot/core.py", (Some(Reason::Imported), None)),
        ("parrot/words.txt", (Some(Reason::Opened), None)),
        ("parrot/rare.py", (None, Some(Dropped::Unused))),
        ("parrot/far/away.py", (None, Some(Dropped::Unused))),
        ("parrot/unread.txt", (None, Some(Dropped::Unused))),
        ("parrot/tests/test_core.py", (None, Some(Dropped::Test))),
        ("parrot/core.pyi", (None, Some(Dropped::Types))),
        ("parrot/include/parrot.h", (None, Some(Dropped::Header))),
        ("parrot-1.2.dist-info/RECORD", (None, Some(Dropped::Installers))),
        ("plain.py", (None, Some(Dropped::Unused))),
    ];
    for (path, wanted) in cases {
        assert_eq!(fate(&slimmed, path), wanted, "{path}");
    }
}

#[test]
fn balanced_keeps_siblings_too_and_safe_every_module() {
    let scene = Scene::new();
    let slimmed = scene.slim(&level(Level::Balanced), &[sample(ASKED)]).unwrap();
    assert_eq!(fate(&slimmed, "parrot/rare.py"), (Some(Reason::Sibling), None));
    assert_eq!(fate(&slimmed, "parrot/far/away.py"), (None, Some(Dropped::Unused)));
    fs::remove_dir_all(scene.out()).unwrap();
    let slimmed = scene.slim(&level(Level::Safe), &[sample(ASKED)]).unwrap();
    for path in ["parrot/rare.py", "parrot/far/away.py", "parrot/unread.txt", "plain.py"] {
        assert_eq!(fate(&slimmed, path), (Some(Reason::Program), None), "{path}");
    }
    assert_eq!(fate(&slimmed, "parrot/tests/test_core.py"), (None, Some(Dropped::Test)));
}

/// A package that has what others import among its tests.
fn with_imported_tests() -> Scene {
    let scene = Scene::new();
    for (path, text) in [
        (
            "parrot/far/checks.py",
            "def check():\n    from parrot.tests.given import GIVEN\n    return GIVEN\n",
        ),
        ("parrot/far/near.py", "from .tests import known\nKNOWN = known.KNOWN\n"),
        ("parrot/tests/given.py", "from . import behind\nGIVEN = behind.GIVEN\n"),
        ("parrot/tests/behind.py", "GIVEN = 'given'\n"),
        // A folder of modules without an `__init__`.
        ("parrot/far/tests/known.py", "KNOWN = 'known'\n"),
        ("parrot/far/tests/other.py", "from parrot.tests import test_core\n"),
    ] {
        write(&scene.packages().join(path), text);
    }
    scene
}

#[test]
fn what_others_import_among_tests_is_no_test() {
    let scene = with_imported_tests();
    let slimmed = scene.slim(&level(Level::Safe), &[sample(ASKED)]).unwrap();
    let script = "from parrot.far import checks, near\nprint(checks.check(), near.KNOWN)";
    assert_eq!(scene.run(script), "given known\n");
    for path in ["parrot/tests/test_core.py", "parrot/far/tests/other.py"] {
        assert_eq!(fate(&slimmed, path), (None, Some(Dropped::Test)), "{path}");
    }
    fs::remove_dir_all(scene.out()).unwrap();
    let choice = Choice { rest: Rest::Shipped, ..level(Level::Balanced) };
    scene.slim(&choice, &[sample(ASKED)]).unwrap();
    let begin = "import _mlship_guard; _mlship_guard.install()\n";
    assert_eq!(scene.run(&format!("{begin}{script}")), "given known\n");
}

#[test]
fn a_test_that_was_left_out_is_named() {
    let scene = with_imported_tests();
    let choice = Choice { rest: Rest::Shipped, ..level(Level::Balanced) };
    for module in ["parrot.tests.test_core", "parrot.far.tests.other"] {
        scene.slim(&choice, &[sample(ASKED)]).unwrap();
        let script = format!(
            "import _mlship_guard; _mlship_guard.install()\n\
             try:\n    import {module}\nexcept ImportError as error:\n    print(error)"
        );
        let (package, _) = module.rsplit_once('.').unwrap();
        let wanted = format!(
            "module `{module}` of `parrot` is not in this package, because no \
                              sample used it; add `keep: [{package}]` under"
        );
        let told = scene.run(&script);
        assert!(told.starts_with(&wanted), "{told}");
        fs::remove_dir_all(scene.out()).unwrap();
    }
}

#[test]
fn what_is_asked_for_is_kept() {
    let scene = Scene::new();
    let keep = ["parrot.far", "parrot/unread.txt"].map(str::to_owned).into();
    let choice = Choice { keep, ..level(Level::Traced) };
    let slimmed = scene.slim(&choice, &[sample(ASKED)]).unwrap();
    for path in ["parrot/far/away.py", "parrot/far/__init__.py", "parrot/unread.txt"] {
        assert_eq!(fate(&slimmed, path), (Some(Reason::Asked), None), "{path}");
    }
    assert_eq!(scene.run("import parrot.far.away; print(parrot.far.away.kind('x'))"), "dear x\n");
}

#[test]
fn a_kept_file_keeps_the_packages_that_it_is_in() {
    let scene = Scene::new();
    fs::write(scene.packages().join("parrot/far/note.txt"), "x").unwrap();
    let choice = Choice { keep: vec!["parrot/far/note.txt".into()], ..level(Level::Traced) };
    let slimmed = scene.slim(&choice, &[sample(ASKED)]).unwrap();
    assert_eq!(fate(&slimmed, "parrot/far/__init__.py"), (Some(Reason::Parent), None));
    assert_eq!(fate(&slimmed, "parrot/far/away.py"), (None, Some(Dropped::Unused)));
    assert_eq!(scene.run("import parrot.far; print(parrot.far.NEAR)"), "False\n");
}

#[test]
fn bytecode_goes_instead_of_sources_and_sources_where_somebody_reads_them() {
    let scene = Scene::new();
    let checked =
        "\"\"\"Checks.\"\"\"\ndef check():\n    \"\"\"Text.\"\"\"\n    'more'\n    assert False\n";
    fs::write(scene.packages().join("parrot/checked.py"), checked).unwrap();
    let handler = "import inspect\ndef predict(request):\n    import parrot.rare\n    import plain\n\
                   \x20   return [inspect.getsource(parrot.rare), plain.one()]\n";
    fs::write(scene.handler.folder.join("app.py"), handler).unwrap();
    let slimmed = scene.slim(&level(Level::Balanced), &[sample(ASKED)]).unwrap();
    assert_eq!(slimmed.verification.put_back, []);
    let there = |path: &str| scene.out().join(path).exists();
    assert!(there("plain.pyc") && !there("plain.py"));
    assert!(there("parrot/rare.py") && !there("parrot/rare.pyc"));
    let inside = fs::read_dir(scene.out().join("parrot/__pycache__")).unwrap();
    assert_eq!(inside.count(), 1);
    let script = "from parrot import checked\nprint(checked.__doc__, checked.check.__doc__)\n\
                  try:\n    checked.check()\nexcept AssertionError:\n    print('asserts')";
    assert_eq!(scene.run(script), "None None\nasserts\n");
    assert_eq!(
        scene.run("import plain; print(plain.one.__doc__, plain.one.__code__.co_filename)"),
        "None plain.py\n"
    );
}

#[test]
fn metadata_is_short_and_licences_are_in_one_file() {
    let scene = Scene::new();
    scene.slim(&level(Level::Balanced), &[sample(ASKED)]).unwrap();
    let told = scene.run("from importlib.metadata import version; print(version('parrot'))");
    assert_eq!(told, "1.2\n");
    let metadata = fs::read_to_string(scene.out().join("parrot-1.2.dist-info/METADATA")).unwrap();
    assert_eq!(metadata, "Name: parrot\nVersion: 1.2\n");
    let licences = fs::read_to_string(scene.out().join("THIRD_PARTY_LICENSES")).unwrap();
    assert!(licences.contains("Do as you like with the parrot."), "{licences}");
}

#[test]
fn what_became_of_the_packages_is_told() {
    let scene = Scene::new();
    let slimmed = scene.slim(&level(Level::Traced), &[sample(ASKED)]).unwrap();
    let explained = slimmed.explain().unwrap();
    let parrot = explained.distributions.iter().find(|one| one.name == "parrot").unwrap();
    assert!(parrot.kept.iter().any(|share| share.reason == "imported" && share.files == 2));
    assert!(parrot.dropped.iter().any(|share| share.reason == "tests" && share.files == 2));
    let told = explained.to_string();
    assert!(told.contains("└─ proven: 1 sample, 0 held out, "), "{told}");
    let shipped: u64 = explained.distributions.iter().map(|one| one.bytes_after).sum();
    assert!(shipped > 0 && shipped <= explained.bytes_after, "{told}");
}

#[test]
fn the_same_packages_elsewhere_give_the_same_bytes() {
    let digest = |requests: &[_]| {
        let scene = Scene::new();
        scene.slim(&level(Level::Balanced), requests).unwrap().digest().unwrap()
    };
    let one = digest(&[sample(ASKED)]);
    assert_eq!(one, digest(&[sample(ASKED)]));
    assert_ne!(one, digest(&[sample("{\"of\": \"plain\", \"call\": \"one\", \"with\": []}")]));
}

#[test]
fn a_folder_with_other_letters_changes_nothing() {
    let record = |below: &str| {
        let scene = Scene::empty(
            "import parrot, ctypes, os\ndef predict(request):\n    \
                                  os.stat(os.path.dirname(parrot.__file__) + '/unread.txt')\n    \
                                  return parrot.say('x')\n",
        );
        let work = scene.folder.path().join(below);
        for (path, text) in [
            ("parrot/__init__.py", "def say(what):\n    return what\n"),
            ("parrot/unread.txt", "looked at"),
        ] {
            write(&scene.packages().join(path), text);
        }
        let packages = scene.packages();
        let requests = [sample(ASKED)];
        let subject = Subject {
            packages: &packages,
            python: &scene.python,
            platform: PLATFORM,
            handler: &scene.handler,
            requests: &requests,
        };
        let choice = Choice { watcher: Some(Watcher::Strace), ..level(Level::Traced) };
        let slimmed = slim(&subject, &choice, &work, &work.join("out")).unwrap();
        assert_eq!(fate(&slimmed, "parrot/unread.txt"), (Some(Reason::Checked), None));
        slimmed.digest().unwrap()
    };
    assert_eq!(record("work"), record("ü \"<\\>\"\n\t"));
}

#[test]
fn without_strace_pythons_own_hooks_see_what_python_does() {
    let scene = Scene::new();
    let digest = |watcher: Watcher| {
        let choice = Choice { watcher: Some(watcher), ..level(Level::Traced) };
        let slimmed = scene.slim(&choice, &[sample(ASKED)]).unwrap();
        assert_eq!(slimmed.watcher, watcher);
        assert_eq!(fate(&slimmed, "parrot/words.txt").0, Some(Reason::Opened));
        let digest = slimmed.digest().unwrap();
        fs::remove_dir_all(scene.out()).unwrap();
        digest
    };
    assert_eq!(digest(Watcher::Strace), digest(Watcher::Hooks));
}
