//! Sends a call, and sends it again where that may help. No wait, no answer and no try is without
//! a bound, whatever the other side asks for.

use std::time::Duration;

use google_cloud_auth::credentials::{CacheableResource, Credentials};
use mlship_core::provider::{ErrorKind, ProviderError};
use reqwest::header::{AUTHORIZATION, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, Request, Response, Url};

use crate::error::{Call, failed};
use crate::pace::Pace;
use crate::retry::{PASSING, SILENT_TRIES, pause};

/// The longest answer that is read into memory.
const ANSWER_BYTES: usize = 16 << 20;

/// The longest that a service may take to answer, and a little more.
/// Source: <https://docs.cloud.google.com/run/docs/configuring/request-timeout>, 2026-11-20.
const LONGEST_ANSWER: Duration = Duration::from_secs(3610);

/// An API with an address of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    /// Cloud Storage.
    Storage,
    /// Artifact Registry.
    ArtifactRegistry,
    /// Service Usage.
    ServiceUsage,
    /// Cloud Logging.
    Logging,
    /// IAM Credentials.
    IamCredentials,
}

impl Api {
    const fn host(self) -> &'static str {
        match self {
            Self::Storage => "https://storage.googleapis.com",
            Self::ArtifactRegistry => "https://artifactregistry.googleapis.com",
            Self::ServiceUsage => "https://serviceusage.googleapis.com",
            Self::Logging => "https://logging.googleapis.com",
            Self::IamCredentials => "https://iamcredentials.googleapis.com",
        }
    }
}

/// Calls to the APIs, signed.
#[derive(Debug, Clone)]
pub(crate) struct Rest {
    web: Client,
    credentials: Credentials,
    endpoint: Option<Url>,
    pub(crate) pace: Pace,
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Rest {
    pub(crate) fn new(
        web: Client,
        credentials: Credentials,
        endpoint: Option<Url>,
        pace: Pace,
    ) -> Self {
        Self { web, credentials, endpoint, pace }
    }

    /// The same calls as somebody else.
    pub(crate) fn as_whom(&self, credentials: Credentials) -> Self {
        Self { credentials, ..self.clone() }
    }

    /// The client without the signature.
    pub(crate) fn web(&self) -> &Client {
        &self.web
    }

    /// The address of a path of an API: mlship's own text, checked names, and [`super::path`].
    pub(crate) fn url(&self, call: Call<'_>, api: Api, path: &str) -> Result<Url, ProviderError> {
        let origin = self.endpoint.as_ref().map_or(api.host(), Url::as_str);
        let text = format!("{}/{path}", origin.trim_end_matches('/'));
        Url::parse(&text).map_err(|_| {
            failed(ErrorKind::Refused, call.operation, call.resource, "the address is wrong")
        })
    }

    /// A request that is not signed yet.
    pub(crate) fn request(&self, method: Method, url: Url) -> reqwest::RequestBuilder {
        self.web.request(method, url)
    }

    /// The headers that say who one is.
    async fn signature(&self, call: Call<'_>) -> Result<HeaderMap, ProviderError> {
        match self.credentials.headers(Default::default()).await {
            Ok(CacheableResource::New { data, .. }) => Ok(data),
            // Only said to who has one already, and nothing was kept here.
            Ok(CacheableResource::NotModified) => Ok(HeaderMap::new()),
            Err(cause) => {
                let kind =
                    if cause.is_transient() { ErrorKind::Unavailable } else { ErrorKind::Denied };
                let reason = "no token was given";
                let mut error = failed(kind, call.operation, call.resource, reason);
                error.source = Some(Box::new(cause));
                Err(error)
            }
        }
    }

    /// The token itself, for a registry, which takes it as a password.
    pub(crate) async fn access_token(&self, call: Call<'_>) -> Result<String, ProviderError> {
        let headers = self.signature(call).await?;
        let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = value.and_then(|value| value.strip_prefix("Bearer "));
        token.map(str::to_owned).ok_or_else(|| {
            failed(ErrorKind::Denied, call.operation, call.resource, "no token was given")
        })
    }

    /// Sends a request as it is, once and without a signature: to a service, not to an API.
    pub(crate) async fn plain(
        &self,
        call: Call<'_>,
        request: reqwest::RequestBuilder,
    ) -> Result<Answer, ProviderError> {
        let asking = async {
            match request.send().await {
                Ok(response) => whole(call, response).await,
                Err(cause) => Ok(Err(Broken::Line(cause))),
            }
        };
        let asked = tokio::time::timeout(LONGEST_ANSWER, asking).await;
        asked.unwrap_or(Ok(Err(Broken::Slow(None))))?.map_err(|cause| broken(call, cause))
    }

    /// Sends a request whose body is in memory, again where that may help. Statuses above 299 are
    /// answers here.
    pub(crate) async fn send(
        &self,
        call: Call<'_>,
        request: reqwest::RequestBuilder,
    ) -> Result<Answer, ProviderError> {
        let request = request.build().map_err(|cause| broken(call, cause))?;
        let longest = self.pace.longest_call;
        let (mut failed_tries, mut silent_tries) = (0, 0);
        loop {
            let again = request.try_clone();
            let (Some(again), true) = (again, failed_tries < self.pace.retries) else {
                return self
                    .within(longest, call, request)
                    .await?
                    .map_err(|cause| broken(call, cause));
            };
            let tried = self.within(longest, call, again).await?;
            let asked = match tried {
                Ok(answer) if PASSING.contains(&answer.status) && !answer.is_lasting() => {
                    asked(&answer.headers)
                }
                Ok(answer) => return Ok(answer),
                Err(cause) => {
                    silent_tries += u32::from(cause.is_silence());
                    if silent_tries >= SILENT_TRIES {
                        return Err(broken(call, cause));
                    }
                    None
                }
            };
            failed_tries += 1;
            let wait = pause(&self.pace, failed_tries).max(asked.unwrap_or_default());
            tokio::time::sleep(wait.min(self.pace.poll_max)).await;
        }
    }

    /// One try of a call that may carry a piece of a file. What came of it is inside; an error
    /// outside is not worth another.
    pub(crate) async fn one(
        &self,
        call: Call<'_>,
        request: Request,
    ) -> Result<Result<Answer, Broken>, ProviderError> {
        self.within(self.pace.longest_try, call, request).await
    }

    async fn within(
        &self,
        longest: Duration,
        call: Call<'_>,
        mut request: Request,
    ) -> Result<Result<Answer, Broken>, ProviderError> {
        let host = host(request.url());
        request.headers_mut().extend(self.signature(call).await?);
        let trying = async {
            match self.web.execute(request).await {
                Ok(response) => whole(call, response).await,
                Err(cause) => Ok(Err(Broken::Line(cause))),
            }
        };
        let tried = tokio::time::timeout(longest, trying).await;
        tried.unwrap_or(Ok(Err(Broken::Slow(Some(host)))))
    }

    /// Sends a signed request once and gives its answer unread.
    pub(crate) async fn open(
        &self,
        call: Call<'_>,
        request: reqwest::RequestBuilder,
    ) -> Result<Result<Response, Broken>, ProviderError> {
        let mut request = request.build().map_err(|cause| broken(call, cause))?;
        request.headers_mut().extend(self.signature(call).await?);
        let host = host(request.url());
        let opening = tokio::time::timeout(self.pace.longest_try, self.web.execute(request));
        Ok(opening
            .await
            .map_or(Err(Broken::Slow(Some(host))), |opened| opened.map_err(Broken::Line)))
    }
}

impl Answer {
    /// A quota that does not fill up by itself: no use to ask again.
    fn is_lasting(&self) -> bool {
        self.status == 429 && crate::error::is_lasting_quota(&String::from_utf8_lossy(&self.body))
    }
}

/// Why there is no whole answer.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The connection did not come up, or did not last.
    Line(reqwest::Error),
    /// The other side, at this address, took too long.
    Slow(Option<String>),
}

