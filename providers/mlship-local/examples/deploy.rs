//! Deploys one zip and ends, as the tests need a process that does. Says each step as it begins.

#![expect(clippy::print_stdout, reason = "a program")]

use std::path::PathBuf;

use mlship_core::progress::Progress;
use mlship_core::provider::Provider;

#[path = "../tests/support/release.rs"]
mod release;

#[derive(Debug)]
struct Say;

impl Progress for Say {
    fn step(&self, message: &str) {
        println!("step {message}");
    }

    fn bytes(&self, _done: u64, _total: u64) {}
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let paths: Vec<_> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [state, supervisor, zip] = paths.as_slice() else { panic!("state, supervisor and zip") };
    let local = mlship_local::Local::new(state.clone(), vec![supervisor.into()]);
    let release = release::of_zip(zip, "heart");
    let plan = local.plan(&release).await.expect("a plan");
    let made = local.apply(&release, &plan, &Say).await.expect("a deployment");
    println!("url {}", made.url.expect("a url"));
}
