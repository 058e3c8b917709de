//! What a test gives: the answers of what was deployed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::http::Response;

/// Says what a deployed artifact answers to a body.
pub(crate) type Answers = dyn Fn(&Served<'_>, &[u8]) -> Result<Vec<u8>, String> + Send + Sync;

/// What a deployed artifact is when it is called.
#[derive(Debug)]
pub struct Served<'a> {
    /// The zip, or all layers' tars one after the other.
    pub artifact: &'a [u8],
    /// The settings that it runs with.
    pub environment: &'a BTreeMap<String, String>,
    /// The path, with the query.
    pub path: &'a str,
    /// The HTTP method.
    pub method: &'a str,
    /// Names in lower case.
    pub headers: &'a BTreeMap<String, String>,
}

/// What a caller gets of what is deployed: see the stand-ins' `Cloud::start` for what the answers
/// may be. `late` is what is said of one that does not come in time.
pub(crate) fn called(answers: &Answers, served: &Served<'_>, body: &[u8], late: &str) -> Response {
    match answers(served, body) {
        Ok(body) => {
            let json = serde_json::from_slice::<Value>(&body).is_ok();
            let kind = if json { "application/json" } else { "application/octet-stream" };
            Response::typed(200, kind, body)
        }
        Err(why) if why == "timeout" => Response::text(504, late),
        Err(why) => match why.split_once(' ') {
            Some((status, body)) if status.len() == 3 && status.parse::<u16>().is_ok() => {
                let json = serde_json::from_str::<Value>(body).is_ok();
                let kind = if json { "application/json" } else { "text/plain" };
                Response::typed(status.parse().unwrap_or(500), kind, body.into())
            }
            _ => Response::text(500, &why),
        },
    }
}
