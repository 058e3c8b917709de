//! Broken bodies of every form: nothing panics, hangs or takes memory for what is only claimed.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use mlship_bundle::{Bundle, Format};
use mlship_runtime::request::{Said, Wrap};
use mlship_runtime::service::Service;
use mlship_runtime::setup::Setup;
use serde_json::{Value, json};
use support::bundles;
use support::forms::written;

/// How often each body is broken at random.
const ROUNDS: usize = 3000;

/// What hostile bodies may add to the most memory that the process had, in KiB.
const MOST_KIB: usize = 48 * 1024;

fn bundle() -> Bundle {
    Bundle { formats: vec![Format::Arrow], ..bundles::table() }
}

/// A dozen rows in every form.
fn forms(folder: &std::path::Path) -> Vec<(&'static str, Vec<u8>)> {
    let row = |index: u32| {
        let age = if index.is_multiple_of(5) { Value::Null } else { json!(f64::from(index) + 0.5) };
        json!({"age": age, "visits": index, "smoker": index.is_multiple_of(2)})
    };
    let rows: Vec<Value> = (0..12).map(row).collect();
    let file = folder.join("rows.json");
    std::fs::write(&file, json!(rows).to_string()).unwrap();
    written(&file, &["age", "visits", "smoker"])
}

fn service(folder: &std::path::Path) -> Service {
    let setup = Setup { threads: Some(1), ..Setup::default() };
    Service::load(folder, &bundle(), &setup, |_| {}).unwrap()
}

/// The status of a request that is only read.
fn status(service: &Service, media_type: &str, body: &[u8]) -> u16 {
    let said = Said { media_type: Some(media_type), wrap: Wrap::Plain };
    service.read(body, said).map_or_else(|problem| problem.kind.status(), |_| 200)
}

/// The most memory that this process has had, in KiB.
fn most_memory_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn broken_bodies_are_refused_or_read() {
    let folder = bundles::write(&bundle());
    let forms = forms(folder.path());
    let service = service(folder.path());
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for (media_type, body) in forms {
        let said = Said { media_type: Some(media_type), wrap: Wrap::Plain };
        let mut outcomes = [0; 2];
        let mut read = |body: &[u8]| match service.read(body, said) {
            Ok(request) => {
                assert!(request.examples() <= 100);
                outcomes[0] += 1;
            }
            Err(problem) => {
                assert!((400..500).contains(&problem.kind.status()), "{problem:?}");
                assert!(problem.detail.len() < 1000, "{problem:?}");
                outcomes[1] += 1;
            }
        };
        for _ in 0..ROUNDS {
            let mut broken = body.clone();
            for _ in 0..=random(3) {
                let at = random(broken.len());
                match random(4) {
                    0 => broken.truncate(at + 1),
                    1 => broken[at] = u8::try_from(random(256)).unwrap(),
                    2 => broken[at] ^= 1 << random(8),
                    _ => broken.insert(at, b"\",\n{}\x00\xff"[random(7)]),
                }
            }
            read(&broken);
        }
        assert!(outcomes[1] > ROUNDS / 20, "{media_type}: {outcomes:?}");
    }
}

#[test]
fn claims_are_not_believed() {
    let folder = bundles::write(&bundle());
    let service = service(folder.path());
    let forms = forms(folder.path());
    let whole: Vec<u16> = forms.iter().map(|(kind, body)| status(&service, kind, body)).collect();
    assert!(whole.iter().all(|status| *status == 200), "{whole:?}");
    // What is far too long is made before memory is measured.
    let rows = format!("age,visits,smoker\n{}", "1,1,1\n".repeat(1_000_000));
    let commas = ",".repeat(6 << 20);
    let quote = format!("\"{}", "x".repeat(6_000_000));
    let before = most_memory_kib();
    // Every number of eight bytes that an Arrow body may hold, one after the other, as a lie.
    for (media_type, body) in forms.iter().filter(|(kind, _)| kind.contains("arrow")) {
        for at in (0..body.len() - 8).step_by(8) {
            for lie in [1 << 40, i64::MAX, -1, 1 << 31] {
                let mut broken = body.clone();
                broken[at..at + 8].copy_from_slice(&lie.to_le_bytes());
                let status = status(&service, media_type, &broken);
                assert!(matches!(status, 200 | 400..=422), "{media_type}: {status} at {at}");
            }
        }
    }
    for shape in ["(1000000000, 3)", "(1000000000000000000, 3)", "(0, 3)", "(100, 100000000000)"] {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        let body = [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), &[0; 48]].concat();
        assert_eq!(status(&service, "application/x-npy", &body), 400, "{shape}");
    }
    // Six megabytes of rows beyond the bound, of commas, and of one open quote.
    for (body, expected) in [(rows, 413), (commas, 422), (quote, 400)] {
        assert_eq!(status(&service, "text/csv", body.as_bytes()), expected);
    }
    let grown = most_memory_kib().saturating_sub(before);
    assert!(grown < MOST_KIB, "{grown} KiB");
}
