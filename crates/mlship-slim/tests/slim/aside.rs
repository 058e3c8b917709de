//! Packages that were left out whole, served from the archive with their data.

use std::fs;
use std::path::Path;

use mlship_slim::{Choice, Level, Purpose, Rest};

use super::scene::{Scene, level, request, sample, write};

const ASKED: &str = "{\"with\": [\"x\"]}";

const BEGIN: &str = "import _mlship_guard; _mlship_guard.install()\n";

/// Code that looks for its data and its modules in every way.
const ZONES: &str = "import os\n\
    def here():\n    return open(os.path.join(os.path.dirname(__file__), 'data', 'here')).read()\n\
    def beside():\n    import importlib.resources\n    \
    return importlib.resources.files('zones').joinpath('data/here').read_text()\n\
    def packed():\n    import pkgutil\n    return pkgutil.get_data('zones', 'data/here').decode()\n\
    def parts():\n    import pkgutil\n    return [part.name for part in pkgutil.iter_modules(__path__)]\n";

/// The scene with a package of data, which no sample uses.
fn scene(data: &str) -> Scene {
    let scene = Scene::new();
    for (file, text) in [
        ("zones/__init__.py", ZONES),
        ("zones/part.py", "from zones.deep.deeper import DEEP\n"),
        ("zones/deep/__init__.py", ""),
        ("zones/deep/deeper.py", "DEEP = 7\n"),
        ("zones/form.py", "{{ no Python }}\n"),
        ("zones/data/here", data),
    ] {
        write(&scene.packages().join(file), text);
    }
    scene
}

fn shipped(rest: Rest) -> Choice {
    Choice { rest, ..level(Level::Balanced) }
}

#[test]
fn a_package_that_was_left_out_whole_has_its_data_and_its_modules() {
    let scene = scene("Vienna");
    scene.slim(&shipped(Rest::Shipped), &[sample(ASKED)]).unwrap();
    let script = "import os, stat\nfrom importlib.util import find_spec\n\
        print(find_spec('zones') is not None, _mlship_guard._folder._path)\n\
        import zones\nprint(zones.here(), zones.beside(), zones.packed(), zones.parts())\n\
        import zones.part\nprint(zones.part.DEEP, open(os.path.dirname(zones.__file__) + '/form.py').read(), end='')\n\
        print([(miss['module'], miss['served']) for miss in _mlship_guard.misses()])\n\
        folder = os.path.dirname(os.path.dirname(zones.__file__))\n\
        print(stat.filemode(os.stat(folder).st_mode), folder, sep='\\n')\n\
        if os.fork() == 0:\n    sys.exit()\n\
        os.wait()\nprint(os.path.exists(zones.__file__))";
    let told = scene.run(&format!("{BEGIN}{script}"));
    let mut lines = told.lines();
    let mut line = || lines.next().unwrap();
    assert_eq!(line(), "True None", "a probe takes nothing out");
    assert_eq!(line(), "Vienna Vienna Vienna ['deep', 'form', 'part']");
    assert_eq!(line(), "7 {{ no Python }}");
    let names = ["zones", "zones.part", "zones.deep", "zones.deep.deeper"];
    let served: Vec<_> = names.iter().map(|name| format!("('{name}', True)")).collect();
    assert_eq!(line(), format!("[{}]", served.join(", ")));
    assert_eq!(line(), "drwx------");
    let folder = Path::new(line());
    assert!(folder.is_absolute() && !folder.exists(), "it is removed at the end: {told}");
    assert_eq!(line(), "True", "and not at the end of a process that came out of this one");
}

