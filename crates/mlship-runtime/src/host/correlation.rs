//! What a request is found by in the logs: an id of the caller's or the platform's, else one that
//! is made; and the trace that it is part of. What callers write is cleaned and cut.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use super::ask::Headers;
use crate::notice::Collector;

/// The longest id that is taken over, in characters; more is cut off.
const LONGEST: usize = 128;

/// The header that an id is taken from, and goes back in.
pub(super) const REQUEST_ID: &str = "x-request-id";

/// Under this name the Lambda host shows the id of an invocation.
pub(super) const LAMBDA_ID: &str = "lambda-runtime-aws-request-id";

/// Under this name the Lambda host shows the X-Ray trace of an invocation.
pub(super) const LAMBDA_TRACE: &str = "lambda-runtime-trace-id";

/// Makes ids that no two requests have, on this machine or another.
pub(super) struct Ids {
    /// Two keys that the system draws anew for every process.
    keys: [RandomState; 2],
    next: AtomicU64,
}

impl Ids {
    pub(super) fn new() -> Self {
        Self { keys: [RandomState::new(), RandomState::new()], next: AtomicU64::new(0) }
    }

    /// The id of a request with these headers.
    pub(super) fn of(&self, headers: &dyn Headers) -> String {
        let said = |name| headers.bytes(name).and_then(clean);
        said(REQUEST_ID)
            .or_else(|| said(LAMBDA_ID))
            .or_else(|| x_ray(headers))
            .or_else(|| Some(traceparent(headers)?.trace.to_owned()))
            .or_else(|| Some(cloud_trace(headers)?.0.to_owned()))
            .or_else(|| said("x-azure-functions-invocationid"))
            .unwrap_or_else(|| self.make())
    }

    fn make(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let [high, low] = self.keys.each_ref().map(|key| key.hash_one(number));
        hex(u128::from(high) << 64 | u128::from(low))
    }
}

/// 32 digits; a format string takes several times as long.
fn hex(number: u128) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = number
        .to_be_bytes()
        .map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    String::from_utf8(digits.as_flattened().to_vec()).unwrap_or_default()
}

/// The trace of a request with these headers, in the fields that the collector reads.
pub(super) fn trace(headers: &dyn Headers, collector: &Collector) -> Vec<(&'static str, String)> {
    let parent = traceparent(headers);
    let mut fields = Vec::new();
    match collector {
        Collector::Lambda => fields.extend(x_ray(headers).map(|root| ("xRayTraceId", root))),
        Collector::Google { project } => {
            let cloud = || cloud_trace(headers).map(|(trace, _)| trace);
            if let Some(trace) = parent.as_ref().map(|parent| parent.trace).or_else(cloud) {
                let trace = match project {
                    Some(project) => format!("projects/{project}/traces/{trace}"),
                    None => trace.to_owned(),
                };
                fields.push(("logging.googleapis.com/trace", trace));
            }
            fields.extend(parent.map(|it| ("logging.googleapis.com/spanId", it.span.to_owned())));
        }
        Collector::Azure => {
            if let Some(parent) = parent {
                fields.push(("operation_Id", parent.trace.to_owned()));
                fields.push(("operation_ParentId", parent.span.to_owned()));
            }
        }
        Collector::Plain => {
            if let Some(parent) = parent {
                fields.push(("trace_id", parent.trace.to_owned()));
                fields.push(("span_id", parent.span.to_owned()));
            }
        }
    }
    fields
}

/// W3C trace context: <https://www.w3.org/TR/trace-context/>.
struct Parent<'a> {
    trace: &'a str,
    span: &'a str,
}

fn traceparent(headers: &dyn Headers) -> Option<Parent<'_>> {
    let mut parts = headers.text("traceparent")?.split('-');
    let (version, trace, span) = (parts.next()?, parts.next()?, parts.next()?);
    let fits = is_hex(version, 2) && is_hex(trace, 32) && is_hex(span, 16);
    let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    (fits && !is_zero(trace) && !is_zero(span)).then_some(Parent { trace, span })
}

