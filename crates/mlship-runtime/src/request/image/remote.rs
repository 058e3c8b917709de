//! Pictures that a request gives the address of. What is asked is bounded by the hosts that the
//! bundle names: a request must not make this machine speak to its neighbours.

#[cfg(feature = "fetch")]
mod address;
#[cfg(feature = "fetch")]
mod public;

#[cfg(feature = "fetch")]
pub(super) use address::{Budget, Remote};

#[cfg(not(feature = "fetch"))]
pub(super) use absent::{Budget, Remote};

/// The runtime without the means to fetch.
#[cfg(not(feature = "fetch"))]
mod absent {
    use crate::bundle::LoadError;
    use crate::problem::Kind;

    pub(in super::super) struct Remote;

    #[derive(Default)]
    pub(in super::super) struct Budget;

    impl Remote {
        pub(in super::super) fn new(hosts: &[String]) -> Result<Self, LoadError> {
            if hosts.is_empty() { Ok(Self) } else { Err(LoadError::NoEngine("`url`")) }
        }

        pub(in super::super) fn bring(
            &self,
            _: &str,
            _: &mut Budget,
        ) -> Result<Vec<u8>, (Kind, String)> {
            Err((Kind::AddressRefused, super::CLOSED.into()))
        }
    }
}

/// What is said where no host is named.
const CLOSED: &str = "pictures are not fetched from addresses here; the manifest has no `urls`";
