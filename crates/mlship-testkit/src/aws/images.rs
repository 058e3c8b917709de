//! Functions made of images, as Lambda has them and moto does not: the image must be there, Lambda
//! must be allowed to read it, a function stays what it is, and its digest is the image's.

use std::collections::HashMap;
use std::net::SocketAddr;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::call::Call;
use super::faults::{Script, lambda_error};
use super::http::{Request, Response, forward, header};
use super::registry::{Registry, refuse};

/// The account that moto plays.
const ACCOUNT: &str = "123456789012";

/// What is known of images.
#[derive(Default)]
pub(super) struct Images {
    registry: Option<Registry>,
    /// That of the last signed call; calls of the registry are not signed.
    region: String,
    /// What was given out to log in with.
    tokens: Vec<String>,
    /// What moto says the digest of a function's code is, and what it is.
    digests: HashMap<String, String>,
    /// By digest: where an image is.
    places: HashMap<String, String>,
    pub(super) pull_refusals: u32,
}

impl Images {
    /// What AWS would answer by itself; `None` leaves it to moto.
    pub(super) fn before(
        &mut self,
        call: &Call,
        request: &Request,
        moto: SocketAddr,
        script: &Script,
    ) -> Option<Response> {
        if let Some(region) = region(request) {
            self.region = region;
        }
        let region = self.region.clone();
        let ecr = |operation: &str, body: Value| ask(moto, &region, operation, &body);
        match (call.service.as_str(), call.operation().as_str()) {
            ("registry", _) => Some(match script.registry_refuses {
                Some(status) => refuse(status, "DENIED", "as the script says"),
                None => {
                    let registry = self.registry.get_or_insert_with(Registry::start);
                    registry.answer(call, request, &self.tokens, &ecr)
                }
            }),
            ("lambda", "CreateFunction") => {
                let body: Value = serde_json::from_slice(&call.body).ok()?;
                let name = body["FunctionName"].as_str().unwrap_or_default();
                self.refuse_image(name, &body["Code"]["ImageUri"], &ecr)
            }
            ("lambda", "UpdateFunctionCode") => {
                let body: Value = serde_json::from_slice(&call.body).ok()?;
                let name = call.function().unwrap_or_default();
                let target = format!("/2015-03-31/functions/{name}");
                let found = look(moto, &region, &target);
                let is_image = found["Configuration"]["PackageType"] == "Image";
                if is_image != body["ImageUri"].is_string() {
                    let kind = if is_image { "Image" } else { "Zip" };
                    let message = format!("Please provide the code of a function of type {kind}.");
                    return Some(lambda_error(400, "InvalidParameterValueException", &message));
                }
                self.refuse_image(name, &body["ImageUri"], &ecr)
            }
            _ => None,
        }
    }

    /// Learns from what moto answered, and puts the image's digest where moto has its own.
    /// The registry is where calls are answered, at `own`.
    pub(super) fn after(&mut self, call: &Call, response: &mut Response, own: SocketAddr) {
        if call.operation() == "GetAuthorizationToken" && response.status < 300 {
            let mut body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
            body["authorizationData"][0]["proxyEndpoint"] = format!("http://{own}").into();
            response.body = body.to_string().into_bytes();
            let token = body["authorizationData"][0]["authorizationToken"].as_str();
            self.tokens.extend(token.map(str::to_owned));
        }
        if call.operation() == "DeleteRepository" && response.status < 300 {
            let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
            let name = body["repositoryName"].as_str().unwrap_or_default();
            self.registry.iter().for_each(|registry| registry.forget(name));
        }
        if call.service == "lambda" && !self.digests.is_empty() {
            response.body = self.corrected(&response.body);
        }
    }

    /// An answer of moto's with the images' digests.
    pub(super) fn corrected(&self, body: &[u8]) -> Vec<u8> {
        let mut text = String::from_utf8_lossy(body).into_owned();
        for (own, digest) in &self.digests {
            text = text.replace(own, digest);
        }
        text.into_bytes()
    }

    /// The code of an image by its digest in hex: its layers.
    pub(super) fn code(&self, digest: &str) -> Option<Vec<u8>> {
        let place = self.places.get(digest)?;
        self.registry.as_ref()?.layers(place, &format!("sha256:{digest}"))
    }

