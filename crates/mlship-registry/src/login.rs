//! Who one is to a registry. Secrets do not show in it.

use std::fmt;

/// How to log in to a registry.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Login {
    /// Nobody in particular.
    #[default]
    Anonymous,
    /// A user and a password, or what stands for one.
    Basic {
        /// The user; `AWS` for ECR.
        user: String,
        /// The password or token.
        password: String,
    },
    /// A token that buys others, as `docker login` keeps for registries that give one.
    Identity(String),
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("Anonymous"),
            Self::Basic { user, .. } => {
                f.debug_struct("Basic").field("user", user).finish_non_exhaustive()
            }
            Self::Identity(_) => f.write_str("Identity(..)"),
        }
    }
}
