//! What goes wrong on demand.

use super::call::{Call, Effect};
use super::http::Response;
use super::registry::refuse;

/// What is to go wrong. Calls are numbered from 0, repeated tries included.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// From this call on, nothing gets through any more: as if the caller had been killed.
    pub cut: Option<Cut>,
    /// This one call fails.
    pub once: Option<(usize, Fault)>,
    /// So many looks at a function find it busy after each change.
    pub busy_looks: u32,
    /// So many tries find that the role of a new function cannot be assumed.
    pub role_refusals: u32,
    /// So many tries find that Lambda may not read the image of a function.
    pub pull_refusals: u32,
    /// The registry of images answers everything with this status.
    pub registry_refuses: Option<u16>,
    /// Every function turns out to have failed, for this reason code.
    pub failing: Option<&'static str>,
}

/// Where the calls end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// This call does not reach AWS.
    Before(usize),
    /// This call reaches AWS and takes effect; its answer does not come back.
    After(usize),
}

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Too many calls.
    Throttled,
    /// The service's own fault.
    Broken,
    /// Somebody else is changing the function; only a write to Lambda meets it.
    Conflict,
    /// The connection ends before the call reaches AWS.
    DroppedBefore,
    /// The connection ends after the call took effect.
    DroppedAfter,
}

/// What becomes of a call.
#[derive(Debug)]
pub(super) enum Fate {
    Pass,
    Drop,
    /// It takes effect and is not answered.
    PassAndDrop,
    Refuse(Response),
}

impl Script {
    pub(super) fn fate(&self, index: usize, call: &Call) -> Fate {
        match self.cut {
            Some(Cut::Before(at)) if index >= at => return Fate::Drop,
            Some(Cut::After(at)) if index > at => return Fate::Drop,
            Some(Cut::After(at)) if index == at => return Fate::PassAndDrop,
            _ => {}
        }
        match self.once {
            Some((at, fault)) if at == index => fate(fault, call),
            _ => Fate::Pass,
        }
    }
}

fn fate(fault: Fault, call: &Call) -> Fate {
    match fault {
        Fault::DroppedBefore => Fate::Drop,
        Fault::DroppedAfter => Fate::PassAndDrop,
        Fault::Throttled => Fate::Refuse(throttled(call)),
        Fault::Broken => Fate::Refuse(broken(call)),
        Fault::Conflict if call.service == "lambda" && call.effect() == Effect::Write => {
            Fate::Refuse(busy())
        }
        Fault::Conflict => Fate::Pass,
    }
}

/// What Lambda says while it is at work on a function.
pub(super) fn busy() -> Response {
    let message = "The operation cannot be performed at this time. An update is in progress.";
    lambda_error(409, "ResourceConflictException", message)
}

/// An error as Lambda sends it.
pub(super) fn lambda_error(status: u16, code: &str, message: &str) -> Response {
    let body = serde_json::json!({"Type": "User", "Message": message, "message": message});
    Response {
        status,
        headers: vec![
            ("content-type".into(), "application/json".into()),
            ("x-amzn-errortype".into(), code.into()),
        ],
        body: body.to_string().into_bytes(),
    }
}

fn throttled(call: &Call) -> Response {
    match call.service.as_str() {
        "lambda" => lambda_error(429, "TooManyRequestsException", "Rate exceeded"),
        "logs" | "ecr" => json_error(400, "ThrottlingException", "Rate exceeded"),
        "registry" => refuse(429, "TOOMANYREQUESTS", "Rate exceeded"),
        "s3" => xml_error(503, "SlowDown", "Please reduce your request rate."),
        _ => query_error(400, "Throttling", "Rate exceeded"),
    }
}

fn broken(call: &Call) -> Response {
    match call.service.as_str() {
        "lambda" => lambda_error(500, "ServiceException", "An error occurred"),
        "registry" => refuse(500, "UNKNOWN", "An error occurred"),
        "ecr" => json_error(500, "ServerException", "An error occurred"),
        "logs" => json_error(500, "ServiceUnavailableException", "An error occurred"),
        "s3" => xml_error(500, "InternalError", "We encountered an internal error."),
        _ => query_error(500, "ServiceFailure", "An error occurred"),
    }
}

fn json_error(status: u16, code: &str, message: &str) -> Response {
    let body = serde_json::json!({"__type": code, "message": message}).to_string();
    let headers = vec![("content-type".into(), "application/x-amz-json-1.1".into())];
    Response { status, headers, body: body.into_bytes() }
}

/// An error as S3 sends it.
pub(super) fn xml_error(status: u16, code: &str, message: &str) -> Response {
    xml(status, format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"))
}

fn query_error(status: u16, code: &str, message: &str) -> Response {
    let error = format!("<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>");
    xml(status, format!("<ErrorResponse><Error>{error}</Error></ErrorResponse>"))
}

fn xml(status: u16, body: String) -> Response {
    let headers = vec![("content-type".into(), "text/xml".into())];
    Response { status, headers, body: body.into_bytes() }
}
