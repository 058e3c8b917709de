//! The worker's process: how it is started, and how it is ended together with what it has started.

use std::ffi::{OsStr, OsString};
use std::io::{self, PipeReader};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, getpid, getppid, kill_process_group,
    set_parent_process_death_signal, waitid,
};

use super::ended;
use crate::bundle::LoadError;
use crate::setup::Python;

/// What the process runs; it is sent to it, so that no file of it is needed.
pub(super) const PROGRAM: &str = concat!(include_str!("values.py"), include_str!("worker.py"));

/// The processes whose number is not yet another's.
static THERE: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// A process that may still run.
pub(super) struct Process {
    pid: Pid,
}

/// Ends all of them, each with its group. When this process ends the system ends them, but not what
/// they have started.
pub fn end_all() {
    for pid in THERE.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let _ = kill_process_group(*pid, Signal::KILL);
    }
}

/// A process that was started, with both ways to it.
pub(super) struct Started {
    pub(super) process: Process,
    pub(super) child: Child,
    pub(super) socket: UnixStream,
    pub(super) printed: PipeReader,
}

/// The Python to start: the one that the environment names, else the first of `listed` that is
/// there, in the bundle in `folder` or on `PATH`.
///
/// # Errors
/// When none is.
pub(super) fn find(
    folder: &Path,
    listed: &[String],
    python: &Python,
) -> Result<PathBuf, LoadError> {
    if let Some(named) = &python.named {
        let place = std::env::current_dir().unwrap_or_default();
        return look(&place, named, &python.path).ok_or_else(|| {
            let named = named.display();
            let variable = mlship_bundle::PYTHON;
            LoadError::Worker(format!("`{variable}` names `{named}`, which is not there"))
        });
    }
    let found = listed.iter().find_map(|name| look(folder, OsStr::new(name), &python.path));
    found.ok_or_else(|| {
        let names: Vec<_> = listed.iter().map(|name| format!("`{name}`")).collect();
        LoadError::Worker(format!(
            "there is no {} on `PATH`; install it or name another in `{}`",
            names.join(" and no "),
            mlship_bundle::PYTHON
        ))
    })
}

/// A program by its path, from `folder` on, or by its name in the folders of `path`.
fn look(folder: &Path, name: &OsStr, path: &OsString) -> Option<PathBuf> {
    let is_path = name.as_encoded_bytes().contains(&b'/');
    let found = match is_path {
        true => Some(folder.join(name)),
        false => std::env::split_paths(path)
            .map(|folder| folder.join(name))
            .find(|program| is_program(program)),
    };
    std::path::absolute(found.filter(|program| is_program(program))?).ok()
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// Starts `python` in `folder`. Its standard input is the socket, and what it prints comes out of
/// the pipe. It ends when the thread that calls this does.
///
/// # Errors
/// When the system refuses.
pub(super) fn start(python: &Path, folder: &Path) -> io::Result<Started> {
    let (socket, theirs) = UnixStream::pair()?;
    let (printed, output) = io::pipe()?;
    let mut command = Command::new(python);
    command
        // No packages of whoever is signed in, and nothing written beside the code.
        .args(["-s", "-B", "-c", &beginning()])
        .env("PYTHONSAFEPATH", "1")
        .current_dir(folder)
        .stdin(OwnedFd::from(theirs))
        .stdout(output.try_clone()?)
        .stderr(output)
        // Keys that are pressed are for the runtime.
        .process_group(0);
    end_with_this_thread(&mut command);
    let child = command.spawn()?;
    let process = Process { pid: Pid::from_child(&child) };
    THERE.lock().unwrap_or_else(PoisonError::into_inner).push(process.pid);
    Ok(Started { process, child, socket, printed })
}

/// Reads the program and runs it.
fn beginning() -> String {
    format!(
        "import os\n\
         text = b''\n\
         while len(text) < {length}:\n    \
             part = os.read(0, {length} - len(text))\n    \
             if not part: os._exit(1)\n    \
             text += part\n\
         exec(compile(text, '<mlship>', 'exec'), {{'__name__': 'mlship'}})",
        length = PROGRAM.len()
    )
}

/// The descriptors of this process behind the three that every one has. Whoever started it may have
/// left some open, as OpenWhisk's proxy does: none of them is the handler's.
fn descriptors() -> Vec<i32> {
    let entries = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|number| *number > 2).collect()
}

/// Has the system end the process when this thread ends, however that comes about, and closes what
/// is a host's.
#[expect(unsafe_code, reason = "only the new process itself can ask the system for this")]
fn end_with_this_thread(command: &mut Command) {
    let (this, descriptors) = (getpid(), descriptors());
    let ask = move || {
        // A system without this leaves the worker to end when its socket does.
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        for number in descriptors.iter().copied() {
            // SAFETY: only a flag of it is set; a number that is not open is refused by the system.
            let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
            let _ = fcntl_setfd(descriptor, FdFlags::CLOEXEC);
        }
        // The runtime may have ended before this was asked.
        match getppid() == Some(this) {
            true => Ok(()),
            false => Err(io::ErrorKind::Interrupted.into()),
        }
    };
    // SAFETY: between fork and exec this does system calls alone, and neither allocates nor locks.
    unsafe { command.pre_exec(ask) };
}

impl Process {
    /// Its number.
    pub(super) fn number(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Ends it and those of its group at once.
    pub(super) fn kill(&self) {
        let there = THERE.lock().unwrap_or_else(PoisonError::into_inner);
        if there.contains(&self.pid) {
            let _ = kill_process_group(self.pid, Signal::KILL);
        }
    }

    /// Waits for its end, and ends what is left of its group.
    pub(super) fn wait(&self, mut child: Child) -> String {
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(self.pid), ended) {}
        // It is not taken note of so far, so the number is still its own.
        self.kill();
        THERE.lock().unwrap_or_else(PoisonError::into_inner).retain(|pid| *pid != self.pid);
        match child.wait() {
            Ok(status) => ended::how(status),
            Err(error) => format!("ended, and how cannot be told: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_is_a_name_on_the_path_or_a_path_in_the_bundle() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        std::fs::create_dir(folder.join("bin")).unwrap();
        std::fs::write(folder.join("plain"), "").unwrap();
        let program = folder.join("bin/python3.99");
        std::fs::copy("/bin/sh", &program).unwrap();
        let path = folder.join("bin").into_os_string();
        let python = Python { named: None, path: path.clone() };
        let found = |listed: &[&str], python: &Python| {
            let listed: Vec<_> = listed.iter().map(|name| (*name).to_owned()).collect();
            find(folder, &listed, python).map_err(|error| error.to_string())
        };
        assert_eq!(found(&["python4", "python3.99"], &python), Ok(program.clone()));
        assert_eq!(found(&["bin/python3.99"], &Python::default()), Ok(program.clone()));
        assert_eq!(
            found(&["python4", "plain", "./plain"], &python).unwrap_err(),
            "the python worker cannot be started: there is no `python4` and no `plain` and no \
             `./plain` on `PATH`; install it or name another in `MLSHIP_PYTHON`"
        );
        let named = Python { named: Some("python9".into()), path };
        assert!(found(&["python3.99"], &named).unwrap_err().contains("names `python9`"));
        let named = Python { named: Some(program.clone().into()), ..Python::default() };
        assert_eq!(found(&["python4"], &named), Ok(program));
    }
}