impl Broken {
    fn is_silence(&self) -> bool {
        match self {
            Self::Slow(_) => true,
            Self::Line(cause) => cause.is_timeout(),
        }
    }
}

/// The part of an address that may be shown: what follows may be signed.
fn host(url: &Url) -> String {
    url.origin().ascii_serialization()
}

impl From<reqwest::Error> for Broken {
    fn from(cause: reqwest::Error) -> Self {
        Self::Line(cause)
    }
}

async fn whole(
    call: Call<'_>,
    mut response: Response,
) -> Result<Result<Answer, Broken>, ProviderError> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    loop {
        let piece = match response.chunk().await {
            Ok(Some(piece)) => piece,
            Ok(None) => return Ok(Ok(Answer { status, headers, body })),
            Err(cause) => return Ok(Err(Broken::Line(cause))),
        };
        if body.len() + piece.len() > ANSWER_BYTES {
            let reason = format!("the answer is longer than {} MB", ANSWER_BYTES >> 20);
            return Err(failed(ErrorKind::Unavailable, call.operation, call.resource, reason));
        }
        body.extend_from_slice(&piece);
    }
}

/// How long the answer asks to wait. A date is not read: these APIs write none.
fn asked(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn no_answer(host: Option<String>) -> String {
    match host {
        Some(host) => format!("no answer in time from `{host}`"),
        None => "no answer in time".to_owned(),
    }
}

/// The error of a call without a whole answer.
pub(crate) fn broken(call: Call<'_>, cause: impl Into<Broken>) -> ProviderError {
    let cause = cause.into();
    let reason = match &cause {
        Broken::Line(cause) if !cause.is_timeout() => "the connection failed".to_owned(),
        Broken::Line(cause) => no_answer(cause.url().map(host)),
        Broken::Slow(host) => no_answer(host.clone()),
    };
    let mut error = failed(ErrorKind::Unavailable, call.operation, call.resource, reason)
        .with_hint("run the same command again; it goes on where it stopped");
    if let Broken::Line(cause) = cause {
        error.source = Some(Box::new(cause));
    }
    error
}
