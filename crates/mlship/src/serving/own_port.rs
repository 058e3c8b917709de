//! For kinds whose services listen themselves: they are told a port, and nothing stands before it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use async_trait::async_trait;
use mlship_core::project::Project;
use mlship_core::stage::{Conditions, Cue, Reached, Stage};
use tokio::net::{TcpListener, TcpStream};

use super::LOOK;

/// A port for a service to listen on.
#[derive(Debug)]
pub(crate) struct OwnPort {
    address: SocketAddr,
    conditions: Conditions,
    reached: Reached,
}

impl OwnPort {
    /// A port that is free now: `port`, or any when it is 0.
    pub(crate) async fn open(project: &Project, port: u16) -> io::Result<Self> {
        let address = free(port).await?;
        let resources = &project.resources;
        let conditions = Conditions {
            // More than the image says of itself: there it is any address.
            environment: vec![
                ("PORT".to_owned(), address.port().to_string()),
                ("MLSHIP_LISTEN".to_owned(), address.to_string()),
            ],
            user: None,
            memory_mb: resources.memory_mb.value,
            cpus_milli: None,
            tmp_mb: resources.disk_mb.value,
        };
        Ok(Self { address, conditions, reached: Reached::NotReady })
    }
}

#[async_trait]
impl Stage for OwnPort {
    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    async fn cue(&mut self) -> Cue {
        if self.reached == Reached::Ready {
            return std::future::pending().await;
        }
        while TcpStream::connect(self.address).await.is_err() {
            tokio::time::sleep(LOOK).await;
        }
        self.reached = Reached::Ready;
        Cue::Say("it takes requests".to_owned())
    }

    fn ended(&mut self, _how: &str) -> Reached {
        std::mem::replace(&mut self.reached, Reached::NotReady)
    }
}

/// The address of a port that nobody listens on.
pub(super) async fn free(port: u16) -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?.local_addr()
}
