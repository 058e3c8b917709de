//! Answers are compared, and what they lack is put back.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use mlship_slim::{Choice, Level, Purpose, Rest, SlimError, Slimmed, Step};

use super::scene::{ELSEWHERE, Scene, level, request, sample};

const ASKED: &str = "{\"with\": [\"x\"]}";

/// What was put back, without why.
fn put_back(slimmed: &Slimmed) -> Vec<(Step, &str)> {
    slimmed.verification.put_back.iter().map(|one| (one.step, one.of.as_str())).collect()
}

#[test]
fn docstrings_of_a_package_that_fails_without_them_are_put_back() {
    let scene = Scene::new();
    let requests = [sample("{\"of\": \"wordy\", \"call\": \"WORD\"}"), sample(ASKED)];
    let slimmed = scene.slim(&level(Level::Balanced), &requests).unwrap();
    assert_eq!(put_back(&slimmed), [(Step::Docstrings, "wordy")]);
    let told = slimmed.verification.put_back[0].to_string();
    assert!(told.starts_with("the docstrings of `wordy`, because `Sample "), "{told}");
    assert!(told.contains("AttributeError: 'NoneType' object has no attribute 'split'"), "{told}");
    assert_eq!(
        scene.run("import wordy, parrot; print(wordy.WORD, parrot.say.__doc__)"),
        "one None\n"
    );
}

#[test]
fn docstrings_that_change_an_answer_without_an_error_are_found_by_halving() {
    let scene = Scene::new();
    let requests = [sample("{\"of\": \"quiet\", \"call\": \"heard\", \"with\": []}")];
    let slimmed = scene.slim(&level(Level::Safe), &requests).unwrap();
    assert_eq!(put_back(&slimmed), [(Step::Docstrings, "quiet")]);
    assert_eq!(
        scene.run("import quiet, plain; print(quiet.heard(), plain.one.__doc__)"),
        "all None\n"
    );
}

#[test]
fn sources_are_put_back_where_an_answer_names_them_and_folders_are_no_difference() {
    let scene = Scene::new();
    let requests = [sample("{\"of\": \"plain\", \"call\": \"__file__\"}"), sample(ASKED)];
    let slimmed = scene.slim(&level(Level::Balanced), &requests).unwrap();
    // Without `of` it is the parrot that is asked for its file.
    assert_eq!(put_back(&slimmed), [(Step::Sources, "parrot"), (Step::Sources, "plain")]);
    assert!(scene.out().join("plain.py").exists());
    let handler = "def predict(request):\n    import plain, parrot\n    return plain.__file__\n";
    fs::write(scene.handler.folder.join("app.py"), handler).unwrap();
    fs::remove_dir_all(scene.out()).unwrap();
    let slimmed = scene.slim(&level(Level::Balanced), &[sample(ASKED)]).unwrap();
    assert_eq!(put_back(&slimmed), [(Step::Sources, "plain")]);
}

#[test]
fn a_module_that_only_a_held_out_request_uses_is_put_back_although_the_error_is_swallowed() {
    let scene = Scene::new();
    let held = "{\"of\": \"parrot.core\", \"call\": \"kindly\", \"with\": [\"y\"]}";
    let requests = [sample(ASKED), request(held, Purpose::HeldOut)];
    let slimmed = scene.slim(&level(Level::Traced), &requests).unwrap();
    let wanted = ["parrot.far", "parrot.far.away"].map(|name| (Step::Module, name));
    assert_eq!(put_back(&slimmed), wanted);
    assert_eq!(slimmed.verification.held_out, 1);
    fs::remove_dir_all(scene.out()).unwrap();
    let choice = Choice { rest: Rest::Shipped, ..level(Level::Traced) };
    let slimmed = scene.slim(&choice, &requests).unwrap();
    assert_eq!(slimmed.verification.put_back, [], "the archive has them");
}

#[test]
fn wrong_requests_are_refused_as_before() {
    let scene = Scene::new();
    let slimmed = scene.slim(&level(Level::Traced), &[sample(ASKED)]).unwrap();
    assert!(slimmed.verification.malformed > 5);
    assert_eq!(slimmed.verification.samples, 1);
    assert_eq!(slimmed.verification.unsteady, Vec::<String>::new());
}

#[test]
fn the_packages_are_read_only_and_the_installed_ones_are_out_of_reach() {
    let scene = Scene::new();
    // It writes beside itself where it may, and looks for the folder that it was watched in.
    let installed = scene.packages();
    let handler = format!(
        "import os, plain\ndef predict(request):\n    return os.path.exists({:?} + '/plain.py')\n",
        installed
    );
    fs::write(scene.handler.folder.join("app.py"), handler).unwrap();
    let error = scene.slim(&level(Level::Traced), &[sample(ASKED)]).unwrap_err();
    let SlimError::Unproven { differences } = &error else { panic!("{error}") };
    assert_eq!((differences[0].before.as_str(), differences[0].after.as_str()), ("true", "false"));
    assert!(installed.join("plain.py").exists());
}

