//! Calls to one repository of one registry: who is asking, how often, and how long to wait.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};

use crate::answer::{self, Call};
use crate::error::{ErrorKind, RegistryError};
use crate::http;
use crate::login::Login;
use crate::pace::{Failure, Tries};
use crate::reference::Reference;
use crate::token::{self, Challenge};

/// How long a registry may think about a small call, or say nothing in the middle of an answer.
pub(crate) const SILENCE: Duration = Duration::from_secs(60);

const CONNECT: Duration = Duration::from_secs(15);

/// Makes a call's request, anew for each try.
pub(crate) type Make<'m> = &'m (dyn Fn(&Client) -> RequestBuilder + Send + Sync);

/// What is done in the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    Pull,
    Push,
    /// Sends to it what another repository of the registry has.
    Mount {
        from: String,
    },
    /// Lists and removes what is in it.
    Tidy,
}

/// A repository of a registry, and who asks.
#[derive(Debug)]
pub(crate) struct Connection {
    client: Client,
    root: Url,
    reference: Reference,
    login: Login,
    access: Access,
    scopes: Vec<String>,
    /// What the registry accepted last. Marked as sensitive, so it does not show.
    authorization: Mutex<Option<HeaderValue>>,
}

impl Connection {
    /// Makes no call yet.
    ///
    /// # Errors
    /// The machine has no usable certificates.
    pub(crate) fn new(
        reference: &Reference,
        login: &Login,
        access: &Access,
    ) -> Result<Self, RegistryError> {
        let origin = reference.origin();
        let failed = |reason: String| {
            RegistryError::new(ErrorKind::Local, "connect to", reference.registry(), reason)
        };
        let root = format!("{origin}/v2/{}/", reference.repository());
        let root = Url::parse(&root).map_err(|error| failed(error.to_string()))?;
        let client = client(&root).map_err(|error| failed(answer::words(&error)))?;
        Ok(Self {
            client,
            root,
            reference: reference.clone(),
            login: login.clone(),
            access: access.clone(),
            scopes: scopes(reference.repository(), access),
            authorization: Mutex::new(None),
        })
    }

    /// The image that it is about.
    pub(crate) fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Failures in a row, none yet.
    pub(crate) fn tries(&self) -> Tries {
        Tries::of(&self.root)
    }

    /// An address below the repository's: `manifests/latest`.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.root.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(p, q)| (p, Some(q)));
        url.set_path(&format!("{}{path}", self.root.path()));
        url.set_query(query);
        url
    }

    /// An address that the registry gave, whole or not.
    pub(crate) fn located(&self, location: &str) -> Option<Url> {
        let url = self.root.join(location).ok()?;
        let safe =
            url.scheme() == "https" || (self.root.scheme() == "http" && token::is_local(&url));
        safe.then_some(url)
    }

    /// Asks until there is an answer. Statuses that a wait or a login may mend are not given back.
    pub(crate) async fn ask(&self, call: &Call, make: Make<'_>) -> Result<Response, RegistryError> {
        let mut tries = self.tries();
        loop {
            match self.ask_once(call, make).await {
                Ok(response) => return Ok(response),
                Err(failure) => tries.after(failure).await?,
            }
        }
    }

    /// Gets a small document whole.
    pub(crate) async fn get(
        &self,
        call: &Call,
        make: Make<'_>,
        limit: u64,
    ) -> Result<(HeaderMap, Vec<u8>), RegistryError> {
        let mut tries = self.tries();
        loop {
            let got = match self.ask_once(call, make).await {
                Ok(response) => answer::document(call, response, limit).await,
                Err(failure) => Err(failure),
            };
            match got {
                Ok(document) => return Ok(document),
                Err(failure) => tries.after(failure).await?,
            }
        }
    }

    /// Asks once, and waits for a while.
    pub(crate) async fn ask_once(&self, call: &Call, make: Make<'_>) -> Result<Response, Failure> {
        let asked = tokio::time::timeout(SILENCE, self.attempt(call, make)).await;
        asked.unwrap_or_else(|_| Err(call.silent(SILENCE)))
    }

    /// Asks once, however long it takes; an expired token is renewed.
    pub(crate) async fn attempt(&self, call: &Call, make: Make<'_>) -> Result<Response, Failure> {
        let before = self.authorization();
        let response = self.send(call, make, before.as_ref()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return answer::lasting(call, response).await;
        }
        let Some(challenge) = Challenge::of(response.headers()) else {
            return answer::lasting(call, response).await;
        };
        // What listing and removing are called differs between registries: they say it themselves.
        let scopes = match (&self.access, challenge.scopes()) {
            (Access::Tidy, Some(scopes)) => scopes,
            _ => self.scopes.clone(),
        };
        let anew = token::authorization(&self.client, &self.root, &challenge, &self.login, &scopes)
            .await
            .map_err(|mut failure| {
                failure.error.resource = call.resource.clone();
                failure.error.operation = call.operation.to_owned();
                failure
            })?;
        if before.as_ref() == Some(&anew) {
            return answer::lasting(call, response).await;
        }
        *self.authorization.lock().unwrap_or_else(PoisonError::into_inner) = Some(anew.clone());
        let response = self.send(call, make, Some(&anew)).await?;
        answer::lasting(call, response).await
    }

    fn authorization(&self) -> Option<HeaderValue> {
        self.authorization.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends one request. The login goes to the registry alone, not to where it points.
    async fn send(
        &self,
        call: &Call,
        make: Make<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, Failure> {
        let mut request = make(&self.client).build().map_err(|error| call.broken(error))?;
        if let Some(authorization) = authorization
            && request.url().origin() == self.root.origin()
        {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        self.client.execute(request).await.map_err(|error| call.broken(error))
    }
}

fn scopes(repository: &str, access: &Access) -> Vec<String> {
    let pull = |name: &str| format!("repository:{name}:pull");
    match access {
        Access::Pull => vec![pull(repository)],
        Access::Push => vec![format!("{},push", pull(repository))],
        Access::Tidy => vec![format!("{},delete", pull(repository))],
        Access::Mount { from } => vec![format!("{},push", pull(repository)), pull(from)],
    }
}

fn client(root: &Url) -> Result<Client, reqwest::Error> {
    http::choose_crypto();
    let builder = Client::builder()
        .user_agent(concat!("mlship/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT);
    match root.scheme() {
        "https" => builder.https_only(true).build(),
        _ => builder.no_proxy().dns_resolver(Arc::new(http::Names)).build(),
    }
}
