//! OpenWhisk's ActionLoop: one activation a line, one answer a line, as long as the proxy keeps the
//! process. Opens none of the streams itself. The proxy writes the marks that end a log.
//! Protocol: <https://github.com/apache/openwhisk-runtime-go/blob/master/docs/ACTION.md>.

mod activation;
mod answer;

use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Instant;

use serde_json::json;

use super::ask::Ask;
use super::body::{Body, Held};
use super::deadline::until;
use super::desk::Desk;
use super::documents::{Callers, Documents};
use super::lines::{Line, Lines, Place};
use super::openapi::Guard;
use super::{End, Notice, Settings, Tell};
use crate::bundle::{self, LoadError};
use crate::problem::{Kind, Problem};
use crate::request::{Said, Wrap};
use crate::service::{Prediction, Service};
use activation::{Activation, Asked};

/// What an activation says around its request at most, in bytes: names, a key, headers.
const AROUND_BYTES: usize = 128 * 1024;

/// The variables that the proxy alone sets
/// (<https://github.com/apache/openwhisk-runtime-go/blob/master/docs/ENVVARS.md>). One is enough.
pub const MARKS: [&str; 3] = ["__OW_PROXY_VERSION", "__OW_EXECUTION_ENV", ACKNOWLEDGE];

/// The variable that is set where the proxy waits to hear that the process has begun.
pub const ACKNOWLEDGE: &str = "__OW_WAIT_FOR_ACK";

/// Whether the proxy waits to hear that the model is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// It does.
    Acknowledged,
    /// It does not.
    Silent,
}

/// Why the host ended with an error.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// The bundle cannot be served.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The proxy cannot be spoken to.
    #[error("the action's proxy cannot be spoken to: {0}")]
    Proxy(#[from] io::Error),
}

/// Serves the bundle in `folder` to the proxy that writes activations on `from` and reads answers
/// from `onto`, until it closes `from`.
///
/// # Errors
/// When the bundle cannot be loaded or a stream breaks.
pub async fn serve(
    folder: &Path,
    (from, mut onto): (impl Read, impl Write),
    start: Start,
    settings: Settings,
    tell: Tell,
) -> Result<End, ActionError> {
    let bundle = bundle::read(folder)?;
    let begun = Instant::now();
    let service = Service::load(folder, &bundle, &settings.setup, tell)?;
    // Text inside JSON may take two bytes a character.
    let longest = bundle.bounds.body_bytes.saturating_mul(2).saturating_add(AROUND_BYTES);
    let documents = Documents::new(folder, &bundle, Callers::Remote, Guard::Open);
    let desk = Desk::new(bundle, 0, documents, &settings, tell);
    desk.ready(service, begun.elapsed());
    let mut lines = Lines::new(from, longest);
    if start == Start::Acknowledged {
        put(&mut onto, json!({ "ok": true }).to_string().into_bytes())?;
    }
    loop {
        let Some(line) = lines.next(1)?.pop() else { return Ok(End::Asked) };
        let answer = match bytes(&lines, line, longest) {
            Ok(line) => answer(&desk, line).await,
            Err(problem) => answer::error(&problem),
        };
        put(&mut onto, answer)?;
        if desk.is_stuck() {
            tell(&Notice::Overdue);
            return Ok(End::Overdue);
        }
    }
}

fn bytes<R: Read>(lines: &Lines<R>, line: Line, longest: usize) -> Result<&[u8], Problem> {
    match line.place {
        Place::Here(place) => Ok(lines.bytes(place)),
        Place::TooLong => {
            let detail = format!("an activation has at most {longest} bytes");
            Err(Problem::new(Kind::BodyTooLarge, detail))
        }
    }
}

/// The JSON that answers an activation.
async fn answer(desk: &Desk, line: &[u8]) -> Vec<u8> {
    let activation = match Activation::read(line) {
        Ok(activation) => activation,
        Err(problem) => return answer::error(&problem),
    };
    let bound = desk.bound.min(until(activation.deadline_ms));
    match activation.asked {
        Asked::Plain { request, wrap } => {
            let said = Said { wrap, ..Said::NOTHING };
            match desk.run(Held::from(request), said, bound).await.and_then(Prediction::into_json) {
                Ok(prediction) => answer::plain(prediction.bytes),
                Err(problem) => answer::error(&problem),
            }
        }
        Asked::Web(mut web) => {
            let body = Body::Here(Held::from(std::mem::take(&mut web.body)));
            let (method, path, wrap) = (web.method.as_str(), web.path.as_str(), Wrap::Plain);
            let ask = Ask { method, path, wrap, headers: &web, body, bound };
            answer::web(&desk.answer(ask).await)
        }
    }
}

fn put(onto: &mut impl Write, mut line: Vec<u8>) -> io::Result<()> {
    line.push(b'\n');
    onto.write_all(&line)?;
    onto.flush()
}
