//! What the machine grants this process: memory and processors. Reads the control groups that
//! containers run under; decides nothing.
//!
//! Files: <https://docs.kernel.org/admin-guide/cgroup-v2.html> and
//! <https://docs.kernel.org/admin-guide/cgroup-v1/index.html>.

use std::fs;
use std::path::{Path, PathBuf};

/// A Lambda function with so many megabytes has one processor; more and less go with it. Source:
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>.
const LAMBDA_PROCESSOR_MB: f64 = 1769.0;

/// What a process may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Machine {
    /// Memory, in bytes.
    pub memory_bytes: u64,
    /// Processors; a fraction where only a share of one is granted.
    pub processors: f64,
}

impl Machine {
    /// What a Lambda function of that memory gets.
    pub fn lambda(memory_mb: u32) -> Self {
        let processors = f64::from(memory_mb) / LAMBDA_PROCESSOR_MB;
        Self { memory_bytes: u64::from(memory_mb) << 20, processors }
    }

    /// What the files below `root` (`/`) say: the narrowest of the control groups that the process
    /// is in, else the whole machine.
    pub fn read(root: &Path) -> Self {
        let whole = std::thread::available_parallelism().map_or(1.0, |count| count.get() as f64);
        let mut machine =
            Self { memory_bytes: total_memory(root).unwrap_or(u64::MAX), processors: whole };
        let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
        for (hierarchy, group) in groups.lines().filter_map(hierarchy_and_group) {
            for folder in folders(&root.join("sys/fs/cgroup").join(hierarchy), group) {
                let memory = number(&folder, "memory.max")
                    .or_else(|| number(&folder, "memory.limit_in_bytes"));
                machine.memory_bytes = machine.memory_bytes.min(memory.unwrap_or(u64::MAX));
                let processors = processors(&folder).unwrap_or(f64::INFINITY);
                machine.processors = machine.processors.min(processors);
            }
        }
        machine
    }
}

/// Where a line of `/proc/self/cgroup` is mounted, and the group in it.
fn hierarchy_and_group(line: &str) -> Option<(&str, &str)> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, group) = (parts.next()?, parts.next()?);
    match controllers {
        "" => Some(("", group)),
        _ if controllers.split(',').any(|name| name == "memory") => Some(("memory", group)),
        _ if controllers.split(',').any(|name| name == "cpu") => Some(("cpu", group)),
        _ => None,
    }
}

/// The folder of a group and those around it. In a container the group's path may be the host's:
/// the mount point itself is then the only one that exists.
fn folders(mount: &Path, group: &str) -> Vec<PathBuf> {
    let inner = mount.join(group.trim_start_matches('/'));
    let inside = |folder: &&Path| folder.starts_with(mount);
    inner.ancestors().take_while(inside).map(Path::to_owned).collect()
}

/// A whole number in a file; `max` is none.
fn number(folder: &Path, file: &str) -> Option<u64> {
    fs::read_to_string(folder.join(file)).ok()?.trim().parse().ok()
}

/// Quota by period.
fn processors(folder: &Path) -> Option<f64> {
    let (quota, period) = match fs::read_to_string(folder.join("cpu.max")) {
        Ok(text) => {
            let (quota, period) = text.trim().split_once(' ')?;
            (quota.parse::<u64>().ok()?, period.parse::<u64>().ok()?)
        }
        Err(_) => (number(folder, "cpu.cfs_quota_us")?, number(folder, "cpu.cfs_period_us")?),
    };
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}

fn total_memory(root: &Path) -> Option<u64> {
    let text = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn the_narrowest_group_counts() {
        let root = root(&[
            ("proc/meminfo", "MemTotal:       8388608 kB\nMemFree: 1 kB\n"),
            ("proc/self/cgroup", "0::/pod/box\n"),
            ("sys/fs/cgroup/pod/box/memory.max", "max\n"),
            ("sys/fs/cgroup/pod/box/cpu.max", "50000 100000\n"),
            ("sys/fs/cgroup/pod/memory.max", "1073741824\n"),
            ("sys/fs/cgroup/pod/cpu.max", "max 100000\n"),
        ]);
        let found = Machine::read(root.path());
        assert_eq!(found, Machine { memory_bytes: 1 << 30, processors: 0.5 });
    }

    #[test]
    fn the_older_layout_with_the_groups_path_of_the_host() {
        let root = root(&[
            ("proc/meminfo", "MemTotal:       8388608 kB\n"),
            (
                "proc/self/cgroup",
                "4:memory:/docker/ab\n3:cpu,cpuacct:/docker/ab\n1:name=systemd:/\n",
            ),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "25000\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        ]);
        let found = Machine::read(root.path());
        assert_eq!(found, Machine { memory_bytes: 512 << 20, processors: 0.25 });
    }

    #[test]
    fn without_groups_it_is_the_whole_machine() {
        let root = root(&[
            ("proc/meminfo", "MemTotal:       8388608 kB\n"),
            ("proc/self/cgroup", "not a line\n0::/../../outside\n"),
            ("sys/fs/cgroup/cpu.max", "-1 0"),
        ]);
        let found = Machine::read(root.path());
        assert_eq!(found.memory_bytes, 8 << 30);
        assert!(found.processors >= 1.0);
        assert_eq!(Machine::read(Path::new("/nowhere")).memory_bytes, u64::MAX);
    }
}