#[test]
fn a_package_that_would_be_incomplete_is_refused_by_its_name() {
    let script = "try:\n    import zones\n    print(zones.here()[:3])\nexcept ImportError as error:\n    print(error)\n\
                  import plain\nprint(plain.one())";
    let script = format!("{BEGIN}{script}");
    let refused = "module `zones` of `zones` is not in this package, because no sample used it; \
                   add `keep: [zones]` under `python` in the manifest, or a sample that uses it, \
                   and package again";
    let large = scene(&"a".repeat(8_000_001));
    large.slim(&shipped(Rest::Shipped), &[sample(ASKED)]).unwrap();
    assert_eq!(large.run(&script), format!("{refused}\n1\n"));
    // One that loads a library by itself.
    let native = scene("Vienna");
    write(&native.packages().join("zones/libzones.so.1"), "no library");
    native.slim(&shipped(Rest::Shipped), &[sample(ASKED)]).unwrap();
    assert_eq!(native.run(&script), format!("{refused}\n1\n"));
    // Where there is no room for the data, what needs none still goes along.
    let narrow = scene(&"0123456789abcdef".repeat(1000));
    let slimmed = narrow.slim(&shipped(Rest::Shipped), &[sample(ASKED)]).unwrap();
    assert_eq!(narrow.run(&script), "012\n1\n");
    let bytes = slimmed.explain().unwrap().bytes_after;
    fs::remove_dir_all(narrow.out()).unwrap();
    narrow.slim(&shipped(Rest::Within(bytes - 1)), &[sample(ASKED)]).unwrap();
    assert_eq!(narrow.run(&script), format!("{refused}\n1\n"));
}

#[test]
fn an_archive_that_cannot_be_read_is_told_with_the_line_that_keeps_the_module() {
    let scene = scene("Vienna");
    scene.slim(&shipped(Rest::Shipped), &[sample(ASKED)]).unwrap();
    fs::write(scene.out().join("_mlship_rest.zip"), "no archive").unwrap();
    for module in ["zones", "plain"] {
        let script = format!(
            "try:\n    import {module}\nexcept ImportError as error:\n    print(error)\n\
             print(_mlship_guard.latest()[0]['served'])"
        );
        let told = scene.run(&format!("{BEGIN}{script}"));
        assert!(told.contains(&format!("; add `keep: [{module}]` under `python`")), "{told}");
        assert!(told.contains("; the archive of what was left out cannot be read: "), "{told}");
        assert!(told.ends_with("\nFalse\n"), "{told}");
    }
}

#[test]
fn what_a_killed_process_left_is_removed_by_the_next_and_what_is_in_use_is_not() {
    let scene = scene("Vienna");
    scene.slim(&shipped(Rest::Shipped), &[sample(ASKED)]).unwrap();
    let folder = scene.folder.path().join("temporary");
    fs::create_dir(&folder).unwrap();
    let script = format!(
        "import os, subprocess\nos.environ['TMPDIR'] = {folder:?}\n\
         code = 'import sys; sys.path.insert(0, sys.argv[1]); import _mlship_guard; \
         _mlship_guard.install(); import zones; print(zones.__file__, flush=True); input()'\n\
         def started():\n    words = [sys.executable, '-S', '-c', code, sys.path[0]]\n    \
         child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n    \
         return child, child.stdout.readline().strip()\n\
         (first, left), (second, used) = started(), started()\n\
         first.kill(); first.wait()\nprint(os.path.exists(left), os.path.exists(used))\n\
         import _mlship_guard; _mlship_guard.install(); import zones\n\
         print(os.path.exists(left), os.path.exists(used), zones.here())\n\
         second.communicate('\\n')\nprint(len(os.listdir({folder:?})))"
    );
    assert_eq!(scene.run(&script), "True True\nFalse True Vienna\n1\n");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_proof_leaves_nothing_behind() {
    let scene = scene("Vienna");
    let noted = scene.folder.path().join("noted");
    let handler = format!(
        "import plain\ndef predict(request):\n    if 'zone' not in request:\n        return plain.one()\n\
         \x20   import zones\n    open({noted:?}, 'a').write(zones.__file__ + '\\n')\n    return zones.here()\n"
    );
    fs::write(scene.handler.folder.join("app.py"), handler).unwrap();
    let requests = [sample(ASKED), request("{\"zone\": 1}", Purpose::HeldOut)];
    let slimmed = scene.slim(&shipped(Rest::Shipped), &requests).unwrap();
    assert_eq!(slimmed.verification.put_back, []);
    let noted = fs::read_to_string(noted).unwrap();
    let unpacked: Vec<_> = noted.lines().filter(|file| file.ends_with(".pyc")).collect();
    assert!(
        !unpacked.is_empty() && unpacked.iter().all(|file| !Path::new(file).exists()),
        "{noted}"
    );
}
