//! What S3 does with the parts of an upload and moto does not: it checks their digests, and lists
//! them, under the name that its model has for such a list.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::call::Call;
use super::faults::xml_error;
use super::http::{Response, header};

const DIGEST: &str = "x-amz-checksum-sha256";

/// The digests of parts, by upload and number.
#[derive(Default)]
pub(super) struct Parts(HashMap<(String, String), String>);

impl Parts {
    /// Refuses a body that is not what its digest says.
    pub(super) fn before(&self, call: &Call) -> Option<Response> {
        let told = header(&call.headers, DIGEST).filter(|_| call.method == "PUT")?;
        (told != STANDARD.encode(Sha256::digest(&call.body))).then(|| {
            let message = "The Content-SHA256 you specified did not match what we received.";
            xml_error(400, "BadDigest", message)
        })
    }

    /// Learns the digest of a part that moto took, and adds the digests to a list of parts.
    pub(super) fn after(&mut self, call: &Call, response: &mut Response) {
        let Some(upload) = query(call, "uploadId") else { return };
        if let (Some(number), Some(digest)) =
            (query(call, "partNumber"), header(&call.headers, DIGEST))
        {
            self.0.insert((upload.to_owned(), number.to_owned()), digest.to_owned());
        } else if call.method == "GET" {
            let text = String::from_utf8_lossy(&response.body);
            let mut text = text.replace("ListPartsResponse", "ListPartsResult");
            for ((_, number), digest) in self.0.iter().filter(|((of, _), _)| of == upload) {
                let number = format!("<PartNumber>{number}</PartNumber>");
                let both = format!("{number}<ChecksumSHA256>{digest}</ChecksumSHA256>");
                text = text.replace(&number, &both);
            }
            response.body = text.into_bytes();
        }
    }
}

fn query<'c>(call: &'c Call, key: &str) -> Option<&'c str> {
    let pairs = call.target.split_once('?')?.1.split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == key).map(|pair| pair.1)
}
