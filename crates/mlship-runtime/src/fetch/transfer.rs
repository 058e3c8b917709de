//! Brings one file here: streamed to the disk, digested on the way, gone on with where it was cut.

use std::io::Read;
use std::thread::sleep;
use std::time::{Duration, Instant};

use mlship_bundle::Fetched;
use ureq::http::{HeaderMap, Response, StatusCode};
use ureq::{Agent, Body};

use super::part::Part;
use super::pass::Pass;
use super::place::{Place, Safety};
use super::scratch::Scratch;
use super::{Cause, FetchError};
use crate::notice::{Notice, Tell};

/// So many tries in a row that bring nothing are enough.
const BARREN_TRIES: u32 = 6;

/// So many tries are enough, even where each brings a little.
const TRIES: u32 = 100;

/// The pause after a first try; it doubles.
const PAUSE: Duration = Duration::from_millis(200);

/// The longest pause, also when the place asks for a longer one.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The longest that a connection, a response, or the next bytes of one may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often the operator hears how much is here.
const NEWS: Duration = Duration::from_secs(2);

/// What is read at once, in bytes.
const CHUNK: usize = 256 << 10;

/// The most that is read of an answer that is not the file.
const EXPLANATION: u64 = 4096;

/// Why a try ended before the file did.
pub(super) enum Cut {
    /// The next may go on.
    Again { what: String, pause: Option<Duration> },
    /// The next would end the same.
    Final(Cause),
}

/// Brings `file` from `place`, which is shown `pass`, into the scratch folder, as a part that is
/// whole and checked.
///
/// # Errors
/// When it cannot be had or is not what the bundle says. What came stays for the next start, unless
/// it is known to be wrong.
pub(super) fn bring(
    file: &Fetched,
    place: &Place,
    mut pass: Pass<'_>,
    scratch: &Scratch,
    tell: Tell,
) -> Result<(), FetchError> {
    let failed =
        |cause| FetchError::Transfer { path: file.path.clone(), from: place.shown.clone(), cause };
    let path = scratch.part(file);
    let mut part = Part::open(&path, file).map_err(|error| failed(Cause::Write(error)))?;
    let agent = agent(place.safety);
    let mut ask = Ask { agent: &agent, url: &place.url, pass: &mut pass };
    loop {
        stream(&mut ask, file, &mut part, tell).map_err(failed)?;
        let found = part.sha256();
        if found == file.sha256 {
            return Ok(());
        }
        let resumed = part.left > 0;
        part.clear().map_err(|error| failed(Cause::Write(error)))?;
        // What an earlier process left may be at fault; what came now is not asked for twice.
        if !resumed {
            let _ = std::fs::remove_file(&path);
            return Err(failed(Cause::Digest { expected: file.sha256.clone(), found }));
        }
    }
}

/// How the file is asked for.
struct Ask<'a, 'p> {
    agent: &'a Agent,
    url: &'a str,
    pass: &'a mut Pass<'p>,
}

fn agent(safety: Safety) -> Agent {
    // Signed requests are not sent on to another place, and nothing goes on without TLS.
    Agent::config_builder()
        .https_only(safety == Safety::Tls)
        .max_redirects(if safety == Safety::Tls { 5 } else { 0 })
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .user_agent(concat!("mlship-runtime/", env!("CARGO_PKG_VERSION")))
        .accept_encoding("identity")
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .build()
        .into()
}

/// Tries until the part is as long as the file.
fn stream(ask: &mut Ask<'_, '_>, file: &Fetched, part: &mut Part, tell: Tell) -> Result<(), Cause> {
    let (mut tries, mut barren) = (0, 0);
    while part.have < file.bytes {
        let before = part.have;
        tell(&Notice::Fetching { path: file.path.clone(), have: before, bytes: file.bytes });
        let (what, pause) = match attempt(ask, file, part, tell) {
            Ok(()) => return Ok(()),
            Err(Cut::Final(cause)) => return Err(cause),
            Err(Cut::Again { what, pause }) => (what, pause),
        };
        tries += 1;
        barren = if part.have > before { 1 } else { barren + 1 };
        if barren >= BARREN_TRIES || tries >= TRIES {
            return Err(Cause::Unreachable { what, times: barren });
        }
        let pause = pause.unwrap_or(PAUSE * 2u32.pow(barren - 1)).min(LONGEST_PAUSE);
        let milliseconds = pause.as_millis() as u64;
        tell(&Notice::Retrying { path: file.path.clone(), cause: what, milliseconds });
        sleep(pause);
    }
    Ok(())
}

