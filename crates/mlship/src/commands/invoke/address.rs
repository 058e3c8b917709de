//! A request to an address that is given. Knows no provider.

use std::io::Read;
use std::time::Duration;

use mlship_core::deployment::Answer;

use super::sent::Sent;
use crate::failure::Failure;

/// The longest answer taken, in bytes.
const LONGEST: u64 = 64 * 1024 * 1024;

/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(900);

/// Sends it to `url`, or to `/predict` there where `url` names no path.
pub(super) fn send(url: &str, sent: &Sent) -> Result<Answer, Failure> {
    let url = whole(url)?;
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .build()
        .new_agent();
    let request = agent.post(&url).header("content-type", &sent.media_type);
    let request = match std::env::var("MLSHIP_KEY") {
        Ok(key) if !key.is_empty() => request.header("authorization", format!("Bearer {key}")),
        _ => request,
    };
    let failed = |error: &dyn std::fmt::Display| {
        Failure::answered(format!("`{url}` does not answer: {error}"))
            .hint("is it there? `mlship serve` says its address when it starts")
    };
    let response = request.send(sent.request().body).map_err(|error| failed(&error))?;
    let status = response.status().as_u16();
    if let Some(to) = response.headers().get("location").filter(|_| (300..400).contains(&status)) {
        // What a server writes there is shown as text, never as a terminal's commands.
        let to = to.to_str().unwrap_or("an address that is no text");
        return Err(Failure::answered(format!("`{url}` answered {status}: it is at `{to}`"))
            .hint("name that address, if it is yours: --url ADDRESS"));
    }
    let mut body = Vec::new();
    let mut reader = response.into_body().into_reader().take(LONGEST + 1);
    reader.read_to_end(&mut body).map_err(|error| failed(&error))?;
    if body.len() as u64 > LONGEST {
        return Err(Failure::answered(format!("`{url}` answers more than {LONGEST} bytes")));
    }
    Ok(Answer { status, body })
}

/// The address with a path; `http` and `https` alone.
fn whole(url: &str) -> Result<String, Failure> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let Some(rest) = rest.filter(|rest| !rest.is_empty() && !rest.starts_with('/')) else {
        return Err(Failure::usage(format!("`{url}` is no address"))
            .hint("write it whole: --url http://127.0.0.1:8080"));
    };
    Ok(match rest.split_once('/') {
        None | Some((_, "")) => format!("{}/predict", url.trim_end_matches('/')),
        Some(_) => url.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_origin_means_predict() {
        assert_eq!(whole("http://a:1").unwrap(), "http://a:1/predict");
        assert_eq!(whole("https://a/").unwrap(), "https://a/predict");
        assert_eq!(whole("https://a/v2/models/m/infer").unwrap(), "https://a/v2/models/m/infer");
        for wrong in ["a:8080", "ftp://a", "http://", "http:///predict"] {
            assert!(whole(wrong).is_err(), "{wrong}");
        }
    }
}
