//! Calls whose body and answer are JSON, and what is done with several of them: pages, operations.

use mlship_core::provider::{ErrorKind, ProviderError};
use reqwest::Method;
use serde_json::Value;

use super::client::{Answer, Api, Rest};
use crate::error::{Call, failed, refused};

/// The most pages of one list.
const MOST_PAGES: usize = 1000;

/// The words of a query.
pub(crate) type Query<'a> = &'a [(&'a str, &'a str)];

impl Rest {
    /// A call and its answer; an answer above 299 is an error.
    pub(crate) async fn call(
        &self,
        call: Call<'_>,
        (method, api, path): (Method, Api, &str),
        query: Query<'_>,
        body: Option<&Value>,
    ) -> Result<Value, ProviderError> {
        let answer = self.ask(call, (method, api, path), query, body).await?;
        read(call, &answer)
    }

    /// The same where what is not there is `None`.
    pub(crate) async fn find(
        &self,
        call: Call<'_>,
        api: Api,
        path: &str,
        query: Query<'_>,
    ) -> Result<Option<Value>, ProviderError> {
        let answer = self.ask(call, (Method::GET, api, path), query, None).await?;
        if answer.status == 404 { Ok(None) } else { read(call, &answer).map(Some) }
    }

    /// A call whose answer is looked at by its status.
    pub(crate) async fn ask(
        &self,
        call: Call<'_>,
        (method, api, path): (Method, Api, &str),
        query: Query<'_>,
        body: Option<&Value>,
    ) -> Result<Answer, ProviderError> {
        let mut url = self.url(call, api, path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.request(method, url);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        self.send(call, request).await
    }

    /// Every entry under `key` of a list, page after page.
    pub(crate) async fn list(
        &self,
        call: Call<'_>,
        (api, path): (Api, &str),
        query: Query<'_>,
        key: &str,
    ) -> Result<Vec<Value>, ProviderError> {
        let (mut found, mut token) = (Vec::new(), String::new());
        for _ in 0..MOST_PAGES {
            let mut query = query.to_vec();
            if !token.is_empty() {
                query.push(("pageToken", &token));
            }
            let Some(mut page) = self.find(call, api, path, &query).await? else { break };
            if let Some(Value::Array(entries)) = page.get_mut(key).map(Value::take) {
                found.extend(entries);
            }
            match page["nextPageToken"].as_str() {
                Some(next) if !next.is_empty() => token = next.to_owned(),
                _ => return Ok(found),
            }
        }
        Ok(found)
    }

    /// Waits for an operation that an answer names, asking at `{version}/{name}`; gives its
    /// response.
    pub(crate) async fn done(
        &self,
        call: Call<'_>,
        (api, version): (Api, &str),
        mut operation: Value,
    ) -> Result<Value, ProviderError> {
        for _ in 0..=self.pace.polls {
            if operation["done"] == true {
                return match operation["error"].is_object() {
                    true => Err(crate::error::operation_failed(call, &operation["error"])),
                    false => Ok(operation["response"].take()),
                };
            }
            let Some(name) = operation["name"].as_str() else { break };
            let path = format!("{version}/{name}");
            tokio::time::sleep(self.pace.poll).await;
            operation = self.call(call, (Method::GET, api, &path), &[], None).await?;
        }
        let reason = "it takes too long";
        Err(failed(ErrorKind::Unavailable, call.operation, call.resource, reason)
            .with_hint("run the same command again; it goes on where it stopped"))
    }
}

/// The JSON of an answer; nothing is `null`.
pub(crate) fn read(call: Call<'_>, answer: &Answer) -> Result<Value, ProviderError> {
    if answer.status > 299 {
        return Err(refused(call, answer.status, &answer.body));
    }
    if answer.body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&answer.body).map_err(|cause| {
        let reason = "the answer is not JSON";
        let mut error = failed(ErrorKind::Unavailable, call.operation, call.resource, reason);
        error.source = Some(Box::new(cause));
        error
    })
}
