//! Shared access signatures: what makes an address of a storage account a permission. Pure.
//!
//! Sources: <https://learn.microsoft.com/rest/api/storageservices/create-account-sas> and
//! <https://learn.microsoft.com/rest/api/storageservices/create-service-sas>.

use azure_core::time::{OffsetDateTime, to_rfc3339};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::Serializer;
use ring::hmac;

/// Version of the storage service whose rules the signature follows.
const VERSION: &str = "2022-11-02";

/// When an address given to something that runs stops to be valid: not before the account gets
/// another key. A fixed time makes the same address each time.
const FOR_GOOD: &str = "2100-01-01T00:00:00Z";

/// Everything in blobs of an account, until then.
pub(super) fn account(name: &str, key: &str, protocol: &str, until: OffsetDateTime) -> String {
    let until = whole_seconds(until);
    let (services, types, may) = ("b", "sco", "rwdlac");
    let text =
        format!("{name}\n{may}\n{services}\n{types}\n\n{until}\n\n{protocol}\n{VERSION}\n\n");
    let pairs = [("ss", services), ("srt", types), ("sp", may), ("se", &until)];
    query(&pairs, protocol, &text, key)
}

/// What may be read, for good.
pub(super) struct Blobs<'b> {
    pub(super) account: &'b str,
    pub(super) container: &'b str,
    /// All of the container when `None`.
    pub(super) name: Option<&'b str>,
    pub(super) protocol: &'b str,
}

impl Blobs<'_> {
    pub(super) fn query(&self, key: &str) -> String {
        let Self { account, container, name, protocol } = self;
        let (what, path) = match name {
            Some(name) => ("b", format!("/blob/{account}/{container}/{name}")),
            None => ("c", format!("/blob/{account}/{container}")),
        };
        // Permissions, start, end, path, policy, addresses, protocol, version, what, snapshot,
        // encryption scope and five headers of the answer.
        let text =
            format!("r\n\n{FOR_GOOD}\n{path}\n\n\n{protocol}\n{VERSION}\n{what}\n\n\n\n\n\n\n");
        query(&[("sr", what), ("sp", "r"), ("se", FOR_GOOD)], protocol, &text, key)
    }
}

fn query(pairs: &[(&str, &str)], protocol: &str, text: &str, key: &str) -> String {
    // A key that is no base64 signs nothing that Azure would take; it says so itself.
    let key = STANDARD.decode(key).unwrap_or_default();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let signature = STANDARD.encode(hmac::sign(&key, text.as_bytes()));
    let mut query = Serializer::new(String::new());
    query.append_pair("sv", VERSION).extend_pairs(pairs);
    query.append_pair("spr", protocol).append_pair("sig", &signature);
    query.finish()
}

fn whole_seconds(at: OffsetDateTime) -> String {
    to_rfc3339(&at.replace_nanosecond(0).unwrap_or(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "a2V5LWZvci10ZXN0cw==";

    /// Signed by the vendor's Python client (azure-storage-blob 12.31.1) with the same key.
    #[test]
    fn a_signature_is_the_vendors() {
        let blob = Blobs { account: "heart", container: "c", name: Some("n"), protocol: "https" };
        let container = Blobs { name: None, ..Blobs { ..blob } };
        assert!(
            blob.query(KEY).ends_with("&sig=Oc3IzB9l5uWsAzVme4lRbCwyPe3lapBlCEc9nvBos5M%3D"),
            "{}",
            blob.query(KEY)
        );
        assert!(
            container.query(KEY).ends_with("&sig=oeobuZYQDyEVAYpAIk%2BaoT9JM5l91YWOhoTrnuA5Pq4%3D"),
            "{}",
            container.query(KEY)
        );
        let until = OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a time");
        let all = account("heart", KEY, "https", until);
        assert!(all.ends_with("&sig=RrhAxHdFpoCJkepKkcxAsSCig5ydz4woPBqNt4pLASY%3D"), "{all}");
    }
}
