//! Plain requests to what runs: the service itself, its host, its publishing endpoint.

use std::time::Duration;

use mlship_core::deployment::Answer;
use mlship_core::provider::{ErrorKind, ProviderError};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};

use crate::arm::Call;
use crate::error::{failed, refused};
use mlship_registry::http;

/// The largest answer that is read into memory.
const ANSWER_BYTES: usize = 64 << 20;

/// Requests over the connection's one HTTP client.
#[derive(Debug, Clone)]
pub(crate) struct Web {
    client: Client,
}

impl Web {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// A request to `path` of a host that Azure named; the caller adds headers and a body.
    pub(crate) fn request(&self, method: Method, host: &str, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", http::origin(host)))
    }

    /// Sends it once. Statuses above 299 are answers here.
    pub(crate) async fn send(
        &self,
        call: Call<'_>,
        request: RequestBuilder,
    ) -> Result<Answer, ProviderError> {
        let response = request.send().await.map_err(|error| broken(call, error))?;
        let status = response.status().as_u16();
        let body = whole(call, response).await?;
        Ok(Answer { status, body })
    }

    /// The same, where a status above 299 is a refusal.
    pub(crate) async fn accepted(
        &self,
        call: Call<'_>,
        request: RequestBuilder,
    ) -> Result<Answer, ProviderError> {
        let answer = self.send(call, request).await?;
        match answer.status {
            ..=299 => Ok(answer),
            status => Err(refused(call.operation, call.resource, status, &answer.body)),
        }
    }
}

async fn whole(call: Call<'_>, mut response: Response) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| broken(call, error))? {
        if body.len() + piece.len() > ANSWER_BYTES {
            let reason = format!("the answer is longer than {} MB", ANSWER_BYTES >> 20);
            return Err(failed(ErrorKind::Refused, call.operation, call.resource, reason));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// The load balancer ends every request to a function or a web app after this long.
/// Source: <https://learn.microsoft.com/azure/azure-functions/functions-scale>, 2026-11-20.
pub(crate) const LONGEST_ANSWER: Duration = Duration::from_secs(230);

fn broken(call: Call<'_>, cause: reqwest::Error) -> ProviderError {
    let reason = if cause.is_timeout() { "no answer in time" } else { "the connection failed" };
    let mut error = failed(ErrorKind::Unavailable, call.operation, call.resource, reason);
    error = error.with_hint("run the same command again; it goes on where it stopped");
    error.source = Some(Box::new(cause));
    error
}

/// Whether a status may pass by itself, while something starts.
pub(crate) fn may_pass(status: u16) -> bool {
    let passing = [
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
        StatusCode::NOT_FOUND,
    ];
    passing.iter().any(|one| one.as_u16() == status)
}
