//! `moto_server` as a process of the test's own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::tools;

/// A running server; it ends with this value.
#[derive(Debug)]
pub struct Moto {
    process: Child,
    address: SocketAddr,
}

impl Moto {
    /// Starts a server on a free port and waits until it answers.
    ///
    /// # Panics
    /// When it is not installed or ends by itself.
    pub fn start() -> Self {
        for _ in 0..5 {
            let address = free_address();
            let process = Command::new(tools::moto_server())
                .args(["-H", "127.0.0.1", "-p", &address.port().to_string()])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("moto_server starts");
            let mut moto = Self { process, address };
            if moto.answers() {
                return moto;
            }
        }
        panic!("moto_server does not come up");
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Forgets everything that was made.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn reset(&self) {
        let mut stream = TcpStream::connect(self.address).expect("moto listens");
        let head = "POST /moto-api/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n";
        write!(stream, "{head}Connection: close\r\n\r\n").expect("moto reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("moto answers");
        assert!(answer.contains(" 200 "), "{answer}");
    }

    /// False when it ended, for another process may have taken the port.
    fn answers(&mut self) -> bool {
        loop {
            if TcpStream::connect(self.address).is_ok() {
                return self.process.try_wait().expect("its state is known").is_none();
            }
            if self.process.try_wait().expect("its state is known").is_some() {
                return false;
            }
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended already.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address")
}