#[test]
fn answers_that_differ_each_time_are_told_and_not_compared() {
    let scene = Scene::new();
    let handler = "import plain, time\ndef predict(request):\n    return time.perf_counter_ns()\n";
    fs::write(scene.handler.folder.join("app.py"), handler).unwrap();
    let slimmed = scene.slim(&level(Level::Traced), &[sample(ASKED)]).unwrap();
    assert!(slimmed.verification.unsteady.contains(&sample(ASKED).name));
}

#[test]
fn what_fails_with_all_packages_is_no_slimmers_fault() {
    let scene = Scene::new();
    let none = scene.slim(&level(Level::Safe), &[]).unwrap_err();
    assert!(matches!(none, SlimError::NoSamples), "{none}");
    let wrong = scene.slim(&level(Level::Safe), &[sample("{\"of\": \"none\"}")]).unwrap_err();
    let told = wrong.to_string();
    assert!(told.starts_with("sample `Sample {\"of\": \"none\"}` is not answered"), "{told}");
    assert!(told.ends_with("ModuleNotFoundError: No module named 'none'"), "{told}");
    fs::write(scene.handler.folder.join("app.py"), "import none\n").unwrap();
    let told = scene.slim(&level(Level::Safe), &[sample(ASKED)]).unwrap_err().to_string();
    assert!(told.starts_with("the handler cannot be loaded with all packages there"), "{told}");
    assert!(!scene.out().exists());
}

#[test]
fn a_handler_may_list_and_remove_folders_that_it_has_open() {
    let scene = Scene::new();
    let handler = "import os, plain, tempfile\ndef predict(request):\n    \
                   number = os.open(os.path.dirname(plain.__file__) + '/parrot', os.O_RDONLY)\n    \
                   names = os.listdir(number)\n    os.close(number)\n    \
                   with tempfile.TemporaryDirectory() as folder:\n        \
                   os.mkdir(folder + '/inside')\n    return 'unread.txt' in names\n";
    fs::write(scene.handler.folder.join("app.py"), handler).unwrap();
    scene.slim(&level(Level::Traced), &[sample(ASKED)]).unwrap();
    assert!(scene.out().join("parrot/unread.txt").exists());
}

#[test]
fn a_handler_that_hangs_is_ended_and_named_with_its_request_and_line() {
    let scene = Scene::new();
    let choice = Choice { patience: Some(Duration::from_secs(2)), ..level(Level::Safe) };
    let app = scene.handler.folder.join("app.py");
    let begin = Instant::now();
    fs::write(&app, "import time\ndef predict(request):\n    time.sleep(600)\n").unwrap();
    let told = scene.slim(&choice, &[sample(ASKED)]).unwrap_err().to_string();
    let wanted =
        "`app` had not answered `Sample {\"with\": [\"x\"]}` after 2 s; it was in line 3 of `";
    assert!(told.starts_with(wanted), "{told}");
    assert!(told.ends_with("/app.py`; make it end, or give it more time"), "{told}");
    // A native call that lets nothing of Python run meanwhile.
    let native = "import ctypes\nctypes.PyDLL(None).sleep(600)\n";
    fs::write(&app, native).unwrap();
    let told = scene.slim(&choice, &[sample(ASKED)]).unwrap_err().to_string();
    assert!(told.starts_with("`app` had not loaded after 2 s; it was in line 2 of `"), "{told}");
    assert!(begin.elapsed() < Duration::from_secs(60));
    assert!(!scene.out().exists());
}

#[test]
fn smaller_packages_that_hang_get_back_what_they_hang_without() {
    let scene = Scene::new();
    let handler = "import plain, time\ndef predict(request):\n    while not plain.one.__doc__:\n\
                   \x20       time.sleep(1)\n    return plain.one()\n";
    fs::write(scene.handler.folder.join("app.py"), handler).unwrap();
    let choice = Choice { patience: Some(Duration::from_secs(2)), ..level(Level::Balanced) };
    let slimmed = scene.slim(&choice, &[sample(ASKED)]).unwrap();
    assert_eq!(put_back(&slimmed), [(Step::Docstrings, "plain")]);
    assert!(slimmed.verification.put_back[0].because.contains("timeout: had not answered `"));
}

#[test]
fn the_proof_has_no_network() {
    let scene = Scene::new();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let handler = format!(
        "import plain, socket\ndef predict(request):\n    \
         socket.create_connection(('127.0.0.1', {})).close()\n    return plain.one()\n",
        server.local_addr().unwrap().port()
    );
    fs::write(scene.handler.folder.join("app.py"), handler).unwrap();
    let error = scene.slim(&level(Level::Traced), &[sample(ASKED)]).unwrap_err();
    let SlimError::Unproven { differences } = &error else { panic!("{error}") };
    assert_eq!(differences[0].before, "1");
    assert!(differences[0].after.starts_with("OSError: [Errno 101]"), "{error}");
}

#[test]
fn other_architectures_and_folders_that_are_there_are_refused() {
    let scene = Scene::new();
    let error = scene.slim_for(ELSEWHERE, &level(Level::Safe), &[sample(ASKED)]).unwrap_err();
    assert!(matches!(error, SlimError::OtherArchitecture { .. }), "{error}");
    fs::create_dir(scene.out()).unwrap();
    let error = scene.slim(&level(Level::Safe), &[sample(ASKED)]).unwrap_err();
    assert!(matches!(error, SlimError::OutExists { .. }), "{error}");
}
