//! Which process is meant: a number alone may name another one after a while.
//!
//! A process is known by its number, the tick it started at and the boot it started in.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use super::system;

/// A process that was running when this was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Identity {
    /// The process number.
    pub(crate) pid: u32,
    /// When it started, in clock ticks since the machine did (`/proc/PID/stat`, field 22).
    started_ticks: u64,
    /// Which run of the machine it belongs to.
    boot: String,
}

impl Identity {
    /// Takes the identity of a running process.
    pub(crate) fn of(pid: u32) -> io::Result<Self> {
        let stat = stat(pid)?;
        Ok(Self { pid, started_ticks: stat.started_ticks, boot: boot()? })
    }

    /// True while that very process runs. One that has ended and waits to be reaped does not.
    pub(crate) fn is_alive(&self) -> bool {
        let same = |stat: Stat| stat.started_ticks == self.started_ticks && stat.running;
        stat(self.pid).is_ok_and(same) && boot().is_ok_and(|boot| boot == self.boot)
    }

    /// Signals it, if it is still that very process.
    pub(crate) fn signal(&self, signal: i32) {
        if self.is_alive() {
            system::signal(self.pid, signal);
        }
    }
}

struct Stat {
    started_ticks: u64,
    running: bool,
}

/// Reads `/proc/PID/stat`. The second field is the program's name in brackets and may hold
/// anything, so fields are counted from its last closing bracket (proc(5)).
fn stat(pid: u32) -> io::Result<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let odd = || io::Error::new(io::ErrorKind::InvalidData, "`/proc` has an unknown form");
    let (_, rest) = text.rsplit_once(") ").ok_or_else(odd)?;
    let mut fields = rest.split(' ');
    let state = fields.next().ok_or_else(odd)?;
    let started = fields.nth(18).and_then(|field| field.parse().ok()).ok_or_else(odd)?;
    Ok(Stat { started_ticks: started, running: !matches!(state, "Z" | "X" | "x") })
}

fn boot() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn this_process_is_alive_and_a_later_namesake_is_not() {
        let me = Identity::of(std::process::id()).unwrap();
        assert!(me.is_alive());
        let earlier = Identity { started_ticks: me.started_ticks - 1, ..me.clone() };
        assert!(!earlier.is_alive());
        let before_reboot = Identity { boot: "another".into(), ..me };
        assert!(!before_reboot.is_alive());
    }

    #[test]
    fn a_namesake_is_never_signalled() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let real = Identity::of(child.id()).unwrap();
        let stale = Identity { started_ticks: real.started_ticks + 1, ..real.clone() };
        stale.signal(libc::SIGKILL);
        assert!(child.try_wait().unwrap().is_none());
        real.signal(libc::SIGKILL);
        assert!(!child.wait().unwrap().success());
    }

    #[test]
    fn a_process_that_was_not_reaped_is_not_alive() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let identity = Identity::of(child.id()).unwrap();
        child.kill().unwrap();
        while identity.is_alive() {
            std::thread::yield_now();
        }
        child.wait().unwrap();
    }
}
