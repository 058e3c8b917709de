//! Sending bytes: in one call, with what is said of them beside them, or in parts that can be taken
//! up again after a connection broke.

use serde_json::{Value, json};

use super::{ifs, multipart, objects, ok};
use crate::cloud::http::Arrived;
use crate::gcp::discovery::Ask;
use crate::gcp::error::Refusal;
use crate::gcp::http::Response;
use crate::gcp::state::State;

/// What is kept of a part is a multiple of this; so is every part but the last.
const GRAIN: usize = 256 * 1024;

/// An upload in parts.
#[derive(Debug)]
pub(super) struct Session {
    bucket: String,
    /// What is said of the object.
    asked: Value,
    bytes: Vec<u8>,
    /// The object, when all is there.
    done: Option<Value>,
}

pub(super) fn answer(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    if let Some(id) = ask.query("upload_id") {
        return proceed(state, ask, id);
    }
    if ask.request.method != "POST" {
        return Err(Refusal::invalid("The upload id is missing."));
    }
    let request = ask.request;
    if request.arrived == Arrived::InPart {
        return Err(Refusal::invalid("The body is not whole."));
    }
    let media_type = request.header("content-type");
    match ask.query("uploadType") {
        Some("resumable") => begin(state, ask),
        Some("media") => {
            let asked = said(ask, json!({}), media_type)?;
            whole(state, ask, &asked, request.body.clone())
        }
        Some("multipart") => {
            let parts = multipart::parts(media_type.unwrap_or_default(), &request.body);
            let parts =
                parts.ok_or_else(|| Refusal::invalid("The body is no multipart/related."))?;
            let said_of = serde_json::from_slice(&parts.said)
                .map_err(|error| Refusal::invalid(format!("The first part is no JSON: {error}")))?;
            let asked = said(ask, said_of, parts.media_type.as_deref())?;
            whole(state, ask, &asked, parts.bytes)
        }
        other => Err(Refusal::invalid(format!("Invalid upload type: {other:?}"))),
    }
}

/// What is said of an object, checked, with its name and type.
fn said(ask: &Ask<'_>, body: Value, media_type: Option<&str>) -> Result<Value, Refusal> {
    let mut asked = ask.checked(&body)?;
    if let Some(name) = ask.query("name") {
        asked["name"] = json!(name);
    }
    if let (Some(media_type), true) = (media_type, asked["contentType"].is_null()) {
        asked["contentType"] = json!(media_type);
    }
    match asked["name"].as_str() {
        Some(name) if !name.is_empty() && name.len() <= 1024 => Ok(asked),
        _ => Err(Refusal::invalid("Required object name missing or too long.")),
    }
}

fn whole(
    state: &mut State,
    ask: &Ask<'_>,
    asked: &Value,
    bytes: Vec<u8>,
) -> Result<Response, Refusal> {
    let bucket = ask.path("bucket");
    may_put(state, ask, bucket, asked)?;
    ok(&objects::put(state, bucket, asked, bytes)?)
}

fn may_put(state: &mut State, ask: &Ask<'_>, bucket: &str, asked: &Value) -> Result<(), Refusal> {
    let name = asked["name"].as_str().unwrap_or_default();
    let before = state.storage.bucket(bucket)?.objects.get(name);
    ifs::hold(ask, before.map(|object| &object.body))
}

fn begin(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let request = ask.request;
    let body = match request.body.is_empty() {
        true => json!({}),
        false => serde_json::from_slice(&request.body)
            .map_err(|error| Refusal::invalid(format!("The body is no JSON: {error}")))?,
    };
    let asked = said(ask, body, request.header("x-upload-content-type"))?;
    let bucket = ask.path("bucket").to_owned();
    may_put(state, ask, &bucket, &asked)?;
    let id = state.uuid();
    // The conditions go with the session.
    let target = request.target();
    let at = format!("http://{}{target}&upload_id={id}", request.host);
    let session = Session { bucket, asked, bytes: Vec::new(), done: None };
    state.storage.sessions.insert(id.clone(), session);
    Ok(Response::empty(200).with("location", &at).with("x-guploader-uploadid", &id))
}

