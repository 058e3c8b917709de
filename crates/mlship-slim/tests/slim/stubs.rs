//! Stubs that stand in for native libraries: small ones compiled here, and those of numpy.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use mlship_slim::{Choice, Level, Purpose, Reason, SlimError, Slimmed, Step, Stubs};

use super::numpy;
use super::scene::{ELSEWHERE, PLATFORM, Scene, request, sample, write};

/// A library in C that another needs, large and with versions, and one that it needs itself.
const FAR: &str = "
#include <stdlib.h>
extern int farther(int);
char far_room[9000000] = {1};
int far_table[4] = {5, 6, 7, 8};
int far_answer_old(int x) { return x + 1; }
int far_answer_new(int x) { return x + 2; }
int far_unused(int x) { return farther(x); }
__asm__(\".symver far_answer_old,far_answer@FAR_1\");
__asm__(\".symver far_answer_new,far_answer@@FAR_2\");
__attribute__((constructor)) static void begin(void) { if (getenv(\"TZ\")) setenv(\"FAR\", \"1\", 1); }
";
const VERSIONS: &str = "FAR_1 { };\nFAR_2 { far_unused; far_table; far_room; } FAR_1;\n";
const FARTHER: &str = "char farther_room[9000000] = {1};\nint farther(int x) { return x + 3; }\n";

/// What Python opens.
const NEAR: &str = "
#include <stdlib.h>
extern int far_answer(int);
extern int far_table[4];
extern int far_unused(int);
int near(int x) { return x * 2; }
int beyond(int x) { return far_answer(x); }
int behind(int x) { return far_unused(x); }
int table(int x) { return far_table[x]; }
int set(int x) { return getenv(\"FAR\") ? x : -1; }
";

const HANDLER: &str = "
def predict(request):
    import native
    return getattr(native.NEAR, request['call'])(int(request['with']))
";

fn compile(folder: &Path, name: &str, source: &str, arguments: &[&str]) {
    let extension = if source.contains("class ") { "cpp" } else { "c" };
    let file = folder.join(name).with_extension(extension);
    write(&file, source);
    let compiler = if extension == "cpp" { "c++" } else { "cc" };
    let out = Command::new(compiler)
        .current_dir(folder)
        .args(["-shared", "-fPIC", "-O1", "-o", name, "-Wl,-rpath,$ORIGIN", "-L."])
        .arg(&file)
        .args(arguments)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    fs::remove_file(file).unwrap();
}

/// A package with a native library that needs another, of this name.
fn scene_of(far: &str) -> Scene {
    let scene = Scene::empty(HANDLER);
    let folder = scene.packages().join("native");
    let python = "import ctypes, os\n\
                  NEAR = ctypes.CDLL(os.path.join(os.path.dirname(__file__), 'libnear.so'))\n";
    write(&folder.join("__init__.py"), python);
    write(&folder.join("versions"), VERSIONS);
    compile(&folder, "libfarther.so", FARTHER, &[]);
    let versions = "-Wl,--version-script=versions";
    compile(&folder, far, FAR, &[versions, "-Wl,-z,defs", "-lfarther"]);
    compile(&folder, "libnear.so", NEAR, &[&format!("-l:{far}")]);
    fs::remove_file(folder.join("versions")).unwrap();
    scene
}

fn stubs(named: &[&str]) -> Choice {
    let named = named.iter().map(|name| (*name).to_owned()).collect();
    let stubs = Stubs::Unused { named };
    Choice { level: Level::Traced, stubs, ..Choice::default() }
}

fn asked(call: &str, purpose: Purpose) -> mlship_slim::Request {
    request(&format!("{{\"call\": \"{call}\", \"with\": 1}}"), purpose)
}

fn slim(scene: &Scene, choice: &Choice, calls: &[&str]) -> Result<Slimmed, SlimError> {
    let mut requests: Vec<_> = calls.iter().map(|call| asked(call, Purpose::Sample)).collect();
    requests.push(asked("near", Purpose::HeldOut));
    scene.slim(choice, &requests)
}

/// The libraries that were put back, and those that are stubs.
fn found(slimmed: &Slimmed) -> (Vec<String>, Vec<String>) {
    let put_back = slimmed.verification.put_back.iter().filter(|one| one.step == Step::Stub);
    let stubs = slimmed.provenance().unwrap().stubs;
    (
        put_back.map(|one| one.of.clone()).collect(),
        stubs.into_iter().map(|one| one.library).collect(),
    )
}

/// Calls a function of what is shipped.
fn call(scene: &Scene, name: &str) -> Output {
    let script = format!(
        "import sys; sys.path.insert(0, {:?})\nimport native; print(native.NEAR.{name}(1))",
        scene.out()
    );
    let mut command = Command::new(scene.python.program());
    command.args(["-S", "-B", "-c", &script]).env("TZ", "UTC").output().unwrap()
}

#[test]
fn a_library_that_nobody_calls_becomes_a_stub_that_says_so_when_it_is_called() {
    let scene = scene_of("libfar.so");
    let slimmed = slim(&scene, &stubs(&[]), &["near"]).unwrap();
    assert_eq!(found(&slimmed), (vec![], vec!["native/libfar.so".to_owned()]));
    let digest = slimmed.digest().unwrap();
    fs::remove_dir_all(scene.out()).unwrap();
    let slimmed = slim(&scene, &stubs(&[]), &["near"]).unwrap();
    assert_eq!(slimmed.digest().unwrap(), digest, "the same bytes each time");
    let files = slimmed.provenance().unwrap().files;
    let far = files.iter().find(|file| file.path == "native/libfar.so").unwrap();
    assert_eq!(far.kept, Some(Reason::Stub));
    assert!(far.bytes_after < 3_000 && far.bytes_before > 9_000_000, "{far:?}");
    assert!(!scene.out().join("native/libfarther.so").exists());
    let told = slimmed.explain().unwrap().to_string();
    assert!(told.contains(" in 1 file: a stub, because nobody calls it"), "{told}");
    assert!(
        told.contains("left out 9.02 MB in 1 file: needed by libraries that are stubs"),
        "{told}"
    );
    assert_eq!(call(&scene, "near").stdout, b"2\n");
    for (name, symbol) in [("beyond", "far_answer"), ("behind", "far_unused")] {
        let out = call(&scene, name);
        assert_eq!(out.status.code(), Some(86), "{out:?}");
        let wanted = format!("[mlship] pruned native symbol {symbol} of libfar.so was called\n");
        assert_eq!(String::from_utf8(out.stderr).unwrap(), wanted);
    }
}

#[test]
fn what_a_sample_calls_is_put_back_and_what_that_needs_may_be_a_stub() {
    let scene = scene_of("libfar.so");
    let slimmed = slim(&scene, &stubs(&[]), &["near", "beyond"]).unwrap();
    let far = "native/libfar.so".to_owned();
    assert_eq!(found(&slimmed), (vec![far], vec!["native/libfarther.so".to_owned()]));
    let told = slimmed.verification.put_back[0].to_string();
    assert!(told.contains("pruned native symbol far_answer of libfar.so was called"), "{told}");
    assert_eq!(call(&scene, "beyond").stdout, b"3\n");
    assert_eq!(call(&scene, "table").stdout, b"6\n");
    let out = call(&scene, "behind");
    assert!(String::from_utf8_lossy(&out.stderr).contains("farther of libfarther.so"), "{out:?}");
}

#[test]
fn what_a_held_out_request_calls_is_put_back_too() {
    let scene = scene_of("libfar.so");
    let requests = [asked("near", Purpose::Sample), asked("beyond", Purpose::HeldOut)];
    let slimmed = scene.slim(&stubs(&[]), &requests).unwrap();
    assert_eq!(found(&slimmed).0, ["native/libfar.so"]);
}

#[test]
fn data_and_what_is_done_while_loading_show_in_the_answers_alone() {
    for name in ["table", "set"] {
        let scene = scene_of("libfar.so");
        let slimmed = slim(&scene, &stubs(&[]), &[name]).unwrap();
        assert_eq!(found(&slimmed), (vec!["native/libfar.so".to_owned()], vec![]), "{name}");
    }
}

#[test]
fn arithmetic_is_left_alone_unless_it_is_named_and_so_is_what_is_small() {
    let scene = scene_of("libfarblas.so");
    let small = scene.packages().join("native");
    let slimmed = slim(&scene, &stubs(&[]), &["near"]).unwrap();
    assert_eq!(found(&slimmed).1, ["native/libfarther.so"], "what it needs is none");
    fs::remove_dir_all(scene.out()).unwrap();
    compile(&small, "libfarther.so", "int farther(int x) { return x + 3; }\n", &[]);
    let slimmed = slim(&scene, &stubs(&[]), &["near"]).unwrap();
    assert_eq!(found(&slimmed).1, Vec::<String>::new());
    fs::remove_dir_all(scene.out()).unwrap();
    let slimmed = slim(&scene, &stubs(&["libfarb"]), &["near"]).unwrap();
    assert_eq!(found(&slimmed).1, ["native/libfarblas.so"]);
}

#[test]
fn a_library_with_data_for_each_thread_is_left_alone() {
    let scene = scene_of("libfar.so");
    let folder = scene.packages().join("native");
    let far = "__thread int far_own;\nchar far_room[9000000] = {1};\nint far_table[4];\n\
               int far_answer(int x) { return x; }\nint farther(int);\n\
               int far_unused(int x) { return farther(x); }\n";
    compile(&folder, "libfar.so", far, &["-lfarther"]);
    compile(&folder, "libnear.so", NEAR, &["-lfar"]);
    let slimmed = slim(&scene, &stubs(&[]), &["near"]).unwrap();
    assert_eq!(found(&slimmed).1, ["native/libfarther.so"]);
}

#[test]
fn types_and_virtual_functions_of_cpp_are_there_to_be_loaded_and_compared() {
    let shape = "class Shape { public: Shape(); virtual ~Shape(); virtual int sides(); };\n";
    let far = format!(
        "{shape}char room[9000000] = {{1}};\nShape::Shape() {{}}\nShape::~Shape() {{}}\n\
         int Shape::sides() {{ return 4; }}\n"
    );
    let near = format!(
        "#include <typeinfo>\n{shape}class Own : public Shape {{ public: int sides(); int more(); }};\n\
         int Own::sides() {{ return Shape::sides() + 1; }}\n\
         class Alone {{ public: virtual ~Alone() {{}} }};\n\
         extern \"C\" int near(int x) {{ Alone alone; Alone *one = &alone;\n\
           return x + (typeid(*one) == typeid(Shape)) + (dynamic_cast<Shape *>(one) != 0); }}\n\
         extern \"C\" int beyond(int x) {{ Own own; Shape *one = &own; return x + one->sides(); }}\n"
    );
    let scene = scene_of("libfar.so");
    let folder = scene.packages().join("native");
    compile(&folder, "libfar.so", &far, &[]);
    compile(&folder, "libnear.so", &near, &["-lfar"]);
    let slimmed = slim(&scene, &stubs(&[]), &["near"]).unwrap();
    assert_eq!(found(&slimmed).1, ["native/libfar.so"]);
    assert_eq!(call(&scene, "near").stdout, b"1\n");
    let out = call(&scene, "beyond");
    assert_eq!(out.status.code(), Some(86), "{out:?}");
    let told = String::from_utf8(out.stderr).unwrap();
    assert_eq!(told, "[mlship] pruned native symbol _ZN5ShapeC2Ev of libfar.so was called\n");
}

#[test]
fn stubs_want_requests_that_are_held_out_and_the_machine_that_they_are_for() {
    let scene = scene_of("libfar.so");
    let alone = [asked("near", Purpose::Sample)];
    let error = scene.slim(&stubs(&[]), &alone).unwrap_err();
    assert!(matches!(error, SlimError::NoHeldOut), "{error}");
    let error = scene.slim_across(&scene.packages(), &stubs(&[]), &alone).unwrap_err();
    assert!(
        matches!(error, SlimError::StubsElsewhere { target } if target == ELSEWHERE.architecture),
        "{error}"
    );
}

#[test]
fn of_numpys_libraries_the_called_ones_are_put_back_and_the_others_are_stubs() {
    let [here, _] = numpy::installed();
    let scene = numpy::scene(&here);
    let requests =
        [sample("{\"values\": [1, 2, 4]}"), request("{\"values\": [1.5, NaN]}", Purpose::HeldOut)];
    let choice = stubs(&["libscipy_openblas64_", "libgfortran", "libquadmath"]);
    let slimmed = scene.slim(&choice, &requests).unwrap();
    assert!(slimmed.verification.glibc.unwrap() <= PLATFORM.glibc);
    let (put_back, stubs) = found(&slimmed);
    assert!(put_back.iter().any(|one| one.contains("libscipy_openblas64_")), "{put_back:?}");
    assert!(stubs.iter().any(|one| one.contains("libgfortran")), "{stubs:?} {put_back:?}");
    let told = slimmed.verification.put_back[0].to_string();
    assert!(told.contains("pruned native symbol scipy_cblas_"), "{told}");
}