/// Asks for what is missing and reads it, until the file is whole or the connection is cut.
fn attempt(ask: &mut Ask<'_, '_>, file: &Fetched, part: &mut Part, tell: Tell) -> Result<(), Cut> {
    let range = (part.have > 0).then(|| format!("bytes={}-", part.have));
    let mut request = ask.agent.get(ask.url);
    for (name, value) in ask.pass.headers(range)? {
        request = request.header(name, value);
    }
    let mut response = request.call().map_err(cut)?;
    let skipped = check(&mut response, file, ask.pass, part.have)?;
    let mut body = response.into_body().into_with_config().limit(u64::MAX).reader();
    let mut buffer = vec![0; CHUNK];
    // A place that ignores ranges sends from the beginning.
    let mut to_skip = skipped;
    let mut told = Instant::now();
    loop {
        let read = body.read(&mut buffer).map_err(|error| again(error.to_string()))?;
        if read == 0 {
            break;
        }
        let skip = to_skip.min(read as u64);
        to_skip -= skip;
        let new = &buffer[skip as usize..read];
        let found = part.have + new.len() as u64;
        if found > file.bytes {
            return Err(length(file, found));
        }
        part.add(new).map_err(Cut::Final)?;
        if told.elapsed() >= NEWS {
            told = Instant::now();
            tell(&Notice::Fetching { path: file.path.clone(), have: part.have, bytes: file.bytes });
        }
    }
    match part.have == file.bytes {
        true => Ok(()),
        false => Err(again(format!("the connection was cut after {} bytes", part.have))),
    }
}

/// How many bytes of the response are here already.
fn check(
    response: &mut Response<Body>,
    file: &Fetched,
    pass: &mut Pass<'_>,
    have: u64,
) -> Result<u64, Cut> {
    let status = response.status();
    let headers = response.headers();
    if status.is_success() {
        pass.is_taken();
    }
    match status {
        StatusCode::OK => match number(headers, "content-length") {
            Some(found) if found != file.bytes => Err(length(file, found)),
            _ => Ok(have),
        },
        StatusCode::PARTIAL_CONTENT => match content_range(headers) {
            Some((first, Some(whole))) if first == have && whole != file.bytes => {
                Err(length(file, whole))
            }
            Some((first, _)) if first == have && have > 0 => Ok(0),
            _ => Err(unspeakable("it sends another range than it was asked for")),
        },
        StatusCode::RANGE_NOT_SATISFIABLE => {
            let whole =
                text(headers, "content-range").and_then(|range| range.strip_prefix("bytes */"));
            Err(length(file, whole.and_then(|whole| whole.parse().ok()).unwrap_or(have)))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Err(busy(response)),
        status if status.is_server_error() => Err(busy(response)),
        status => Err(pass.refused(status).unwrap_or_else(|meaning| {
            let (status, code) = (status.as_u16(), code(response));
            Cut::Final(Cause::Refused { status, code, meaning })
        })),
    }
}

fn busy(response: &Response<Body>) -> Cut {
    let pause = number(response.headers(), "retry-after").map(Duration::from_secs);
    Cut::Again { what: format!("it answers {}", response.status().as_u16()), pause }
}

/// S3's own word for what is wrong, when the answer has one.
fn code(response: &mut Response<Body>) -> String {
    let mut text = String::new();
    // An explanation that cannot be read is none.
    let _ = response.body_mut().as_reader().take(EXPLANATION).read_to_string(&mut text);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    match code {
        Some((code, _)) if code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            format!(" ({code})")
        }
        _ => String::new(),
    }
}

/// What of the file is sent, and how long it is.
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let (range, whole) = text(headers, "content-range")?.strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split_once('-')?.0.parse().ok()?, whole.parse().ok()))
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    text(headers, name)?.trim().parse().ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn length(file: &Fetched, found: u64) -> Cut {
    Cut::Final(Cause::Length { expected: file.bytes, found })
}

fn again(what: String) -> Cut {
    Cut::Again { what, pause: None }
}

fn unspeakable(what: &str) -> Cut {
    Cut::Final(Cause::Unspeakable(what.to_owned()))
}

/// What can pass by itself is tried again; a certificate that does not hold is not.
fn cut(error: ureq::Error) -> Cut {
    use ureq::Error;
    match error {
        Error::Io(error) => again(error.to_string()),
        Error::Timeout(_) => again(format!("nothing came for {} seconds", PATIENCE.as_secs())),
        Error::HostNotFound => again("its name is not known".into()),
        Error::ConnectionFailed | Error::Protocol(_) => again(error.to_string()),
        _ => unspeakable(&error.to_string()),
    }
}
