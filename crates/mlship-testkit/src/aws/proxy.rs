//! The proxy in front of moto: records, corrects, and breaks.

use std::io::BufReader;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::call::{Call, Effect};
use super::faithful::Faithful;
use super::faults::{Fate, Script};
use super::http::{Request, Response, forward, read_request, write_response};

/// Runs code: given the zip or the image's layers (tar after tar) and the event, the payload, or how the program failed.
pub type Answerer = dyn Fn(&[u8], &[u8]) -> Result<Vec<u8>, String> + Send + Sync;

/// A running proxy; it ends with this value.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    moto: SocketAddr,
    address: SocketAddr,
    answer: Box<Answerer>,
    state: Mutex<State>,
    over: AtomicBool,
}

#[derive(Default)]
struct State {
    script: Script,
    calls: Vec<Call>,
    faithful: Faithful,
}

impl Proxy {
    /// Starts a proxy in front of `moto`; `answer` runs the functions.
    ///
    /// # Panics
    /// When no port is free.
    pub fn start(
        moto: SocketAddr,
        answer: impl Fn(&[u8], &[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            moto,
            address,
            answer: Box::new(answer),
            state: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let server = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if server.over.load(Ordering::Relaxed) {
                    return;
                }
                let server = server.clone();
                thread::spawn(move || server.serve(&stream));
            }
        });
        Self { address, shared }
    }

    /// The address as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts over: forgets the calls, and from now on goes by `script`.
    pub fn play(&self, script: Script) {
        let mut state = self.shared.state();
        state.faithful.role_refusals = script.role_refusals;
        state.faithful.images.pull_refusals = script.pull_refusals;
        state.calls.clear();
        state.script = script;
    }

    /// Forgets everything, as after a reset of moto.
    pub fn reset(&self) {
        *self.shared.state() = State::default();
    }

    /// Host and port.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The calls since [`Proxy::play`], in order.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.state().calls.clone()
    }

    /// The names of the calls that write, in order.
    pub fn writes(&self) -> Vec<String> {
        let calls = self.calls();
        calls.iter().filter(|call| call.effect() == Effect::Write).map(Call::to_string).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        // Wakes the listener so that it sees the end.
        TcpStream::connect(self.address).ok();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: &TcpStream) {
        let Ok(clone) = stream.try_clone() else { return };
        stream.set_nodelay(true).ok();
        let mut from = BufReader::new(clone);
        while let Ok(Some(request)) = read_request(&mut from, stream) {
            let Some(response) = self.handle(&request) else { break };
            if write_response(stream, &request.method, &response).is_err() {
                break;
            }
        }
        // The client may be gone.
        stream.shutdown(Shutdown::Both).ok();
    }

    /// Answers a request; `None` drops the connection. One at a time, as the state is one.
    fn handle(&self, request: &Request) -> Option<Response> {
        let mut state = self.state();
        let mut call = Call::of(request);
        let index = state.calls.len();
        let fate = state.script.fate(index, &call);
        let response = match fate {
            Fate::Drop => None,
            Fate::Refuse(response) => Some(response),
            Fate::Pass => Some(self.pass(&mut state, &call, request)),
            Fate::PassAndDrop => {
                self.pass(&mut state, &call, request);
                None
            }
        };
        call.status = response.as_ref().map(|response| response.status);
        state.calls.push(call);
        response
    }

    fn pass(&self, state: &mut State, call: &Call, request: &Request) -> Response {
        if let Some(response) =
            state.faithful.images.before(call, request, self.moto, &state.script)
        {
            return response;
        }
        if let Some(response) =
            state.faithful.before(call, request, self.moto, self.answer.as_ref())
        {
            return response;
        }
        let mut response = forward(self.moto, request).expect("moto answers");
        state.faithful.images.after(call, &mut response, self.address);
        state.faithful.after(call, &mut response, &state.script);
        response
    }
}
