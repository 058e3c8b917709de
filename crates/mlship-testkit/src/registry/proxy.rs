//! The proxy in front of a registry: counts, holds, cuts and corrupts.

use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, sleep};
use std::time::Duration;

use super::call::Call;
use super::faults::{Fault, Intake, Script};
use super::gate::Sold;
use super::http::{Head, Reply, pass};

/// A running proxy; it ends with this value.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    registry: SocketAddr,
    address: SocketAddr,
    state: Mutex<State>,
    over: AtomicBool,
    holding: AtomicBool,
}

#[derive(Default)]
struct State {
    script: Script,
    calls: Vec<Call>,
    sold: Sold,
}

impl Proxy {
    /// Starts a proxy in front of `registry`.
    ///
    /// # Panics
    /// When no port is free.
    pub fn start(registry: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            registry,
            address,
            state: Mutex::default(),
            over: AtomicBool::new(false),
            holding: AtomicBool::new(false),
        });
        let server = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if server.over.load(Ordering::Relaxed) {
                    return;
                }
                let server = server.clone();
                thread::spawn(move || {
                    // A client or a registry that goes away is what the tests are about.
                    server.serve(&stream).ok();
                    stream.shutdown(Shutdown::Both).ok();
                });
            }
        });
        Self { address, shared }
    }

    /// Host and port, as in names of images.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Starts over: forgets calls and tokens, and from now on goes by `script`.
    pub fn play(&self, script: Script) {
        *self.shared.state() = State { script, ..State::default() };
        self.shared.holding.store(false, Ordering::Relaxed);
    }

    /// The calls since [`Proxy::play`], in order.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.state().calls.clone()
    }

    /// How many bytes of bodies were sent in all.
    pub fn sent(&self) -> u64 {
        self.calls().iter().map(|call| call.sent).sum()
    }

    /// Waits until a call is held, as [`Fault::Hold`] says.
    pub fn wait_for_hold(&self) {
        while !self.shared.holding.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        // Wakes the listener so that it sees the end.
        TcpStream::connect(self.address).ok();
    }
}

/// A call under way.
struct Passing<'p> {
    shared: &'p Shared,
    index: usize,
    head: Head,
    fault: Option<Fault>,
    intake: Intake,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request; each has a connection of its own.
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut client = BufReader::new(stream.try_clone()?);
        let Some(mut head) = Head::of_request(&mut client)? else { return Ok(()) };
        if head.method == "POST" && head.target == "/token" {
            head.form_to_query(&mut client)?;
        }
        let mut state = self.state();
        let (method, target) = (head.method.clone(), head.target.clone());
        let authorized = head.header("authorization").is_some();
        let call = Call { method, target, authorized, sent: 0, status: None };
        let fault = state.script.fault(&state.calls, &call);
        let State { script, sold, calls } = &mut *state;
        let stop = script.gate.stops(sold, &head, &self.address.to_string());
        let (intake, index) = (script.intake, calls.len());
        calls.push(call);
        drop(state);
        if fault == Some(Fault::WithoutQuery) {
            head.target.truncate(head.target.find('?').unwrap_or(head.target.len()));
        }
        let passing = Passing { shared: self, index, head, fault, intake };
        match stop.or_else(|| passing.reply()) {
            Some(reply) => passing.refuse(&mut client, stream, &reply),
            None => passing.pass(&mut client, stream),
        }
    }
}

impl Passing<'_> {
    fn reply(&self) -> Option<Reply> {
        match self.fault {
            Some(Fault::Status(status)) => Some(Reply::new(status)),
            Some(Fault::RetryAfter(seconds)) => {
                Some(Reply::new(429).with_header("retry-after", &seconds.to_string()))
            }
            _ => None,
        }
    }

    fn refuse(&self, client: &mut impl Read, mut to: &TcpStream, reply: &Reply) -> io::Result<()> {
        // A client that is still sending would not hear the answer.
        self.take(client, &mut io::sink(), self.length())?;
        self.answered(reply.head.status);
        reply.write(&self.head.method, &mut to)
    }

    fn pass(&self, client: &mut impl Read, to: &TcpStream) -> io::Result<()> {
        match self.fault {
            Some(Fault::CutBefore) => return Ok(()),
            Some(Fault::Hold(bytes)) => return self.hold(client, bytes),
            _ => {}
        }
        let most = match self.fault {
            Some(Fault::CutBody(bytes)) => bytes.min(self.length()),
            _ => self.length(),
        };
        let cut = most < self.length();
        let mut registry = TcpStream::connect(self.shared.registry)?;
        if self.intake == Intake::Streamed {
            self.head.write(&mut registry)?;
            // One that answers early does not read to the end.
            self.take(client, &mut registry, most).ok();
        } else {
            let mut body = Vec::new();
            let whole = self.take(client, &mut body, most)? == self.length();
            if cut || !whole {
                return Ok(());
            }
            self.head.write(&mut registry)?;
            registry.write_all(&body).ok();
        }
        if cut {
            return Ok(());
        }
        self.answer(&mut BufReader::new(registry), to)
    }

    /// Takes so many bytes, hands them on as the intake has it, and waits for the client's end.
    fn hold(&self, client: &mut impl Read, bytes: u64) -> io::Result<()> {
        let registry = TcpStream::connect(self.shared.registry)?;
        if self.intake == Intake::Streamed {
            self.head.write(&mut &registry)?;
            self.take(client, &mut &registry, bytes)?;
        } else {
            self.take(client, &mut io::sink(), bytes)?;
        }
        self.shared.holding.store(true, Ordering::Relaxed);
        self.take(client, &mut io::sink(), u64::MAX)?;
        Ok(())
    }

    fn answer(&self, registry: &mut BufReader<TcpStream>, mut to: &TcpStream) -> io::Result<()> {
        let mut head = Head::of_answer(registry)?;
        if self.fault == Some(Fault::CutAfter) {
            return Ok(());
        }
        if let Some(Fault::Claim(digest)) = &self.fault {
            head.headers.retain(|(name, _)| name != "docker-content-digest");
            head.headers.push(("docker-content-digest".into(), digest.clone()));
        }
        if let Some(Fault::Elsewhere(host)) = &self.fault {
            let here = self.shared.address.to_string();
            let headers = head.headers.iter_mut().filter(|(name, _)| name == "location");
            headers.for_each(|(_, value)| *value = value.replace(&here, host));
        }
        self.answered(head.status);
        head.write(&mut to)?;
        let length = match self.head.method.as_str() {
            "HEAD" => 0,
            _ => head.length().unwrap_or(u64::MAX),
        };
        if self.fault == Some(Fault::Corrupt) && length > 0 {
            let mut first = [0];
            registry.read_exact(&mut first)?;
            to.write_all(&[first[0] ^ 1])?;
        }
        let most = match self.fault {
            Some(Fault::CutAnswer(bytes)) => bytes.min(length),
            _ => length,
        };
        pass(registry, &mut to, most, |_| {})?;
        Ok(())
    }

    fn length(&self) -> u64 {
        self.head.length().unwrap_or(0)
    }

    fn take(&self, from: &mut impl Read, to: &mut impl Write, most: u64) -> io::Result<u64> {
        let index = self.index;
        pass(from, to, most, |count| {
            if let Some(call) = self.shared.state().calls.get_mut(index) {
                call.sent += count;
            }
        })
    }

    fn answered(&self, status: u16) {
        if let Some(call) = self.shared.state().calls.get_mut(self.index) {
            call.status = Some(status);
        }
    }
}
