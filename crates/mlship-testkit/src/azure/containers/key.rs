//! Who may call a container: those with the key that the runtime is given, as the runtime itself
//! would have it. What is deployed here is a function of the test's, which does not check.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::http::Response;

/// Where the runtime looks for the key.
const VARIABLE: &str = "MLSHIP_KEY";

/// Paths that stay open.
const OPEN: [&str; 2] = ["/healthz", "/readyz"];

/// The runtime's refusal, when a call lacks the key that its environment asks for.
pub(in super::super) fn refusal(
    environment: &BTreeMap<String, String>,
    path: &str,
    headers: &BTreeMap<String, String>,
) -> Option<Response> {
    let key = environment.get(VARIABLE).filter(|key| !key.is_empty())?;
    let bearer = headers.get("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let given = [bearer, headers.get("x-api-key").map(String::as_str)];
    if OPEN.contains(&path) || given.contains(&Some(key.as_str())) {
        return None;
    }
    let problem = json!({"type": "about:blank", "title": "Unauthorized", "status": 401});
    let body = problem.to_string().into_bytes();
    Some(Response::typed(401, "application/problem+json", body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_opens_and_nothing_else_does() {
        let environment = BTreeMap::from([(VARIABLE.to_owned(), "k1".to_owned())]);
        let with = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let refused = |headers| refusal(&environment, "/predict", &headers).map(|it| it.status);
        assert_eq!(refused(with("authorization", "Bearer k1")), None);
        assert_eq!(refused(with("x-api-key", "k1")), None);
        assert_eq!(refused(with("x-api-key", "k2")), Some(401));
        assert_eq!(refused(BTreeMap::new()), Some(401));
        assert!(refusal(&environment, "/healthz", &BTreeMap::new()).is_none());
        assert!(refusal(&BTreeMap::new(), "/predict", &BTreeMap::new()).is_none());
    }
}
