//! What Lambda does with an alias and moto does not: it marks every change, keeps instances ready,
//! and refuses what does not go together.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::call::Call;
use super::faults::lambda_error;
use super::http::Response;

/// How many looks find instances that are still being made ready.
const LOOKS: u32 = 2;

/// Asks moto something: method and target, status and body.
type Ask<'a> = &'a dyn Fn(&str, String) -> (u16, Value);

/// The marks of aliases, and the instances kept ready, by function.
#[derive(Default)]
pub(super) struct Aliases {
    marks: HashMap<String, u64>,
    ready: HashMap<String, Ready>,
}

struct Ready {
    requested: Value,
    looks_left: u32,
}

impl Aliases {
    pub(super) fn before(&mut self, call: &Call, ask: Ask<'_>) -> Option<Response> {
        let function = call.function()?;
        let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        match call.operation().as_str() {
            "UpdateAlias" => self.refuse_update(function, &body, ask),
            "PutProvisionedConcurrencyConfig" => Some(self.put(call, function, &body, ask)),
            "GetProvisionedConcurrencyConfig" => Some(self.get(function)),
            "DeleteProvisionedConcurrencyConfig" => {
                self.ready.remove(function);
                Some(Response { status: 204, ..Response::default() })
            }
            _ => None,
        }
    }

    pub(super) fn after(&mut self, call: &Call, response: &mut Response) {
        let Some(function) = call.function() else { return };
        let operation = call.operation();
        match operation.as_str() {
            "DeleteFunction" => {
                self.ready.remove(function);
            }
            "UpdateAlias" | "GetAlias" | "CreateAlias" => {
                let mark = self.marks.entry(function.to_owned()).or_default();
                *mark += u64::from(operation != "GetAlias");
                let mut body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
                body["RevisionId"] = json!(format!("mark-{mark}"));
                response.body = body.to_string().into_bytes();
            }
            _ => {}
        }
    }

    fn refuse_update(&self, function: &str, body: &Value, ask: Ask<'_>) -> Option<Response> {
        let mark = self.marks.get(function).copied().unwrap_or_default();
        if body["RevisionId"].is_string() && body["RevisionId"] != format!("mark-{mark}").as_str() {
            let message = "The RevisionId provided does not match the latest RevisionId.";
            return Some(lambda_error(412, "PreconditionFailedException", message));
        }
        let weights = body["RoutingConfig"]["AdditionalVersionWeights"].as_object()?;
        if weights.len() > 1 || weights.keys().any(|version| body["FunctionVersion"] == *version) {
            let message = "Invalid additional versions of the alias.";
            return Some(lambda_error(400, "InvalidParameterValueException", message));
        }
        let version = weights.keys().next()?;
        let target = format!("/2015-03-31/functions/{function}?Qualifier={version}");
        let message = format!("Function not found: {function}:{version}");
        (ask("GET", target).0 >= 300)
            .then(|| lambda_error(404, "ResourceNotFoundException", &message))
    }

    fn put(&mut self, call: &Call, function: &str, body: &Value, ask: Ask<'_>) -> Response {
        let refuse = |message| lambda_error(400, "InvalidParameterValueException", message);
        let alias = call.qualifier().unwrap_or_default();
        let (status, alias) =
            ask("GET", format!("/2015-03-31/functions/{function}/aliases/{alias}"));
        if status >= 300 {
            return lambda_error(404, "ResourceNotFoundException", "Alias not found");
        }
        let weights = &alias["RoutingConfig"]["AdditionalVersionWeights"];
        if weights.as_object().is_some_and(|weights| !weights.is_empty()) {
            return refuse("Alias with weights can not be used with Provisioned Concurrency");
        }
        let (_, found) = ask("GET", format!("/2015-03-31/functions/{function}"));
        let requested = body["ProvisionedConcurrentExecutions"].clone();
        let most = found["Concurrency"]["ReservedConcurrentExecutions"].as_i64();
        if most.is_some_and(|most| requested.as_i64() > Some(most)) {
            return refuse("Requested Provisioned Concurrency is above the reserved concurrency");
        }
        self.ready.insert(function.to_owned(), Ready { requested, looks_left: LOOKS });
        Response { status: 202, ..self.get(function) }
    }

    fn get(&mut self, function: &str) -> Response {
        let Some(Ready { requested, looks_left }) = self.ready.get_mut(function) else {
            let message = "No Provisioned Concurrency Config found for this function";
            return lambda_error(404, "ProvisionedConcurrencyConfigNotFoundException", message);
        };
        let is_ready = *looks_left == 0;
        *looks_left = looks_left.saturating_sub(1);
        let there = if is_ready { requested.clone() } else { json!(0) };
        let body = json!({
            "RequestedProvisionedConcurrentExecutions": requested,
            "AllocatedProvisionedConcurrentExecutions": there,
            "AvailableProvisionedConcurrentExecutions": there,
            "Status": if is_ready { "READY" } else { "IN_PROGRESS" },
            "LastModified": "2026-11-20T00:00:00+0000",
        });
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Response { status: 200, headers, body: body.to_string().into_bytes() }
    }
}
