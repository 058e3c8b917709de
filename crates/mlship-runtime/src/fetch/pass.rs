//! What a place is shown so that it gives a file: a signature, a token, or nothing.

use std::time::{Duration, SystemTime};

use ureq::http::StatusCode;

use super::metadata::{Metadata, Silence};
use super::place::{Asked, Place};
use super::transfer::Cut;
use super::{Cause, gs, s3};
use crate::origin::Origin;

/// What the requests for one file show. A token is kept from one to the next.
pub(super) enum Pass<'p> {
    /// Nothing.
    Nothing,
    /// A signature.
    Signed(&'p s3::Object),
    /// A token of the metadata server's.
    Token(Token<'p>),
}

/// A token, as far as there is one.
pub(super) struct Token<'p> {
    object: &'p gs::Object,
    metadata: Metadata,
    held: Held,
    /// The place has refused a token since it last gave something.
    refused: bool,
}

enum Held {
    Unasked,
    /// Nobody gives one here: public objects can be had without.
    None,
    Some(String),
}

impl<'p> Pass<'p> {
    /// What `place` is to be shown.
    pub(super) fn new(place: &'p Place, origin: &Origin) -> Self {
        match &place.asked {
            Asked::Plainly => Self::Nothing,
            Asked::Signed(object) => Self::Signed(object),
            Asked::WithToken(object) => {
                let metadata = Metadata::new(origin.google.metadata.as_deref());
                Self::Token(Token { object, metadata, held: Held::Unasked, refused: false })
            }
        }
    }

    /// The headers of a GET that is sent now. `range` is that header's value, when it is sent.
    pub(super) fn headers(
        &mut self,
        range: Option<String>,
    ) -> Result<Vec<(&'static str, String)>, Cut> {
        let token = match self {
            Self::Signed(object) => {
                return Ok(object.headers(range.as_deref(), SystemTime::now()));
            }
            Self::Nothing => None,
            Self::Token(token) => token.header()?,
        };
        Ok(token.into_iter().chain(range.map(|range| ("range", range))).collect())
    }

    /// The place gives: a token that it refuses later is another matter.
    pub(super) fn is_taken(&mut self) {
        if let Self::Token(token) = self {
            token.refused = false;
        }
    }

    /// The place refuses with `status`: how to go on, or what that comes from.
    pub(super) fn refused(&mut self, status: StatusCode) -> Result<Cut, String> {
        match self {
            Self::Nothing => Err(plain(status).into()),
            Self::Signed(_) => Err(signed(status).into()),
            Self::Token(token) => token.refused(status),
        }
    }
}

impl Token<'_> {
    fn header(&mut self) -> Result<Option<(&'static str, String)>, Cut> {
        if matches!(self.held, Held::Unasked) {
            self.held = match self.metadata.token() {
                Ok(token) => Held::Some(token),
                Err(Silence::Absent) => Held::None,
                Err(Silence::Busy(what)) => return Err(Cut::Again { what, pause: None }),
                Err(Silence::Wrong(what)) => return Err(Cut::Final(Cause::Unspeakable(what))),
            };
        }
        Ok(match &self.held {
            Held::Some(token) => Some(("authorization", format!("Bearer {token}"))),
            Held::Unasked | Held::None => None,
        })
    }

    fn refused(&mut self, status: StatusCode) -> Result<Cut, String> {
        let bucket = self.object.bucket();
        let is_held = matches!(self.held, Held::Some(_));
        match status {
            StatusCode::UNAUTHORIZED if is_held && !self.refused => {
                (self.held, self.refused) = (Held::Unasked, true);
                let what = "the token is not taken any more".into();
                Ok(Cut::Again { what, pause: Some(Duration::ZERO) })
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if !is_held => Err(format!(
                "the bucket `{bucket}` is not public, and no metadata server gives a token here"
            )),
            StatusCode::UNAUTHORIZED => Err("a new token is not taken either".into()),
            StatusCode::FORBIDDEN => {
                let account = self.metadata.account().map(|account| format!("`{account}`"));
                let account = account.unwrap_or_else(|| "the service's account".into());
                Err(format!(
                    "{account} needs `roles/storage.objectViewer` on the bucket `{bucket}`"
                ))
            }
            StatusCode::NOT_FOUND => Err(format!("the bucket `{bucket}` has no such object")),
            _ => Err("the place does not give it".into()),
        }
    }
}

/// What the refusal of a signed request comes from, as far as its status tells.
fn signed(status: StatusCode) -> &'static str {
    match status {
        StatusCode::FORBIDDEN => {
            "the role may not read that object, or there is none and it may not list"
        }
        StatusCode::NOT_FOUND => "the store has no such object",
        status if status.is_redirection() => "the bucket is in another region",
        _ => "the place does not give it",
    }
}

/// The same where nothing is shown.
fn plain(status: StatusCode) -> &'static str {
    match status {
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => "it may not be read from here",
        StatusCode::NOT_FOUND | StatusCode::GONE => "there is nothing at that address",
        status if status.is_redirection() => "it is sent on to too many places",
        _ => "the place does not give it",
    }
}
