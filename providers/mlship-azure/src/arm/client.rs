//! Calls to Azure Resource Manager.

use std::collections::BTreeSet;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{
    ClientOptions, Context, Method, Pipeline, RawResponse, Request, RetryOptions, Transport, Url,
    headers,
};
use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::Value;

use super::answer::{self, Answer};
use super::tries::{self, Repeats};
use super::{Id, operation, versions};
use crate::error::{failed, refused};
use crate::pace::Pace;
use mlship_registry::http;

/// The most pages that a list may have.
const PAGES: usize = 1000;

/// What a call is for, in the words of an error: `create the plan`, of `heart`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'c> {
    pub(crate) operation: &'c str,
    pub(crate) resource: &'c str,
}

/// Azure Resource Manager of one cloud, as somebody.
#[derive(Debug, Clone)]
pub(crate) struct Arm {
    /// It repeats nothing by itself.
    pipeline: Pipeline,
    base: Url,
    credential: Arc<dyn TokenCredential>,
    pub(crate) pace: Pace,
}

impl Arm {
    pub(crate) fn new(
        base: Url,
        credential: Arc<dyn TokenCredential>,
        client: reqwest::Client,
        pace: Pace,
    ) -> Self {
        let bearer = Bearer { credential: credential.clone(), scope: format!("{base}.default") };
        let options = ClientOptions {
            transport: Some(Transport::new(Arc::new(client))),
            retry: RetryOptions::none(),
            ..ClientOptions::default()
        };
        let version = Some(env!("CARGO_PKG_VERSION"));
        let signed: Vec<Arc<dyn Policy>> = vec![Arc::new(bearer)];
        let pipeline = Pipeline::new(Some("mlship"), version, options, vec![], signed, None);
        Self { pipeline, base, credential, pace }
    }

    /// A token for another audience than Resource Manager's, or for it.
    pub(crate) async fn token(&self, call: Call<'_>) -> Result<String, ProviderError> {
        let scope = format!("{}.default", self.base);
        let scopes = [scope.as_str()];
        let token = self.credential.get_token(&scopes, None);
        let token = tokio::time::timeout(self.pace.longest_try, token).await;
        token
            .map_err(|_| tries::too_slow(call))?
            .map(|token| token.token.secret().to_owned())
            .map_err(|error| answer::not_sent(call, error))
    }

