//! The page at `/`, used in a browser as people do, and who is shown it.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_bundle::{Bundle, Page, Serving};
use support::client::{Client, request};
use support::server::Server;
use support::{bundles, run, shown};

/// Plays a scene of `browser/page.py`; the photographs are in the folder that is returned.
fn play(scene: &str, folder: &Path, environment: &[(&str, &str)]) {
    let server = Server::start_with(folder, environment);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/page.py");
    let photographs = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("page");
    std::fs::create_dir_all(&photographs).unwrap();
    mlship_testkit::tools::chromium();
    let mut command = Command::new(mlship_testkit::tools::python());
    command.arg("-B").arg(script).arg(scene).arg(format!("http://{}/", server.address));
    run(command.arg(photographs).envs(environment.iter().copied()));
}

#[test]
fn a_row_is_filled_in_and_answered() {
    play("table", shown::table().path(), &[]);
}

#[test]
fn a_phone_in_the_dark_behind_a_key_by_keyboard_alone() {
    play("keyboard", shown::table().path(), &[("MLSHIP_KEY", "s3cret+/=")]);
}

#[test]
fn texts_with_signs_of_every_language_between() {
    play("text", shown::text().path(), &[]);
}

#[test]
fn tensors_are_written_as_json() {
    play("tensor", shown::tensor().path(), &[]);
}

#[cfg(feature = "worker")]
#[test]
fn what_a_handler_in_python_takes_is_written_as_json() {
    let app = "def predict(asked):\n    return {**asked, 'seen': True}\n";
    play("handler", support::handlers::write(app).path(), &[]);
}

#[test]
fn a_picture_is_dropped_and_sent_as_it_is() {
    play("picture", shown::picture().path(), &[]);
}

fn serving(page: Page) -> Bundle {
    Bundle { serving: Serving { page, ..Serving::default() }, ..bundles::table() }
}

fn status(bundle: &Bundle, environment: &[(&str, &str)]) -> u16 {
    let folder = bundles::write(bundle);
    let server = Server::start_with(folder.path(), environment);
    let address = server.address.replace("0.0.0.0", "127.0.0.1");
    let status = request(&address, "GET", "/", "").status;
    let described = request(&address, "GET", "/openapi.json", "").json();
    assert_eq!(described["paths"].get("/").is_some(), status == 200, "{described}");
    status
}

#[test]
fn who_is_shown_the_page() {
    let open = ("MLSHIP_LISTEN", "0.0.0.0:0");
    let handler = ("FUNCTIONS_CUSTOMHANDLER_PORT", "0");
    assert_eq!(status(&serving(Page::Local), &[]), 200);
    assert_eq!(status(&serving(Page::Local), &[("MLSHIP_LISTEN", "[::1]:0")]), 200);
    assert_eq!(status(&serving(Page::Local), &[open]), 404);
    // It listens at loopback, and hands on what others ask.
    assert_eq!(status(&serving(Page::Local), &[handler]), 404);
    assert_eq!(status(&serving(Page::On), &[open]), 200);
    assert_eq!(status(&serving(Page::On), &[handler]), 200);
    assert_eq!(status(&serving(Page::Off), &[]), 404);
}

#[test]
fn the_page_is_shut_in_and_says_nothing_of_the_model() {
    let folder = bundles::write(&serving(Page::On));
    let server = Server::start_with(folder.path(), &[("MLSHIP_KEY", "s3cret")]);
    let page = request(&server.address, "GET", "/", "");
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let html = String::from_utf8(page.body).unwrap();
    assert!(!html.contains("smoker") && !html.contains("s3cret"), "{html}");
    assert_eq!(request(&server.address, "POST", "/", "").status, 405);
    // HEAD has the length and no body.
    let mut client = Client::connect(&server.address);
    client.send("HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let mut head = String::new();
    std::io::Read::read_to_string(&mut client.stream, &mut head).unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
    // Without a page the path is as any other: nothing is said without the key.
    let folder = bundles::write(&serving(Page::Off));
    let server = Server::start_with(folder.path(), &[("MLSHIP_KEY", "s3cret")]);
    assert_eq!(request(&server.address, "GET", "/", "").status, 401);
}
