//! A recorded call: which service, which operation, and whether it writes.

use std::fmt;

use super::http::{Request, header};

/// A request that reached the proxy.
#[derive(Debug, Clone)]
pub struct Call {
    /// `lambda`, `iam`, `s3`, `logs`, `sts`, `ecr`; from the signature. `registry` when it is a
    /// call of ECR's other side, where images are.
    pub service: String,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// What was answered; `None` when the connection was dropped.
    pub status: Option<u16>,
}

/// Whether a call changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It only looks. Running a function is counted here.
    Read,
    /// It makes, changes or removes something.
    Write,
}

impl Call {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            service: service(request),
            method: request.method.clone(),
            target: request.target.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
            status: None,
        }
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The operation's name, or for REST services the method and what it is about.
    pub fn operation(&self) -> String {
        match self.service.as_str() {
            "iam" | "sts" => form_value(&self.body, "Action"),
            "logs" | "ecr" => {
                let target = header(&self.headers, "x-amz-target").unwrap_or_default();
                target.rsplit('.').next().unwrap_or_default().to_owned()
            }
            "lambda" => lambda_operation(&self.method, self.path()),
            _ => format!("{} {}", self.method, self.path()),
        }
    }

    /// Whether it changes anything.
    pub fn effect(&self) -> Effect {
        let operation = self.operation();
        let reads = match self.service.as_str() {
            "iam" | "sts" | "logs" | "ecr" => {
                let verbs = ["Get", "List", "Describe", "Filter", "BatchGet"];
                verbs.iter().any(|verb| operation.starts_with(verb))
            }
            "lambda" => self.method == "GET" || operation == "Invoke",
            _ => ["GET", "HEAD"].contains(&self.method.as_str()),
        };
        if reads { Effect::Read } else { Effect::Write }
    }

    /// The function that a Lambda call is about.
    pub fn function(&self) -> Option<&str> {
        let mut parts = self.path().trim_start_matches('/').split('/').skip(1);
        (self.service == "lambda" && parts.next() == Some("functions"))
            .then(|| parts.next())
            .flatten()
    }

    /// The value of `Qualifier` in the query.
    pub fn qualifier(&self) -> Option<&str> {
        let query = self.target.split_once('?')?.1;
        query.split('&').find_map(|pair| pair.strip_prefix("Qualifier="))
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.service, self.operation())
    }
}

fn service(request: &Request) -> String {
    // AWS4-HMAC-SHA256 Credential=ID/DATE/REGION/SERVICE/aws4_request, …
    let signature = header(&request.headers, "authorization").unwrap_or_default();
    if request.target.starts_with("/v2/") && !signature.starts_with("AWS4") {
        return "registry".to_owned();
    }
    signature.split('/').nth(3).unwrap_or_default().to_owned()
}

fn lambda_operation(method: &str, path: &str) -> String {
    let parts: Vec<&str> = path.trim_matches('/').split('/').skip(1).collect();
    let name = match (method, parts.as_slice()) {
        ("POST", ["functions"]) => "CreateFunction",
        ("GET", ["functions", _]) => "GetFunction",
        ("DELETE", ["functions", _]) => "DeleteFunction",
        ("PUT", ["functions", _, "code"]) => "UpdateFunctionCode",
        ("PUT", ["functions", _, "configuration"]) => "UpdateFunctionConfiguration",
        ("GET", ["functions", _, "versions"]) => "ListVersionsByFunction",
        ("POST", ["functions", _, "versions"]) => "PublishVersion",
        ("POST", ["functions", _, "aliases"]) => "CreateAlias",
        ("GET", ["functions", _, "aliases", _]) => "GetAlias",
        ("PUT", ["functions", _, "aliases", _]) => "UpdateAlias",
        ("DELETE", ["functions", _, "aliases", _]) => "DeleteAlias",
        ("GET", ["functions", _, "url"]) => "GetFunctionUrlConfig",
        ("POST", ["functions", _, "url"]) => "CreateFunctionUrlConfig",
        ("PUT", ["functions", _, "url"]) => "UpdateFunctionUrlConfig",
        ("DELETE", ["functions", _, "url"]) => "DeleteFunctionUrlConfig",
        ("GET", ["functions", _, "policy"]) => "GetPolicy",
        ("POST", ["functions", _, "policy"]) => "AddPermission",
        ("DELETE", ["functions", _, "policy", _]) => "RemovePermission",
        ("POST", ["functions", _, "invocations"]) => "Invoke",
        ("PUT", ["functions", _, "concurrency"]) => "PutFunctionConcurrency",
        ("DELETE", ["functions", _, "concurrency"]) => "DeleteFunctionConcurrency",
        ("PUT", ["functions", _, "provisioned-concurrency"]) => "PutProvisionedConcurrencyConfig",
        ("GET", ["functions", _, "provisioned-concurrency"]) => "GetProvisionedConcurrencyConfig",
        ("DELETE", ["functions", _, "provisioned-concurrency"]) => {
            "DeleteProvisionedConcurrencyConfig"
        }
        ("POST", ["tags", ..]) => "TagResource",
        _ => return format!("{method} {path}"),
    };
    name.to_owned()
}

/// The value of a key in a form body. Values that are read here need no decoding.
fn form_value(body: &[u8], key: &str) -> String {
    let text = String::from_utf8_lossy(body);
    let mut pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| *name == key).map_or(String::new(), |(_, value)| value.to_owned())
}
