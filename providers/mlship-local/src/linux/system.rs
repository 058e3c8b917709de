//! The few calls to the kernel that the standard library does not have. All that is unsafe is here.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Makes the command's process die with the thread that starts it, own its group, hold no more
/// private memory than `memory_bytes`, and leave no core file.
///
/// The bound is `RLIMIT_DATA`, which since Linux 4.7 counts every private writable mapping (heap,
/// anonymous memory, stacks of threads) and nothing else: weights mapped read-only from a file
/// are not counted, unlike with `RLIMIT_AS`, and unlike `RLIMIT_RSS` it is enforced. It counts
/// what is reserved rather than touched, so it errs on the strict side. An allocation beyond it
/// fails, and the process ends. It needs no privilege and no control group.
pub(crate) fn confine(command: &mut Command, memory_bytes: u64) {
    let parent = std::process::id();
    command.process_group(0);
    #[expect(unsafe_code, reason = "limits and the death signal are set between fork and exec")]
    // SAFETY: only async-signal-safe system calls are made, and nothing is allocated.
    unsafe {
        command.pre_exec(move || {
            check(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))?;
            if u32::try_from(libc::getppid()) != Ok(parent) {
                return Err(io::Error::from_raw_os_error(libc::ESRCH));
            }
            limit(libc::RLIMIT_DATA, memory_bytes)?;
            limit(libc::RLIMIT_CORE, 0)
        });
    }
}

/// Makes the command's process end when the thread ends that starts it, however that ends.
pub fn end_with_parent(command: &mut Command) {
    let parent = std::process::id();
    #[expect(unsafe_code, reason = "the death signal is set between fork and exec")]
    // SAFETY: only async-signal-safe system calls are made, and nothing is allocated.
    unsafe {
        command.pre_exec(move || {
            check(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM))?;
            match u32::try_from(libc::getppid()) == Ok(parent) {
                true => Ok(()),
                false => Err(io::Error::from_raw_os_error(libc::ESRCH)),
            }
        });
    }
}

/// Makes the command's process the head of a session of its own, so that no terminal's end
/// reaches it, and keeps no open file from it but its standard three, so that nobody waits for
/// the end of a pipe that it holds.
pub(crate) fn detach(command: &mut Command) {
    #[expect(unsafe_code, reason = "a session starts between fork and exec")]
    // SAFETY: both are plain system calls that take numbers and touch no memory.
    unsafe {
        command.pre_exec(|| {
            // Linux before 5.11 has no such call; then files stay open as they were.
            libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
            check(libc::setsid())
        });
    }
}

/// Signals one process. One that has ended is not an error.
pub(crate) fn signal(pid: u32, signal: i32) {
    if let Some(pid) = number(pid) {
        kill(pid, signal);
    }
}

/// Signals every process of a group. A group that has ended is not an error.
pub(crate) fn signal_group(pid: u32, signal: i32) {
    if let Some(pid) = number(pid) {
        kill(-pid, signal);
    }
}

/// A process number, never one of those that `kill` takes for many processes.
fn number(pid: u32) -> Option<libc::pid_t> {
    libc::pid_t::try_from(pid).ok().filter(|pid| *pid > 1)
}

fn kill(target: libc::pid_t, signal: i32) {
    #[expect(unsafe_code, reason = "the standard library sends only SIGKILL, only to children")]
    // SAFETY: `kill` takes two numbers and touches no memory.
    unsafe {
        libc::kill(target, signal);
    }
}

fn limit(resource: libc::__rlimit_resource_t, bytes: u64) -> io::Result<()> {
    let both = libc::rlimit { rlim_cur: bytes as libc::rlim_t, rlim_max: bytes as libc::rlim_t };
    #[expect(unsafe_code, reason = "the standard library cannot set limits")]
    // SAFETY: the pointer is to a live value of the type that the call reads.
    check(unsafe { libc::setrlimit(resource, &raw const both) })
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
