//! Finds and ends processes of a service that lost their supervisor: known by the unpacked
//! artifact that their environment names, never by a number alone.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use super::folder::Folder;
use super::identity::Identity;

/// How long a killed process may take to be gone; longer only when the kernel itself hangs.
const GONE_WITHIN: Duration = Duration::from_secs(10);

/// Ends every process that runs an artifact of this folder, and waits until it has ended.
pub(crate) fn end(folder: &Folder) -> io::Result<usize> {
    let strays = find(folder)?;
    for stray in &strays {
        stray.signal(libc::SIGKILL);
    }
    let killed = Instant::now();
    while let Some(stray) = strays.iter().find(|stray| stray.is_alive()) {
        if killed.elapsed() > GONE_WITHIN {
            let reason = format!("process {} was killed and does not end", stray.pid);
            return Err(io::Error::other(reason));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(strays.len())
}

fn find(folder: &Folder) -> io::Result<Vec<Identity>> {
    let mut mark = b"MLSHIP_BUNDLE=".to_vec();
    mark.extend_from_slice(folder.contents().as_os_str().as_bytes());
    mark.push(b'/');
    let mut strays = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process that ends meanwhile, or that belongs to somebody else, is not one of ours.
        let Ok(identity) = Identity::of(pid) else { continue };
        let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { continue };
        let ours = environment.split(|byte| *byte == 0).any(|entry| entry.starts_with(&mark));
        if ours && pid != std::process::id() {
            strays.push(identity);
        }
    }
    Ok(strays)
}
