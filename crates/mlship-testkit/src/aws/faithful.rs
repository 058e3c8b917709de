//! What Lambda does and moto does not: it takes its time, refuses while it is at work, publishes
//! nothing twice, knows a statement once, limits a request, and runs code.

use std::collections::HashMap;
use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::aliases::Aliases;
use super::call::Call;
use super::faults::{Script, busy, lambda_error};
use super::http::{Request, Response, forward};
use super::images::Images;
use super::parts::Parts;
use super::proxy::Answerer;

/// Lambda takes no larger zip in a request, in bytes.
const DIRECT_UPLOAD: usize = 50 << 20;

/// What is the same in two versions that are one.
const SAME: [&str; 9] = [
    "CodeSha256",
    "MemorySize",
    "Timeout",
    "Role",
    "Runtime",
    "Handler",
    "Architectures",
    "EphemeralStorage",
    "Environment",
];

/// What moto has no memory of.
#[derive(Default)]
pub(super) struct Faithful {
    /// How many more looks find a function, or one version of it, at work, and at what.
    at_work: HashMap<String, (u32, Work)>,
    /// Zips by digest, as they were sent.
    codes: HashMap<String, Vec<u8>>,
    aliases: Aliases,
    parts: Parts,
    pub(super) role_refusals: u32,
    pub(super) images: Images,
}

#[derive(Clone, Copy)]
enum Work {
    Coming,
    Changing,
}

impl Faithful {
    /// What Lambda would answer by itself; `None` leaves it to moto.
    pub(super) fn before(
        &mut self,
        call: &Call,
        request: &Request,
        moto: SocketAddr,
        answer: &Answerer,
    ) -> Option<Response> {
        if call.service == "s3" {
            return self.parts.before(call);
        }
        if call.service != "lambda" {
            return None;
        }
        let images = &self.images;
        let ask = |method: &str, target: String| ask(moto, request, method, target, images);
        let function = call.function().unwrap_or_default();
        match call.operation().as_str() {
            "CreateFunction" => self.refuse_function(call),
            "UpdateFunctionCode" => self.refuse_change(function).or_else(|| too_large(call)),
            "UpdateFunctionConfiguration" => self.refuse_change(function),
            "PublishVersion" => self.refuse_change(function).or_else(|| publish(call, &ask)),
            "AddPermission" => refuse_statement(call, &ask),
            "CreateFunctionUrlConfig" => {
                let (status, _) = ask("GET", call.target.clone());
                (status < 300).then(|| {
                    lambda_error(409, "ResourceConflictException", "The address exists already")
                })
            }
            "Invoke" => Some(self.invoke(call, &ask, answer)),
            _ => self.aliases.before(call, &ask),
        }
    }

    /// Learns from what moto answered, and changes what Lambda would say otherwise.
    pub(super) fn after(&mut self, call: &Call, response: &mut Response, script: &Script) {
        if response.status >= 300 {
            return;
        }
        self.keep_code(call);
        match call.service.as_str() {
            "s3" => self.parts.after(call, response),
            "lambda" => self.aliases.after(call, response),
            _ => {}
        }
        let busy_looks = script.busy_looks;
        let mut body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let function = call.function().unwrap_or_default().to_owned();
        match call.operation().as_str() {
            "CreateFunction" => {
                let name = body["FunctionName"].as_str().unwrap_or_default().to_owned();
                self.at_work.insert(name, (busy_looks, Work::Coming));
            }
            "UpdateFunctionCode" | "UpdateFunctionConfiguration" => {
                self.at_work.insert(function, (busy_looks, Work::Changing));
            }
            "PublishVersion" => {
                let key = format!("{function}:{}", body["Version"].as_str().unwrap_or_default());
                self.at_work.insert(key, (busy_looks, Work::Coming));
            }
            "GetFunction" => {
                let key = match call.qualifier() {
                    Some(qualifier) => format!("{function}:{qualifier}"),
                    None => function,
                };
                let configuration = &mut body["Configuration"];
                if self.colour(&key, configuration) || fail(script, configuration) {
                    response.body = body.to_string().into_bytes();
                }
            }
            "DeleteFunction" => {
                self.at_work.retain(|key, _| key.split(':').next() != Some(function.as_str()))
            }
            _ => {}
        }
    }

    fn colour(&mut self, key: &str, configuration: &mut Value) -> bool {
        let Some((left, work)) = self.at_work.get_mut(key).filter(|(left, _)| *left > 0) else {
            return false;
        };
        *left -= 1;
        match work {
            Work::Coming => {
                configuration["State"] = json!("Pending");
                configuration["StateReason"] = json!("The function is being created.");
                configuration["StateReasonCode"] = json!("Creating");
            }
            Work::Changing => configuration["LastUpdateStatus"] = json!("InProgress"),
        }
        true
    }

    fn refuse_function(&mut self, call: &Call) -> Option<Response> {
        if self.role_refusals > 0 {
            self.role_refusals -= 1;
            let message = "The role defined for the function cannot be assumed by Lambda.";
            return Some(lambda_error(400, "InvalidParameterValueException", message));
        }
        too_large(call)
    }

