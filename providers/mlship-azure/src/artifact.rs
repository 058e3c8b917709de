//! What the Functions host reads beside a bundle: which process it starts, and which requests it
//! hands on. Makes bytes and writes none.

use serde_json::{Value, json};

/// What the runtime is called: the process that the host starts.
pub const EXECUTABLE: &str = "handler";

/// The function's name: the folder of its description.
pub const FUNCTION: &str = "predict";

/// Where an image's files are, without a leading slash.
pub const FOLDER: &str = "home/site/wwwroot";

/// The image with the host in it, which starts itself
/// (<https://learn.microsoft.com/azure/azure-functions/functions-how-to-custom-container>).
pub const BASE: &str = "mcr.microsoft.com/azure-functions/dotnet:4-appservice";

/// The same with a Python in it
/// (<https://github.com/Azure/azure-functions-docker>, `host/4/bookworm/python`).
pub fn python_base(version: &str) -> String {
    format!("mcr.microsoft.com/azure-functions/python:4-python{version}")
}

/// The C library that packages for it may need, as their tags write it: Debian 12 has 2.36, and
/// packages are chosen for the next older common tag.
pub const GLIBC: &str = "2_28";

/// What the host in an image is told: where the files are, and that its log goes to the console.
pub const ENVIRONMENT: [(&str, &str); 2] = [
    ("AzureWebJobsScriptRoot", "/home/site/wwwroot"),
    ("AzureFunctionsJobHost__Logging__Console__IsEnabled", "true"),
];

/// What the host asks of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthLevel {
    /// A key of the function or of the app.
    Function,
    /// Nothing.
    Anonymous,
}

/// What the runtime has beyond the time for one answer before the host ends it, in seconds.
const MARGIN_S: u32 = 10;

/// A day less a second: the longest time that `hh:mm:ss` says.
const LONGEST_S: u32 = 24 * 60 * 60 - 1;

/// The files beside the bundle, sorted by path, for a service whose answer takes at most
/// `timeout_s` seconds.
pub fn files(timeout_s: u32, level: AuthLevel) -> Vec<(String, Vec<u8>)> {
    vec![
        ("host.json".into(), text(&host(timeout_s))),
        (format!("{FUNCTION}/function.json"), text(&function(level))),
    ]
}

/// The host's own file: no prefix before the paths, and requests handed on as they arrive
/// (<https://learn.microsoft.com/azure/azure-functions/functions-host-json>). The port is not said:
/// the host chooses one and tells it to the runtime.
fn host(timeout_s: u32) -> Value {
    json!({
        "version": "2.0",
        "functionTimeout": time(timeout_s),
        "extensions": {"http": {"routePrefix": ""}},
        "customHandler": {
            "description": {"defaultExecutablePath": EXECUTABLE},
            "enableProxyingHttpRequest": true,
        },
    })
}

/// The one function, which takes every path
/// (<https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger>).
fn function(level: AuthLevel) -> Value {
    let level = match level {
        AuthLevel::Function => "function",
        AuthLevel::Anonymous => "anonymous",
    };
    json!({
        "bindings": [
            {
                "type": "httpTrigger",
                "direction": "in",
                "name": "req",
                "authLevel": level,
                "methods": ["get", "post"],
                "route": "{*path}",
            },
            {"type": "http", "direction": "out", "name": "res"},
        ],
    })
}

/// How long the host waits: for a model that is still being loaded, and then for the answer, so
/// that the runtime is the first to say that it took too long.
fn time(timeout_s: u32) -> String {
    let wait_s = timeout_s.saturating_mul(2).saturating_add(MARGIN_S).min(LONGEST_S);
    format!("{:02}:{:02}:{:02}", wait_s / 3600, wait_s / 60 % 60, wait_s % 60)
}

fn text(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(timeout_s: u32, level: AuthLevel) -> [Value; 2] {
        let files = files(timeout_s, level);
        let paths: Vec<_> = files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["host.json", "predict/function.json"]);
        [0, 1].map(|at| serde_json::from_slice(&files[at].1).expect("JSON"))
    }

    #[test]
    fn the_host_starts_the_runtime_and_hands_every_request_on() {
        let [host, function] = read(10, AuthLevel::Function);
        assert_eq!(host["version"], "2.0");
        assert_eq!(host["functionTimeout"], "00:00:30");
        assert_eq!(host["extensions"]["http"]["routePrefix"], "");
        let handler = &host["customHandler"];
        assert_eq!(handler["description"]["defaultExecutablePath"], "handler");
        assert_eq!(handler["enableProxyingHttpRequest"], true);
        let request = &function["bindings"][0];
        assert_eq!((&request["name"], &request["authLevel"]), (&json!("req"), &json!("function")));
        assert_eq!(
            (&request["route"], &request["methods"]),
            (&json!("{*path}"), &json!(["get", "post"]))
        );
        assert_eq!(function["bindings"][1]["name"], "res");
        let [_, function] = read(10, AuthLevel::Anonymous);
        assert_eq!(function["bindings"][0]["authLevel"], "anonymous");
    }

    #[test]
    fn the_time_is_one_that_the_host_reads() {
        for (timeout_s, expected) in [
            (1, "00:00:12"),
            (230, "00:07:50"),
            (3600, "02:00:10"),
            (86_400, "23:59:59"),
            (u32::MAX, "23:59:59"),
        ] {
            assert_eq!(read(timeout_s, AuthLevel::Function)[0]["functionTimeout"], expected);
        }
    }
}
