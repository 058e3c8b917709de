//! How a kind runs a service, so that an image can be run the same way on one machine.

use std::fmt;

use async_trait::async_trait;

/// What a service finds when a kind runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions {
    /// What the kind adds to its environment.
    pub environment: Vec<(String, String)>,
    /// What it runs as, `uid:gid`; as the image says when `None`.
    pub user: Option<String>,
    /// Memory in MiB.
    pub memory_mb: u32,
    /// Thousandths of a processor; as many as there are when `None`.
    pub cpus_milli: Option<u32>,
    /// MiB that `/tmp` holds. Nothing else can be written to.
    pub tmp_mb: u32,
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "memory {} MB, ", self.memory_mb)?;
        if let Some(milli) = self.cpus_milli {
            write!(f, "{:.2} CPU, ", f64::from(milli) / 1000.0)?;
        }
        write!(f, "/tmp {} MB, root read-only", self.tmp_mb)
    }
}

/// The near side of a kind's protocol: takes HTTP requests at an address of this machine and
/// carries them to the service in the kind's own way. It does so until it is dropped.
#[async_trait]
pub trait Stage: fmt::Debug + Send + Sync {
    /// Where requests are taken.
    fn url(&self) -> String;
    /// How the service is to be run.
    fn conditions(&self) -> &Conditions;
    /// Waits until there is something to say or to do.
    async fn cue(&mut self) -> Cue;
    /// Hears that the service has ended, and fails what waited for its answer.
    fn ended(&mut self, how: &str) -> Reached;
}

/// What a stage wants said or done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cue {
    /// A line for the operator.
    Say(String),
    /// The service must be ended and started anew; why.
    Replace(String),
}

/// How far a service had come when it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// It never asked for a request.
    NotReady,
    /// It had asked for requests: the kind starts it anew.
    Ready,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_told_in_one_line() {
        let mut conditions = Conditions {
            environment: Vec::new(),
            user: None,
            memory_mb: 512,
            cpus_milli: Some(289),
            tmp_mb: 512,
        };
        let told = "memory 512 MB, 0.29 CPU, /tmp 512 MB, root read-only";
        assert_eq!(conditions.to_string(), told);
        conditions.cpus_milli = None;
        assert_eq!(conditions.to_string(), "memory 512 MB, /tmp 512 MB, root read-only");
    }
}