    fn refuse_change(&self, function: &str) -> Option<Response> {
        self.at_work.get(function).filter(|(left, _)| *left > 0).map(|_| busy())
    }

    fn keep_code(&mut self, call: &Call) {
        let code = match (call.service.as_str(), call.method.as_str()) {
            ("s3", "PUT") if !call.target.contains("partNumber=") => Some(call.body.clone()),
            ("lambda", "POST" | "PUT") => zip_of(call),
            _ => None,
        };
        if let Some(code) = code {
            self.codes.insert(STANDARD.encode(Sha256::digest(&code)), code);
        }
    }

    fn invoke(
        &self,
        call: &Call,
        ask: &dyn Fn(&str, String) -> (u16, Value),
        answer: &Answerer,
    ) -> Response {
        let function = call.function().unwrap_or_default();
        let query = call.qualifier().map_or(String::new(), |text| format!("?Qualifier={text}"));
        let (status, found) = ask("GET", format!("/2015-03-31/functions/{function}{query}"));
        if status >= 300 {
            let message = format!("Function not found: {function}");
            return lambda_error(404, "ResourceNotFoundException", &message);
        }
        let digest = found["Configuration"]["CodeSha256"].as_str().unwrap_or_default();
        let image = self.images.code(digest);
        let Some(code) = image.as_ref().or_else(|| self.codes.get(digest)) else {
            return lambda_error(500, "ServiceException", "the code was never sent");
        };
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let body = answer(code, &call.body).unwrap_or_else(|message| {
            headers.push(("x-amz-function-error".into(), "Unhandled".into()));
            let error = json!({"errorType": "Runtime.ExitError", "errorMessage": message});
            error.to_string().into_bytes()
        });
        Response { status: 200, headers, body }
    }
}

fn fail(script: &Script, configuration: &mut Value) -> bool {
    let Some(code) = script.failing else { return false };
    configuration["State"] = json!("Failed");
    configuration["StateReasonCode"] = json!(code);
    true
}

fn zip_of(call: &Call) -> Option<Vec<u8>> {
    let body: Value = serde_json::from_slice(&call.body).ok()?;
    let text = body["Code"]["ZipFile"].as_str().or(body["ZipFile"].as_str())?;
    STANDARD.decode(text).ok()
}

fn too_large(call: &Call) -> Option<Response> {
    (zip_of(call)?.len() > DIRECT_UPLOAD).then(|| {
        lambda_error(413, "RequestEntityTooLargeException", "Request must be smaller than 70 MB")
    })
}

/// Lambda checks the digest, and gives the last version back when nothing has changed since.
fn publish(call: &Call, ask: &dyn Fn(&str, String) -> (u16, Value)) -> Option<Response> {
    let function = call.function()?;
    let (status, versions) = ask("GET", format!("/2015-03-31/functions/{function}/versions"));
    let versions = versions["Versions"].as_array().filter(|_| status < 300)?;
    let latest = versions.iter().find(|version| version["Version"] == "$LATEST")?;
    let wanted: Value = serde_json::from_slice(&call.body).ok()?;
    if wanted["CodeSha256"].is_string() && wanted["CodeSha256"] != latest["CodeSha256"] {
        let message = "CodeSHA256 is different from current CodeSHA256 in $LATEST.";
        return Some(lambda_error(400, "InvalidParameterValueException", message));
    }
    let last = versions.iter().rfind(|version| version["Version"] != "$LATEST")?;
    SAME.iter().all(|key| last[key] == latest[key]).then(|| Response {
        status: 201,
        headers: vec![("content-type".into(), "application/json".into())],
        body: last.to_string().into_bytes(),
    })
}

fn refuse_statement(call: &Call, ask: &dyn Fn(&str, String) -> (u16, Value)) -> Option<Response> {
    let (_, found) = ask("GET", call.target.clone());
    let policy: Value = serde_json::from_str(found["Policy"].as_str()?).ok()?;
    let wanted: Value = serde_json::from_slice(&call.body).ok()?;
    let known = policy["Statement"]
        .as_array()?
        .iter()
        .any(|statement| statement["Sid"] == wanted["StatementId"]);
    known.then(|| {
        let message = "The statement id provided already exists.";
        lambda_error(409, "ResourceConflictException", message)
    })
}

/// Asks moto something of the proxy's own, signed as `like`.
fn ask(
    moto: SocketAddr,
    like: &Request,
    method: &str,
    target: String,
    images: &Images,
) -> (u16, Value) {
    let kept = ["authorization", "host", "x-amz-date"];
    let headers = like.headers.iter().filter(|(name, _)| kept.contains(&name.as_str()));
    let headers = headers.cloned().collect();
    let request = Request { method: method.into(), target, headers, body: Vec::new() };
    let response = forward(moto, &request).expect("moto answers");
    let body = images.corrected(&response.body);
    (response.status, serde_json::from_slice(&body).unwrap_or_default())
}
