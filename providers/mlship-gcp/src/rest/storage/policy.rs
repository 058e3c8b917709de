//! Who may do what with a bucket.

use mlship_core::provider::{ErrorKind, ProviderError};
use reqwest::Method;
use serde_json::{Value, json};

use crate::error::{Call, failed};
use crate::rest::{Api, Rest, json::read, path};

/// How often somebody else's change may come between reading and writing.
const TRIES: u32 = 5;

impl Rest {
    /// Whether a member has a role on the bucket, given there without a condition.
    pub(crate) async fn has_role(
        &self,
        bucket: &str,
        (role, member): (&str, &str),
    ) -> Result<bool, ProviderError> {
        let call = Call::new("look at the access to the bucket", bucket);
        let policy = self.policy(call, bucket).await?;
        Ok(has(&policy, role, member))
    }

    /// Gives a member a role on the bucket; nothing is written when it has it.
    pub(crate) async fn give_role(
        &self,
        bucket: &str,
        (role, member): (&str, &str),
    ) -> Result<(), ProviderError> {
        let call = Call::new("give access to the bucket", bucket);
        let place = format!("storage/v1/b/{}/iam", path(bucket));
        for _ in 0..TRIES {
            let mut policy = self.policy(call, bucket).await?;
            if has(&policy, role, member) {
                return Ok(());
            }
            add(&mut policy, role, member);
            let to = (Method::PUT, Api::Storage, place.as_str());
            let answer = self.ask(call, to, &[], Some(&policy)).await?;
            if answer.status != 409 && answer.status != 412 {
                return read(call, &answer).map(drop);
            }
            tokio::time::sleep(self.pace.poll).await;
        }
        let reason = "somebody else keeps changing it";
        Err(failed(ErrorKind::Conflict, call.operation, call.resource, reason))
    }

    async fn policy(&self, call: Call<'_>, bucket: &str) -> Result<Value, ProviderError> {
        let place = format!("storage/v1/b/{}/iam", path(bucket));
        // Without the third version conditions would be lost when it is written back.
        let query = [("optionsRequestedPolicyVersion", "3")];
        self.call(call, (Method::GET, Api::Storage, &place), &query, None).await
    }
}

fn has(policy: &Value, role: &str, member: &str) -> bool {
    let bindings = policy["bindings"].as_array().map(Vec::as_slice).unwrap_or_default();
    bindings.iter().any(|binding| {
        let members = binding["members"].as_array().map(Vec::as_slice).unwrap_or_default();
        is_of(binding, role) && members.iter().any(|one| one == member)
    })
}

fn is_of(binding: &Value, role: &str) -> bool {
    binding["role"] == role && binding["condition"].is_null()
}

fn add(policy: &mut Value, role: &str, member: &str) {
    if !policy["bindings"].is_array() {
        policy["bindings"] = json!([]);
    }
    let Some(bindings) = policy["bindings"].as_array_mut() else { return };
    let members = bindings.iter_mut().find(|binding| is_of(binding, role));
    match members.and_then(|binding| binding["members"].as_array_mut()) {
        Some(members) => members.push(member.into()),
        None => bindings.push(json!({ "role": role, "members": [member] })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_under_a_condition_is_another() {
        let mut policy = json!({ "etag": "x", "bindings": [
            { "role": "r", "members": ["user:a"], "condition": { "expression": "false" } },
        ]});
        assert!(!has(&policy, "r", "user:a"));
        add(&mut policy, "r", "user:a");
        add(&mut policy, "r", "user:b");
        assert!(has(&policy, "r", "user:a") && has(&policy, "r", "user:b"));
        assert_eq!(policy["bindings"].as_array().map(Vec::len), Some(2));
        assert_eq!(policy["etag"], "x");
        let mut empty = json!({ "etag": "y" });
        add(&mut empty, "r", "user:a");
        assert!(has(&empty, "r", "user:a"));
    }
}
