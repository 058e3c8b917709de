//! The role that mlship makes for a function.

use aws_sdk_iam::types::Tag;
use mlship_core::provider::ProviderError;
use serde_json::Value;

use super::Ownership;
use crate::connect::Clients;
use crate::error::Outcome;
use crate::names::{self, Account};

/// A role by the name that mlship would give it.
#[derive(Debug, Clone)]
pub(crate) struct Role {
    pub(crate) ownership: Ownership,
    /// The policy for this region, if it is there and can be read.
    pub(crate) policy: Option<Value>,
}

/// Looks for the service's role and its policy.
pub(crate) async fn look(
    clients: &Clients,
    account: &Account,
    service: &str,
) -> Result<Option<Role>, ProviderError> {
    let name = names::role(service);
    let Some(ownership) = ownership(clients, service).await? else { return Ok(None) };
    let policy = clients
        .iam
        .get_role_policy()
        .role_name(&name)
        .policy_name(account.role_policy())
        .send()
        .await
        .if_there("read the policy of the role", &name)?;
    let policy = policy
        .and_then(|policy| serde_json::from_str(&percent_decoded(policy.policy_document())).ok());
    Ok(Some(Role { ownership, policy }))
}

/// Whether the service's role is there, and whose it is.
pub(crate) async fn ownership(
    clients: &Clients,
    service: &str,
) -> Result<Option<Ownership>, ProviderError> {
    let name = names::role(service);
    let call = clients.iam.get_role().role_name(&name).send();
    let Some(found) = call.await.if_there("look at the role", &name)? else { return Ok(None) };
    let tags = found.role().map(|role| role.tags()).unwrap_or_default();
    Ok(Some(Ownership::of(service, tags.iter().map(pair))))
}

fn pair(tag: &Tag) -> (&str, &str) {
    (tag.key(), tag.value())
}

/// IAM gives documents percent-encoded (RFC 3986).
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], code) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_and_nothing_breaks_them() {
        assert_eq!(percent_decoded("%7B%22a%22%3A%201%7D"), r#"{"a": 1}"#);
        assert_eq!(percent_decoded(r#"{"a": 1}"#), r#"{"a": 1}"#);
        assert_eq!(percent_decoded("%"), "%");
        assert_eq!(percent_decoded("%zz%4"), "%zz%4");
        assert_eq!(percent_decoded("%é"), "%é");
    }
}
