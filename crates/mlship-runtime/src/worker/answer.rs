//! From what the worker says to the answer of a request.

use std::borrow::Cow;

use serde::Deserialize;

use super::frame::{self, Frame};
use crate::notice::Notice;
use crate::notice::tail;
use crate::problem::{Kind, Problem};
use crate::service::Prediction;

/// What a frame means.
pub(super) enum Said {
    /// The answer.
    Answer(Prediction),
    /// What is wrong, what the operator is told of it, and whether the worker is of any more use.
    Problem(Problem, Option<Notice>, Use),
    /// Nothing that a worker says at this time.
    Nonsense,
}

/// Whether a worker is of any more use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It goes on.
    More,
    /// It may remember what went wrong, and is started anew.
    None,
}

/// What is wrong, as the worker writes it.
#[derive(Deserialize)]
struct Wrong {
    kind: String,
    detail: String,
    #[serde(default)]
    at: Option<String>,
    #[serde(default)]
    trace: Option<String>,
    /// Whether it is of no more use.
    #[serde(default)]
    last: bool,
}

/// The kinds of problem that a worker may name.
const KINDS: [Kind; 8] = [
    Kind::Failed,
    Kind::Unfit,
    Kind::NotJson,
    Kind::Malformed,
    Kind::BrokenForm,
    Kind::UnsupportedMediaType,
    Kind::BadImage,
    Kind::AnswerTooLarge,
];

/// What is told of a traceback at most, in bytes of its JSON: a line of a log stays below 4096.
const TRACE: usize = 3000;

/// The meaning of a frame that follows a call; its answers stand in `predictions` when it was of
/// instances.
pub(super) fn of(frame: Frame, is_of_instances: bool) -> Said {
    match frame.kind {
        frame::JSON => json(frame.payload, is_of_instances),
        frame::BYTES if is_of_instances => Said::Problem(no_list(), None, Use::More),
        frame::BYTES => bytes(frame.payload).map_or(Said::Nonsense, Said::Answer),
        frame::PROBLEM => wrong(&frame.payload).unwrap_or(Said::Nonsense),
        _ => Said::Nonsense,
    }
}

fn json(payload: Vec<u8>, is_of_instances: bool) -> Said {
    let bytes = match (is_of_instances, payload.first()) {
        (false, _) => payload,
        (true, Some(b'[')) => [br#"{"predictions":"#, &payload[..], b"}"].concat(),
        (true, _) => return Said::Problem(no_list(), None, Use::More),
    };
    Said::Answer(Prediction { media_type: "application/json".into(), bytes, json_bytes: None })
}

fn no_list() -> Problem {
    let detail = "the handler answered a list of instances with something else than a list";
    Problem::new(Kind::Failed, detail)
}

/// An answer of bytes; `None` where its media type is none.
fn bytes(mut payload: Vec<u8>) -> Option<Prediction> {
    let length = usize::from(u16::from_be_bytes([*payload.first()?, *payload.get(1)?]));
    let media_type = std::str::from_utf8(payload.get(2..2 + length)?).ok()?;
    let is_plain = media_type.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let is_one = is_plain && media_type.contains('/');
    let media_type = if is_one { media_type } else { "application/octet-stream" };
    let media_type = Cow::Owned(media_type.to_owned());
    payload.drain(..2 + length);
    Some(Prediction { media_type, bytes: payload, json_bytes: None })
}

fn wrong(payload: &[u8]) -> Option<Said> {
    let Wrong { kind, detail, at, trace, last } = serde_json::from_slice(payload).ok()?;
    let kind = KINDS.into_iter().find(|known| known.slug() == kind)?;
    // What is a request's own fault is the caller's business alone.
    let notice = (kind == Kind::Failed).then(|| Notice::Raised {
        cause: detail.clone(),
        at,
        traceback: trace.map(|trace| tail(&trace, TRACE).to_owned()),
    });
    let more = if last { Use::None } else { Use::More };
    Some(Said::Problem(Problem::new(kind, detail), notice, more))
}

/// Reads a frame of anybody's.
#[cfg(test)]
pub(super) fn fuzz(frame: Frame) -> bool {
    let copy = Frame { kind: frame.kind, payload: frame.payload.clone() };
    let is_nonsense = |said| matches!(said, Said::Nonsense);
    is_nonsense(of(frame, false)) && is_nonsense(of(copy, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: u8, payload: &[u8]) -> Said {
        of(Frame { kind, payload: payload.to_vec() }, false)
    }

    #[test]
    fn bytes_keep_a_media_type_that_is_one() {
        for (payload, media_type) in [
            (&b"\0\x09image/pngPNG"[..], "image/png"),
            (b"\0\x05a/b\r\nPNG", "application/octet-stream"),
            (b"\0\x00PNG", "application/octet-stream"),
            (b"\0\x03pngPNG", "application/octet-stream"),
        ] {
            let Said::Answer(answer) = said(frame::BYTES, payload) else { panic!() };
            assert_eq!((&*answer.media_type, answer.bytes), (media_type, b"PNG".to_vec()));
        }
        for cut in [&b""[..], b"\0", b"\0\x09image"] {
            assert!(matches!(said(frame::BYTES, cut), Said::Nonsense), "{cut:?}");
        }
    }

    #[test]
    fn a_worker_may_not_name_every_problem() {
        for wrong in [r#"{"kind":"no-key","detail":""}"#, r#"{"kind":"failed"}"#, "[]", ""] {
            assert!(matches!(said(frame::PROBLEM, wrong.as_bytes()), Said::Nonsense), "{wrong}");
        }
        let raised = r#"{"kind":"failed","detail":"d","at":"app.py:3","trace":"t"}"#;
        let Said::Problem(problem, Some(Notice::Raised { at, .. }), Use::More) =
            said(frame::PROBLEM, raised.as_bytes())
        else {
            panic!()
        };
        assert_eq!((problem.detail.as_str(), at.as_deref()), ("d", Some("app.py:3")));
    }

    #[test]
    fn instances_are_answered_with_predictions() {
        let of_instances =
            |payload: &[u8]| of(Frame { kind: frame::JSON, payload: payload.to_vec() }, true);
        let Said::Answer(answer) = of_instances(b"[1]") else { panic!() };
        assert_eq!(answer.bytes, br#"{"predictions":[1]}"#);
        assert!(matches!(of_instances(b"{}"), Said::Problem(..)));
    }
}