    fn refuse_image(
        &mut self,
        function: &str,
        uri: &Value,
        ecr: &dyn Fn(&str, Value) -> (u16, Value),
    ) -> Option<Response> {
        let uri = uri.as_str()?;
        let region = &self.region;
        let missing = || {
            let message =
                format!("Source image {uri} does not exist. Provide a valid source image.");
            lambda_error(400, "InvalidParameterValueException", &message)
        };
        let host = format!("{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/");
        let place = uri.strip_prefix(&host).and_then(|rest| rest.split_once("@sha256:"));
        let Some((repository, digest)) = place else { return Some(missing()) };
        let id = json!([{"imageDigest": format!("sha256:{digest}")}]);
        let wanted = json!({"repositoryName": repository, "imageIds": id});
        let (status, _) = ecr("DescribeImages", wanted);
        if status >= 300 {
            return Some(missing());
        }
        let (_, policy) = ecr("GetRepositoryPolicy", json!({"repositoryName": repository}));
        let arn = format!("arn:aws:lambda:{region}:{ACCOUNT}:function:{function}");
        if self.pull_refusals > 0 || !lets_lambda_pull(&policy, &arn) {
            self.pull_refusals = self.pull_refusals.saturating_sub(1);
            let message = "Lambda does not have permission to access the ECR image. \
                           Check the ECR permissions.";
            return Some(lambda_error(403, "AccessDeniedException", message));
        }
        self.digests.insert(hex(&Sha256::digest(uri)), digest.to_owned());
        self.places.insert(digest.to_owned(), repository.to_owned());
        None
    }
}

/// Whether a repository's policy lets Lambda read it for a function.
fn lets_lambda_pull(policy: &Value, function: &str) -> bool {
    let policy: Value =
        serde_json::from_str(policy["policyText"].as_str().unwrap_or("{}")).unwrap_or_default();
    let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
    statements.iter().any(|statement| {
        let actions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
        let sources = list(&statement["Condition"]["StringLike"]["aws:sourceArn"]);
        statement["Effect"] == "Allow"
            && list(&statement["Principal"]["Service"]).contains(&"lambda.amazonaws.com")
            && actions.iter().all(|action| list(&statement["Action"]).contains(action))
            && (sources.is_empty() || sources.iter().any(|source| matches(source, function)))
    })
}

/// A pattern with at most one `*`, at its end.
fn matches(pattern: &str, text: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == text, |start| text.starts_with(start))
}

fn list(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The region that a request is signed for, if it is.
fn region(request: &Request) -> Option<String> {
    let signature = header(&request.headers, "authorization")?;
    signature.starts_with("AWS4").then(|| signature.split('/').nth(2).map(str::to_owned))?
}

/// Looks at something of Lambda's.
fn look(moto: SocketAddr, region: &str, target: &str) -> Value {
    let headers = signed(region, "lambda");
    let request =
        Request { method: "GET".into(), target: target.into(), headers, body: Vec::new() };
    let response = forward(moto, &request).expect("moto answers");
    serde_json::from_slice(&response.body).unwrap_or_default()
}

/// Asks moto's ECR something of the proxy's own.
fn ask(moto: SocketAddr, region: &str, operation: &str, body: &Value) -> (u16, Value) {
    let mut headers = signed(region, "ecr");
    let target = format!("AmazonEC2ContainerRegistry_V20150921.{operation}");
    headers.push(("x-amz-target".into(), target));
    headers.push(("content-type".into(), "application/x-amz-json-1.1".into()));
    let body = body.to_string().into_bytes();
    let request = Request { method: "POST".into(), target: "/".into(), headers, body };
    let response = forward(moto, &request).expect("moto answers");
    (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
}

/// The headers of a signed request to a service. Moto reads the region and the service, and does
/// not check the signature.
fn signed(region: &str, service: &str) -> Vec<(String, String)> {
    let credential = format!("AKIAIOSFODNN7EXAMPLE/20260101/{region}/{service}/aws4_request");
    let signature = format!(
        "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature=0"
    );
    vec![
        ("host".into(), format!("{service}.{region}.amazonaws.com")),
        ("authorization".into(), signature),
        ("x-amz-date".into(), "20260101T000000Z".into()),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
