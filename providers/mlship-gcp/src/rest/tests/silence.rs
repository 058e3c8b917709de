//! Who accepts a call and never answers it is left, and named.

use std::error::Error;
use std::time::Duration;

use mlship_core::provider::{ErrorKind, ProviderError};
use reqwest::Method;
use serde_json::json;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::connect::{self, Identity, Options};
use crate::error::{Call, translate};
use crate::pace::Pace;
use crate::retry::SILENT_TRIES;

const CALL: Call<'static> = Call::new("look at", "heart");

/// Accepts every connection and keeps it; the address, and how many there were.
async fn silent() -> (String, tokio::task::JoinHandle<()>, tokio::sync::watch::Receiver<u32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let (count, counted) = tokio::sync::watch::channel(0);
    let keeping = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((line, _)) = listener.accept().await {
            kept.push(line);
            count.send_modify(|count| *count += 1);
        }
    });
    (origin, keeping, counted)
}

fn options(origin: &str) -> Options {
    Options {
        endpoint: Some(origin.to_owned()),
        identity: Identity::Token { access: "access".into(), identity: None },
        pace: Pace { longest_call: Duration::from_millis(100), retries: 100, ..Pace::hurried() },
        ..Options::default()
    }
}

/// The error and all its causes, in words.
fn words(error: &ProviderError) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(&format!(" because {error}"));
        cause = error.source();
    }
    words
}

#[tokio::test]
async fn silence_is_not_waited_out_again_and_again() {
    let (origin, keeping, counted) = silent().await;
    let cloud = connect::connect(Config::default(), options(&origin)).await.expect("a connection");
    let name = "projects/p/locations/r/services/heart";
    let vendor = cloud.services.get_service().set_name(name).send().await.expect_err("an error");
    let vendor = translate(CALL, vendor);
    assert_eq!(*counted.borrow(), SILENT_TRIES, "{}", words(&vendor));
    let url = origin.parse().expect("an address");
    let ours = cloud.rest.send(CALL, cloud.rest.request(Method::GET, url)).await;
    let ours = ours.expect_err("an error");
    assert_eq!(*counted.borrow(), 2 * SILENT_TRIES, "{}", words(&ours));
    for error in [vendor, ours] {
        assert_eq!(error.kind, ErrorKind::Unavailable, "{}", words(&error));
        assert!(error.reason.contains("no answer in time"), "{}", words(&error));
        assert!(words(&error).contains(&origin), "{}", words(&error));
    }
    keeping.abort();
}

#[tokio::test]
async fn silence_of_whoever_gives_the_tokens_is_named_too() {
    let (origin, keeping, _) = silent().await;
    let identity = Identity::Json(json!({
        "type": "authorized_user", "client_id": "a", "client_secret": "b", "refresh_token": "c",
        "token_uri": format!("{origin}/token"),
    }));
    let error = connect::connect(Config::default(), Options { identity, ..options(&origin) })
        .await
        .expect_err("an error");
    assert_eq!(error.kind, ErrorKind::Unavailable, "{}", words(&error));
    assert!(error.reason.contains(&origin), "{}", words(&error));
    keeping.abort();
}
