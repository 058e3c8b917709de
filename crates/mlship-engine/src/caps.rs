//! What a container may use, as the engine takes it.

use std::collections::HashMap;

use bollard::models::{HostConfig, HostConfigLogConfig};

/// Bytes of a MiB.
const MIB: i64 = 1024 * 1024;

/// The most processes and threads.
const MOST_PROCESSES: i64 = 1024;

/// The most that the engine keeps of what a container writes.
const MOST_LOGGED: &str = "16m";

/// What a container may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caps {
    /// Memory in MiB, swap included. What is written to `/tmp` counts.
    pub memory_mb: u32,
    /// Thousandths of a processor; all of them when `None`.
    pub cpus_milli: Option<u32>,
    /// MiB that `/tmp` holds.
    pub tmp_mb: u32,
    /// Whether the root can be written to.
    pub root: Root,
    /// What it sees of the network.
    pub network: Network,
}

/// Whether a container's root can be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// It cannot: only `/tmp`.
    ReadOnly,
    /// It can.
    Writable,
}

/// What a container sees of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// This machine's own: loopback is loopback.
    Host,
    /// None.
    None,
}

impl Caps {
    /// The engine's words for them. No capability is kept and none can be gained.
    pub(crate) fn host_config(&self) -> HostConfig {
        let memory = i64::from(self.memory_mb) * MIB;
        let tmp = format!("rw,nosuid,nodev,exec,mode=1777,size={}m", self.tmp_mb);
        let network = match self.network {
            Network::Host => "host",
            Network::None => "none",
        };
        HostConfig {
            memory: Some(memory),
            // Memory and swap together: no swap.
            memory_swap: Some(memory),
            nano_cpus: self.cpus_milli.map(|milli| i64::from(milli) * 1_000_000),
            pids_limit: Some(MOST_PROCESSES),
            readonly_rootfs: Some(self.root == Root::ReadOnly),
            tmpfs: Some(HashMap::from([("/tmp".to_owned(), tmp)])),
            network_mode: Some(network.to_owned()),
            cap_drop: Some(vec!["ALL".to_owned()]),
            security_opt: Some(vec!["no-new-privileges:true".to_owned()]),
            log_config: Some(HostConfigLogConfig {
                typ: Some("json-file".to_owned()),
                config: Some(HashMap::from([("max-size".to_owned(), MOST_LOGGED.to_owned())])),
            }),
            ..HostConfig::default()
        }
    }
}