/// `TRACE_ID/SPAN_ID;o=OPTIONS`: <https://cloud.google.com/trace/docs/trace-context#legacy-http-header>.
fn cloud_trace(headers: &dyn Headers) -> Option<(&str, &str)> {
    let text = headers.text("x-cloud-trace-context")?;
    let (trace, rest) = text.split_once('/').unwrap_or((text, ""));
    is_hex(trace, 32).then_some((trace, rest))
}

/// The root of an X-Ray trace: `1-`, 8 and 24 hex digits
/// (<https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>).
fn x_ray(headers: &dyn Headers) -> Option<String> {
    let root = |name| {
        let text = headers.text(name)?;
        let root = text.split(';').find_map(|part| part.trim().strip_prefix("Root="))?;
        let (first, rest) = root.strip_prefix("1-")?.split_once('-')?;
        (is_hex(first, 8) && is_hex(rest, 24)).then(|| root.to_owned())
    };
    root(LAMBDA_TRACE).or_else(|| root("x-amzn-trace-id"))
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The visible ASCII characters of an id, without those that end a text somewhere; `None` when
/// nothing is left.
fn clean(id: &[u8]) -> Option<String> {
    let kept = |byte: &&u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'<' | b'>');
    // No more is looked at than could be kept of an id that is as it should be.
    let id: String = id
        .iter()
        .take(2 * LONGEST)
        .filter(kept)
        .take(LONGEST)
        .map(|byte| char::from(*byte))
        .collect();
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shown(&'static [(&'static str, &'static [u8])]);

    impl Headers for Shown {
        fn bytes(&self, name: &str) -> Option<&[u8]> {
            self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
        }
    }

    const PARENT: (&str, &[u8]) =
        ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

    #[test]
    fn an_id_is_taken_cleaned_or_made() {
        let ids = Ids::new();
        let of = |headers| ids.of(&Shown(headers));
        assert_eq!(of(&[(REQUEST_ID, b"abc-1"), (LAMBDA_ID, b"x")]), "abc-1");
        assert_eq!(of(&[(REQUEST_ID, b"a\r\n\"b\x1b[31m\xff\\")]), "ab[31m");
        assert_eq!(of(&[(REQUEST_ID, &[b'a'; 1_000_000])]), "a".repeat(LONGEST));
        assert_eq!(of(&[(REQUEST_ID, b"\x01\x02 "), (LAMBDA_ID, b"id")]), "id");
        assert_eq!(of(&[PARENT]), "4bf92f3577b34da6a3ce929d0e0e4736");
        let root = "1-5759e988-bd862e3fe1be46a994272793";
        let header: &[u8] = b"Self=x;Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
        assert_eq!(ids.of(&Shown(&[("x-amzn-trace-id", b"Root=hostile")])).len(), 32);
        let lambda = [(LAMBDA_TRACE, header)];
        let shown: &'static [_] = Box::leak(Box::new(lambda));
        assert_eq!(ids.of(&Shown(shown)), root);
        let (one, two) = (of(&[]), of(&[]));
        assert!(one != two && is_hex(&one, 32) && is_hex(&two, 32), "{one} {two}");
    }

    #[test]
    fn a_trace_stands_where_the_collector_looks() {
        let google = Collector::Google { project: Some("p".into()) };
        let fields = trace(&Shown(&[PARENT]), &google);
        let expected = "projects/p/traces/4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(fields[0], ("logging.googleapis.com/trace", expected.into()));
        assert_eq!(fields[1], ("logging.googleapis.com/spanId", "00f067aa0ba902b7".into()));
        let legacy = Shown(&[("x-cloud-trace-context", b"4bf92f3577b34da6a3ce929d0e0e4736/1;o=1")]);
        assert_eq!(trace(&legacy, &google), [("logging.googleapis.com/trace", expected.into())]);
        assert_eq!(trace(&Shown(&[PARENT]), &Collector::Azure)[0].0, "operation_Id");
        assert_eq!(trace(&Shown(&[PARENT]), &Collector::Plain)[0].0, "trace_id");
        assert!(trace(&Shown(&[("traceparent", b"00-zz-1-1")]), &Collector::Plain).is_empty());
    }
}
