//! A probe that leaves no process behind: what it starts ends with it, and it ends with this process.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Ends a program when the one that started it ends.
const TIED: [&str; 4] = ["setpriv", "--pdeathsig", "KILL", "--"];

/// Starts a program as the first of processes that end with it.
const FIRST: [&str; 4] = ["unshare", "--pid", "--fork", "--kill-child=KILL"];

/// The words to put before all others, and those to put before the program itself; none where this
/// machine allows it to nobody.
pub(super) fn words() -> [Vec<String>; 2] {
    static ALLOWED: OnceLock<Option<bool>> = OnceLock::new();
    let as_root = ALLOWED.get_or_init(|| [false, true].into_iter().find(|as_root| runs(*as_root)));
    match as_root {
        Some(as_root) => [owned(&TIED), inner(*as_root)],
        None => [Vec::new(), Vec::new()],
    }
}

/// `as_root` is for who is root in there alone.
fn inner(as_root: bool) -> Vec<String> {
    let user = ["--map-root-user"];
    let user = user.iter().filter(|_| as_root);
    TIED.iter().chain(&FIRST).chain(user).chain(&["--"]).map(|word| (*word).to_owned()).collect()
}

fn runs(as_root: bool) -> bool {
    let words = inner(as_root);
    let Some((program, arguments)) = words.split_first() else { return false };
    let mut command = Command::new(program);
    command.args(arguments).arg("true").stdin(Stdio::null());
    let ran = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    ran.is_ok_and(|status| status.success())
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
