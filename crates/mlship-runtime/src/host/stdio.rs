//! JSON lines on a pipe: one request a line, one answer a line, in order, as Spark's `pipe` has it.
//! Reads on only when what it has read is answered and written. Opens neither end itself.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::lines::{Line, Lines, Place};
use super::{End, Notice, Tell};
use crate::problem::{Kind, Problem};
use crate::request::{Request, Said};
use crate::service::{Prediction, Service};

/// The most lines that are read ahead of their answers.
const LINES: usize = 256;

/// As long as lines together take less, more are taken together the next time.
const PATIENCE: Duration = Duration::from_millis(50);

/// Answers the lines of `from` on `onto` until they end.
///
/// # Errors
/// When a stream breaks; one that nobody reads any more is an end as any other.
pub async fn serve(
    service: Service,
    from: impl Read,
    onto: impl Write,
    tell: Tell,
) -> io::Result<End> {
    let bounds = *service.bounds();
    let lines = Lines::new(from, bounds.body_bytes);
    let bound = Duration::from_secs(bounds.timeout_s.into());
    let end = Pipe { lines, onto, service: Arc::new(service), bound }.run().await;
    match end {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(End::Asked),
        Ok(End::Overdue) => {
            tell(&Notice::Overdue);
            Ok(End::Overdue)
        }
        end => end,
    }
}

/// Both ends, and what is between them.
struct Pipe<R, W> {
    lines: Lines<R>,
    onto: W,
    service: Arc<Service>,
    /// The longest that lines may take together.
    bound: Duration,
}

impl<R: Read, W: Write> Pipe<R, W> {
    async fn run(mut self) -> io::Result<End> {
        let mut most = 1;
        loop {
            let found = self.lines.next(most)?;
            if found.is_empty() {
                return Ok(End::Asked);
            }
            let start = Instant::now();
            let (answers, end) = self.answers(&found).await;
            self.onto.write_all(&answers)?;
            self.onto.flush()?;
            if let Some(end) = end {
                return Ok(end);
            }
            most = match start.elapsed() {
                took if took < PATIENCE => (most * 2).min(LINES),
                _ => (most / 2).max(1),
            };
        }
    }

    /// What is written for these lines, and whether it was the last.
    async fn answers(&self, found: &[Line]) -> (Vec<u8>, Option<End>) {
        let mut requests = Vec::with_capacity(found.len());
        let mut refused = Vec::with_capacity(found.len());
        for line in found {
            match self.read(line) {
                Ok(request) => {
                    requests.push(request);
                    refused.push(None);
                }
                Err(problem) => refused.push(Some(problem)),
            }
        }
        let answers = self.run_each(requests).await;
        let end = answers.is_none().then_some(End::Overdue);
        let mut answers = answers.into_iter().flatten();
        let mut written = Vec::new();
        for (line, problem) in found.iter().zip(refused) {
            let answer = match problem {
                Some(problem) => Err(problem),
                None => answers.next().unwrap_or_else(|| Err(overdue(self.bound))),
            };
            write(&mut written, line.number, answer);
        }
        (written, end)
    }

    /// The answers, of long ones by a thread that may be left behind; `None` when they took longer
    /// than the bound.
    async fn run_each(&self, requests: Vec<Request>) -> Option<Answers> {
        if requests.iter().all(|request| self.service.is_quick(request)) {
            return Some(self.service.run_each(requests));
        }
        let service = self.service.clone();
        if service.keeps_its_bound() {
            return spawn_blocking(move || service.run_each(requests)).await.ok();
        }
        timeout(self.bound, spawn_blocking(move || service.run_each(requests))).await.ok()?.ok()
    }

    fn read(&self, line: &Line) -> Result<Request, Problem> {
        match &line.place {
            Place::Here(place) => self.service.read(self.lines.bytes(place.clone()), Said::NOTHING),
            Place::TooLong => {
                let longest = self.service.bounds().body_bytes;
                Err(Problem::new(Kind::BodyTooLarge, format!("at most {longest} bytes are taken")))
            }
        }
    }
}

/// What the requests of some lines are answered.
type Answers = Vec<Result<Prediction, Problem>>;

fn overdue(bound: Duration) -> Problem {
    let detail = format!("no answer came within {} seconds", bound.as_secs_f32());
    Problem::new(Kind::Overdue, detail)
}

/// One line: an answer, or a problem with the line's number.
fn write(onto: &mut Vec<u8>, number: u64, answer: Result<Prediction, Problem>) {
    match answer.and_then(Prediction::into_json) {
        Ok(answer) => onto.extend(answer.bytes),
        Err(problem) => {
            let json = problem.to_json();
            onto.extend(json.strip_suffix(b"}").unwrap_or(&json));
            onto.extend(format!(",\"line\":{number}}}").bytes());
        }
    }
    onto.push(b'\n');
}
