//! Modules that are not there say so.

use mlship_slim::{Choice, Level, Rest};

use super::scene::{Scene, level, sample, write};

const ASKED: &str = "{\"with\": [\"x\"]}";

const BEGIN: &str = "import _mlship_guard; _mlship_guard.install(); import parrot\n";

#[test]
fn a_pruned_module_is_named_with_the_line_that_keeps_it() {
    let scene = Scene::new();
    scene.slim(&level(Level::Traced), &[sample(ASKED)]).unwrap();
    let script = "try:\n    parrot.core.loudly('x')\nexcept ModuleNotFoundError as error:\n    \
                  print(type(error).__name__, error.name, error, sep='|')\nprint(_mlship_guard.misses())";
    let told = scene.run(&format!("{BEGIN}{script}"));
    let wanted = "PrunedModuleError|parrot.rare|module `parrot.rare` of `parrot` is not in this \
                  package, because no sample used it; add `keep: [parrot.rare]` under `python` in \
                  the manifest, or a sample that uses it, and package again\n[{'module': \
                  'parrot.rare', 'distribution': 'parrot', 'served': False}]\n";
    assert_eq!(told, wanted);
}

#[test]
fn a_swallowed_error_is_still_a_miss() {
    let scene = Scene::new();
    scene.slim(&level(Level::Traced), &[sample(ASKED)]).unwrap();
    let script =
        "print(parrot.core.kindly('x'), [miss['module'] for miss in _mlship_guard.misses()])";
    let told = scene.run(&format!("{BEGIN}{script}"));
    assert_eq!(told, "no x ['parrot.far']\n");
}

#[test]
fn a_probe_is_answered_as_before_and_is_no_miss() {
    let scene = Scene::new();
    scene.slim(&level(Level::Traced), &[sample(ASKED)]).unwrap();
    let script = "from importlib.util import find_spec\n\
                  found = [find_spec(name) is not None for name in ('plain', 'parrot.rare', 'none')]\n\
                  print(found, _mlship_guard.misses())";
    assert_eq!(scene.run(&format!("{BEGIN}{script}")), "[True, True, False] []\n");
}

#[test]
fn what_is_shipped_aside_is_imported_and_noted() {
    let scene = Scene::new();
    let choice = Choice { rest: Rest::Shipped, ..level(Level::Traced) };
    scene.slim(&choice, &[sample(ASKED)]).unwrap();
    let script = "print(parrot.core.loudly('x'), parrot.core.kindly('y'))\n\
                  print([(miss['module'], miss['served']) for miss in _mlship_guard.misses()])\n\
                  try:\n    import parrot.tests\nexcept ImportError as error:\n    print(error.name)";
    let told = scene.run(&format!("{BEGIN}{script}"));
    let wanted = "X dear y\n[('parrot.rare', True), ('parrot.far', True), ('parrot.far.away', True)]\n\
                  parrot.tests\n";
    assert_eq!(told, wanted);
}

/// What a host has besides: other versions of what was pruned, and what nobody locked.
fn host(scene: &Scene) -> String {
    let folder = scene.folder.path().join("host");
    for (file, text) in [
        ("plain.py", "def one():\n    return 'old'\n"),
        ("parrot/__init__.py", ""),
        ("parrot/rare.py", "def shout(what):\n    return 'old'\n"),
        ("quiet/data.txt", "a folder is no module"),
        ("other.py", "NAME = 'the host has it'\n"),
    ] {
        write(&folder.join(file), text);
    }
    format!("sys.path.append({folder:?})\nimport other, json\n")
}

#[test]
fn what_was_pruned_is_not_taken_from_the_host_in_another_version() {
    let scene = Scene::new();
    let choice = Choice { rest: Rest::Shipped, ..level(Level::Traced) };
    scene.slim(&choice, &[sample(ASKED)]).unwrap();
    let script = "import plain, quiet\nfrom importlib.util import find_spec\n\
                  print(plain.one(), parrot.core.loudly('x'), quiet.heard(), other.NAME)\n\
                  print([miss['module'] for miss in _mlship_guard.misses()])\n\
                  print(find_spec('plain').origin.startswith(sys.path[0]), find_spec('none'))";
    let told = scene.run(&format!("{}{BEGIN}{script}", host(&scene)));
    let wanted = "1 X nothing the host has it\n['plain', 'quiet', 'parrot.rare']\nTrue None\n";
    assert_eq!(told, wanted);
}

#[test]
fn what_was_pruned_and_does_not_go_along_is_named_although_the_host_has_it() {
    let scene = Scene::new();
    scene.slim(&level(Level::Traced), &[sample(ASKED)]).unwrap();
    let script = "try:\n    import plain\nexcept ImportError as error:\n    print(error)\n";
    let told = scene.run(&format!("{}{BEGIN}{script}", host(&scene)));
    assert!(told.starts_with("module `plain` of `plain` is not in this package"), "{told}");
}

#[test]
fn what_is_searched_before_the_packages_and_the_standard_library_stay_first() {
    let scene = Scene::new();
    // Of the same name as one of the standard library, and unused.
    write(&scene.packages().join("colorsys.py"), "OLD = True\n");
    let choice = Choice { rest: Rest::Shipped, ..level(Level::Traced) };
    scene.slim(&choice, &[sample(ASKED)]).unwrap();
    let own = scene.folder.path().join("own");
    write(&own.join("plain/__init__.py"), "from plain.part import PART\n");
    write(&own.join("plain/part.py"), "PART = 'own'\n");
    let script = format!(
        "sys.path.insert(0, {own:?})\nimport colorsys, plain\n\
         print(hasattr(colorsys, 'OLD'), plain.PART, _mlship_guard.misses())"
    );
    assert_eq!(scene.run(&format!("{BEGIN}{script}")), "False own []\n");
}

#[test]
fn what_is_pruned_goes_along_where_there_is_room() {
    let ran = |most: u64| {
        let scene = Scene::new();
        let choice = Choice { rest: Rest::Within(most), ..level(Level::Traced) };
        let slimmed = scene.slim(&choice, &[sample(ASKED)]).unwrap();
        let script = "try:\n    print(parrot.core.loudly('x'))\nexcept ImportError as error:\n    \
                      print(error.name)\nprint([miss['served'] for miss in _mlship_guard.misses()])";
        (slimmed.explain().unwrap(), scene.run(&format!("{BEGIN}{script}")))
    };
    let (roomy, told) = ran(1_000_000);
    assert_eq!(told, "X\n[True]\n");
    assert!(roomy.rest_bytes > 0 && roomy.bytes_after <= 1_000_000);
    assert!(roomy.to_string().contains("├─ pruned modules in pure Python, aside: "), "{roomy}");
    let (exact, told) = ran(roomy.bytes_after);
    assert_eq!((exact, told.as_str()), (roomy.clone(), "X\n[True]\n"));
    let (full, told) = ran(roomy.bytes_after - 1);
    assert_eq!(told, "parrot.rare\n[False]\n");
    assert_eq!(full.rest_bytes, 0);
    assert!(full.bytes_after < roomy.bytes_after);
}