fn proceed(state: &mut State, ask: &Ask<'_>, id: &str) -> Result<Response, Refusal> {
    let missing = || Refusal::not_found("The upload session was not found.");
    let session = state.storage.sessions.get_mut(id).ok_or_else(missing)?;
    if let Some(done) = &session.done {
        return ok(done);
    }
    let request = ask.request;
    let range = Range::of(request.header("content-range"), request.header("content-length"))?;
    if let Range::Part { from, total } = range {
        let all = arrived(session, ask, from, total)?;
        if let Some(total) = total.filter(|total| session.bytes.len() >= *total && all) {
            session.bytes.truncate(total);
            let (bucket, asked) = (session.bucket.clone(), session.asked.clone());
            let bytes = std::mem::take(&mut session.bytes);
            may_put(state, ask, &bucket, &asked)?;
            let made = objects::put(state, &bucket, &asked, bytes)?;
            if let Some(session) = state.storage.sessions.get_mut(id) {
                session.done = Some(made.clone());
            }
            return ok(&made);
        }
    }
    let kept = state.storage.sessions.get(id).map_or(0, |session| session.bytes.len());
    let answer = Response::empty(308).with("x-guploader-uploadid", id);
    Ok(match kept {
        0 => answer,
        kept => answer.with("range", &format!("bytes=0-{}", kept - 1)),
    })
}

/// Keeps what arrived; false when its connection broke.
fn arrived(
    session: &mut Session,
    ask: &Ask<'_>,
    from: usize,
    total: Option<usize>,
) -> Result<bool, Refusal> {
    let (body, kept) = (&ask.request.body, session.bytes.len());
    if from > kept {
        return Err(Refusal::invalid(format!(
            "Invalid request. According to the Content-Range header, the upload offset is {from} \
             byte(s), which exceeds already uploaded size of {kept} byte(s)."
        )));
    }
    let new = body.get(kept - from..).unwrap_or_default();
    if ask.request.arrived == Arrived::InPart {
        session.bytes.extend_from_slice(&new[..new.len() / GRAIN * GRAIN]);
        return Ok(false);
    }
    let last = total.is_some_and(|total| from + body.len() == total);
    if !last && (body.is_empty() || body.len() % GRAIN != 0) {
        return Err(Refusal::invalid(format!(
            "Invalid request. The number of bytes uploaded is required to be equal or greater than \
             {GRAIN}, except for the final request (it's recommended to be the exact multiple of \
             {GRAIN}). The received request contained {} bytes, which does not meet this \
             requirement.",
            body.len()
        )));
    }
    session.bytes.extend_from_slice(new);
    Ok(true)
}

/// What `Content-Range` says.
enum Range {
    /// Only asks how much is there.
    Ask,
    Part {
        from: usize,
        total: Option<usize>,
    },
}

impl Range {
    /// Without the header it is all.
    fn of(header: Option<&str>, length: Option<&str>) -> Result<Self, Refusal> {
        let Some(header) = header else {
            let total = length.and_then(|length| length.parse().ok());
            return Ok(Self::Part { from: 0, total });
        };
        let wrong = || Refusal::invalid(format!("Failed to parse Content-Range header: {header}"));
        let (range, total) =
            header.strip_prefix("bytes ").and_then(|it| it.split_once('/')).ok_or_else(wrong)?;
        let total = match total {
            "*" => None,
            total => Some(total.parse().map_err(|_| wrong())?),
        };
        if range == "*" {
            // An empty object is sent so.
            let empty = total == Some(0);
            return Ok(if empty { Self::Part { from: 0, total } } else { Self::Ask });
        }
        let (from, to) = range.split_once('-').ok_or_else(wrong)?;
        let from: usize = from.parse().map_err(|_| wrong())?;
        let to: usize = to.parse().map_err(|_| wrong())?;
        let sent: usize = length.and_then(|it| it.parse().ok()).unwrap_or(to + 1 - from.min(to));
        match from <= to && sent == to + 1 - from {
            true => Ok(Self::Part { from, total }),
            false => Err(wrong()),
        }
    }
}