    /// What is there, once no operation on it is under way. `None` when it is not there.
    pub(crate) async fn get(
        &self,
        call: Call<'_>,
        id: &Id,
    ) -> Result<Option<Value>, ProviderError> {
        let url = self.url(id.as_str(), &id.kind(), &[])?;
        let found = match self.answer(call, Method::Get, &url, None).await {
            // It may be on its way out.
            Ok(answer) => operation::settled(self, call, &url, answer.body).await,
            Err(error) => Err(error),
        };
        match found {
            Ok(found) => answer::resource(call, found).map(Some),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What is there at this moment, whatever goes on with it. `None` when it is not there.
    pub(crate) async fn glance(
        &self,
        call: Call<'_>,
        id: &Id,
        query: &[(&str, &str)],
    ) -> Result<Option<Value>, ProviderError> {
        let url = self.url(id.as_str(), &id.kind(), query)?;
        match self.answer(call, Method::Get, &url, None).await {
            Ok(answer) => answer::resource(call, answer.body).map(Some),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Everything of a list, page after page: `{id}/revisions`.
    pub(crate) async fn list(
        &self,
        call: Call<'_>,
        of: &Id,
        part: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<Value>, ProviderError> {
        let kind = match (of.as_str(), of.kind().as_str(), part) {
            ("", ..) | (_, "resourceGroups", "resources") => part.to_owned(),
            (_, kind, _) => format!("{kind}/{part}"),
        };
        let mut next = Some(self.url(&format!("{of}/{part}"), &kind, query)?);
        let (mut all, mut pages) = (Vec::new(), BTreeSet::new());
        while let Some(url) = next {
            if pages.len() == PAGES || !pages.insert(url.to_string()) {
                let reason = "the list does not end";
                return Err(failed(ErrorKind::Unavailable, call.operation, call.resource, reason));
            }
            let page = self.answer(call, Method::Get, &url, None).await?.body;
            let mut page = answer::resource(call, page)?;
            if let Some(Value::Array(found)) = page.get_mut("value").map(Value::take) {
                all.extend(found);
            }
            next = match page["nextLink"].as_str() {
                Some(link) => Some(self.own(call, link)?),
                None => None,
            };
        }
        Ok(all)
    }

    /// Makes or replaces it, and waits until that is done; the answer is what is there then.
    pub(crate) async fn put(
        &self,
        call: Call<'_>,
        id: &Id,
        body: &Value,
    ) -> Result<Value, ProviderError> {
        let url = self.url(id.as_str(), &id.kind(), &[])?;
        let answer = self.answer(call, Method::Put, &url, Some(body)).await?;
        answer::resource(call, operation::finished(self, call, Some(&url), answer).await?)
    }

    /// Changes a part of it, and waits.
    pub(crate) async fn patch(
        &self,
        call: Call<'_>,
        id: &Id,
        body: &Value,
    ) -> Result<Value, ProviderError> {
        let url = self.url(id.as_str(), &id.kind(), &[])?;
        let answer = self.answer(call, Method::Patch, &url, Some(body)).await?;
        operation::finished(self, call, Some(&url), answer).await
    }

    /// Asks it to do something, `listKeys`, and waits for what comes of it.
    pub(crate) async fn post(
        &self,
        call: Call<'_>,
        id: &Id,
        action: &str,
        body: &Value,
    ) -> Result<Value, ProviderError> {
        let kind = format!("{}/{action}", id.kind());
        let url = self.url(&format!("{id}/{action}"), &kind, &[])?;
        let body = (!body.is_null()).then_some(body);
        let answer = self.answer(call, Method::Post, &url, body).await?;
        operation::finished(self, call, None, answer).await
    }

    /// The same, where a second try would do harm: a call whose answer is lost is an error.
    pub(crate) async fn post_once(
        &self,
        call: Call<'_>,
        id: &Id,
        action: &str,
        body: &Value,
    ) -> Result<Value, ProviderError> {
        let url = self.url(&format!("{id}/{action}"), &format!("{}/{action}", id.kind()), &[])?;
        let response = self.send(Repeats::Harmful, call, Method::Post, &url, Some(body)).await?;
        operation::finished(self, call, None, answer::read(call, &response)?).await
    }

    /// Asks it for bytes that are no JSON: `containerlogs`.
    pub(crate) async fn post_for_bytes(
        &self,
        call: Call<'_>,
        id: &Id,
        action: &str,
    ) -> Result<Vec<u8>, ProviderError> {
        let url = self.url(&format!("{id}/{action}"), &format!("{}/{action}", id.kind()), &[])?;
        let response = self.send(Repeats::Allowed, call, Method::Post, &url, None).await?;
        let (status, body) = (u16::from(response.status()), response.body().as_ref().to_vec());
        match status {
            ..=299 => Ok(body),
            _ => Err(refused(call.operation, call.resource, status, &body)),
        }
    }

    /// Removes it and waits; false when it was not there.
    pub(crate) async fn delete(&self, call: Call<'_>, id: &Id) -> Result<bool, ProviderError> {
        let url = self.url(id.as_str(), &id.kind(), &[])?;
        let answer = match self.answer(call, Method::Delete, &url, None).await {
            Ok(answer) if answer.status == 204 => return Ok(false),
            Ok(answer) => answer,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        operation::finished(self, call, None, answer).await?;
        Ok(true)
    }

    /// One call to an address of Resource Manager's own; statuses above 299 are errors.
    pub(crate) async fn answer(
        &self,
        call: Call<'_>,
        method: Method,
        url: &Url,
        body: Option<&Value>,
    ) -> Result<Answer, ProviderError> {
        let response = self.send(Repeats::Allowed, call, method, url, body).await?;
        answer::read(call, &response)
    }

    async fn send(
        &self,
        repeats: Repeats,
        call: Call<'_>,
        method: Method,
        url: &Url,
        body: Option<&Value>,
    ) -> Result<RawResponse, ProviderError> {
        if url.scheme() != "https" && !http::is_local(url) {
            let reason = "a token is not sent over plain http";
            let error = failed(ErrorKind::Refused, call.operation, call.resource, reason);
            return Err(error.with_hint(format!("write `https://` in `{}`", self.base)));
        }
        let mut request = Request::new(url.clone(), method);
        request.insert_header(headers::ACCEPT, "application/json");
        match body {
            Some(body) => {
                request.insert_header(headers::CONTENT_TYPE, "application/json");
                request.set_body(body.to_string().into_bytes());
            }
            // Azure's front end asks for a length even where there is no body.
            None if method == Method::Post => request.insert_header(headers::CONTENT_LENGTH, "0"),
            None => {}
        }
        tries::send(&self.pipeline, &self.pace, call, &mut request, repeats).await
    }

    /// An address that Azure gave; a token goes nowhere else than to Resource Manager.
    pub(crate) fn own(&self, call: Call<'_>, link: &str) -> Result<Url, ProviderError> {
        let url = self.base.join(link).ok();
        url.filter(|url| url.origin() == self.base.origin()).ok_or_else(|| {
            let reason = "the answer points to another host than Resource Manager's";
            failed(ErrorKind::Unavailable, call.operation, call.resource, reason)
        })
    }

    fn url(&self, path: &str, kind: &str, query: &[(&str, &str)]) -> Result<Url, ProviderError> {
        let mut url = self.base.join(path).map_err(|error| {
            failed(ErrorKind::Refused, "write the address of", path, error.to_string())
        })?;
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("api-version", versions::of(kind));
        pairs.extend_pairs(query);
        drop(pairs);
        Ok(url)
    }
}

/// Signs every try of a call.
#[derive(Debug)]
struct Bearer {
    credential: Arc<dyn TokenCredential>,
    scope: String,
}

#[async_trait::async_trait]
impl Policy for Bearer {
    async fn send(
        &self,
        context: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        use azure_core::error::ErrorKind::Credential;
        let token = self.credential.get_token(&[&self.scope], None).await?;
        let bearer = format!("Bearer {}", token.token.secret());
        request.insert_header(headers::AUTHORIZATION, bearer);
        match next {
            [first, rest @ ..] => first.send(context, request, rest).await,
            [] => Err(azure_core::Error::with_message(Credential, "the pipeline has no transport")),
        }
    }
}
