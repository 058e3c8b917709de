//! Pushes one layout and ends, as the tests need a process that does. Says what was sent, and the
//! most memory that it held.

#![expect(clippy::print_stdout, reason = "a program")]

use std::path::Path;

use mlship_core::progress::Silent;
use mlship_registry::{Login, push};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [layout, to] = arguments.as_slice() else { panic!("a layout and a name") };
    let to = to.parse().expect("an image's name");
    let nobody = Login::Anonymous;
    let pushed = push(Path::new(layout), &to, &nobody, &nobody, &Silent).await.expect("a push");
    println!("uploaded {}", pushed.uploaded_bytes);
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    println!("peak {}", peak.trim());
}
