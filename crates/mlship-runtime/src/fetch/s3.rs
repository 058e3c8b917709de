//! Objects in S3: their addresses, and signature version 4 of a GET. Opens no connection.
//!
//! Protocol: <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>.

use std::fmt::Write;
use std::time::SystemTime;

use ring::digest::{SHA256, digest};
use ring::hmac;

use crate::clock::Moment;
use crate::origin::{Credentials, Origin};

/// SHA-256 of the empty body of a GET.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// An object, where it is asked for, and with what.
#[derive(Debug, Clone)]
pub(super) struct Object {
    /// `https://host` or `http://host:port`.
    endpoint: String,
    /// As sent, with its leading `/`.
    path: String,
    region: String,
    credentials: Credentials,
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.url() == other.url() && self.region == other.region
    }
}

impl Eq for Object {}

impl Object {
    /// The object `key` of `bucket`.
    ///
    /// # Errors
    /// When the name cannot be a bucket's, or the region or the credentials are not known.
    pub(super) fn new(bucket: &str, key: &str, origin: &Origin) -> Result<Self, String> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if bucket.is_empty() || !bucket.bytes().all(fits) {
            return Err(format!("`{bucket}` is not a bucket"));
        }
        let region = origin.region.clone().ok_or("the environment says no `AWS_REGION`")?;
        let unsigned = "the environment says no `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`";
        let credentials = origin.credentials.clone().ok_or(unsigned)?;
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let key = encoded(key, b"-._~/");
        let (endpoint, path) = match &origin.endpoint {
            Some(endpoint) => {
                (endpoint.trim_end_matches('/').to_owned(), format!("/{bucket}/{key}"))
            }
            // A certificate for `*.s3…` does not hold for a name with a dot in it.
            None if bucket.contains(['.', '_']) => {
                (format!("https://s3.{region}.{suffix}"), format!("/{bucket}/{key}"))
            }
            None => (format!("https://{bucket}.s3.{region}.{suffix}"), format!("/{key}")),
        };
        Ok(Self { endpoint, path, region, credentials })
    }

    /// The address.
    pub(super) fn url(&self) -> String {
        format!("{}{}", self.endpoint, self.path)
    }

    /// The headers of a GET sent at `now`. `range` is that header's value, when it is sent.
    pub(super) fn headers(
        &self,
        range: Option<&str>,
        now: SystemTime,
    ) -> Vec<(&'static str, String)> {
        let stamp = stamp(now);
        let host = self.endpoint.split_once("://").map_or("", |(_, host)| host);
        // In the order of their names, as they are signed.
        let mut signed = vec![("host", host)];
        signed.extend(range.map(|range| ("range", range)));
        signed.extend([("x-amz-content-sha256", EMPTY), ("x-amz-date", &stamp)]);
        let session = self.credentials.session.as_deref();
        signed.extend(session.map(|session| ("x-amz-security-token", session)));
        let authorization = self.authorization(&signed, &stamp);
        let sent = signed.iter().filter(|(name, _)| *name != "host");
        let mut headers: Vec<_> = sent.map(|(name, value)| (*name, (*value).to_owned())).collect();
        headers.push(("authorization", authorization));
        headers
    }

    fn authorization(&self, headers: &[(&str, &str)], stamp: &str) -> String {
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: String =
            headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let request = format!("GET\n{}\n\n{lines}\n{names}\n{EMPTY}", self.path);
        let day = &stamp[..8];
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let request = hex(digest(&SHA256, request.as_bytes()).as_ref());
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{request}");
        let mut key = format!("AWS4{}", self.credentials.secret).into_bytes();
        for part in [day, &self.region, "s3", "aws4_request"] {
            key = keyed(&key, part);
        }
        let signature = hex(&keyed(&key, &text));
        let id = &self.credentials.id;
        format!(
            "AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
    }
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

/// Bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A key as it stands in a path: letters and digits, what is `kept`, and the rest by percent signs.
pub(super) fn encoded(key: &str, kept: &[u8]) -> String {
    key.bytes().fold(String::new(), |mut text, byte| {
        match byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            true => text.push(byte.into()),
            // Writing to a string does not fail.
            false => drop(write!(text, "%{byte:02X}")),
        }
        text
    })
}

/// `20130524T000000Z`.
fn stamp(now: SystemTime) -> String {
    let Moment { year, month, day, hour, minute, second, .. } = Moment::of(now);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn origin(session: Option<&str>) -> Origin {
        // The published key of the protocol's examples.
        let credentials = Credentials {
            id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            session: session.map(str::to_owned),
        };
        let region = Some("us-east-1".into());
        Origin { region, credentials: Some(credentials), ..Origin::default() }
    }

    /// 2013-05-24, of the protocol's examples.
    fn then() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_369_353_600)
    }

    /// "Example: GET Object" of
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>.
    #[test]
    fn the_published_example() {
        let object = Object {
            endpoint: "https://examplebucket.s3.amazonaws.com".into(),
            ..Object::new("examplebucket", "test.txt", &origin(None)).unwrap()
        };
        let headers = object.headers(Some("bytes=0-9"), then());
        let expected = "AWS4-HMAC-SHA256 \
            Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
            SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
            Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        assert_eq!(headers.last().unwrap(), &("authorization", expected.to_owned()));
    }

    /// Botocore signs the same requests.
    #[test]
    fn as_botocore_signs() {
        let script = "\
import sys
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
import botocore.compat, botocore.auth, datetime
then = datetime.datetime(2013, 5, 24, tzinfo=datetime.timezone.utc)
botocore.auth.get_current_datetime = lambda *_, **__: then.replace(tzinfo=None)
for line in sys.stdin:
    url, range_, session = line.rstrip('\\n').split('\\t')
    request = AWSRequest('GET', url, headers={'range': range_} if range_ else {})
    request.context['payload_signing_enabled'] = True
    key = 'AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', session or None
    S3SigV4Auth(Credentials(*key), 's3', 'us-east-1').add_auth(request)
    print(request.headers['Authorization'])
";
        let cases = [
            ("shelf", "a/b c/ü+~.onnx", None, None, None),
            ("shelf.dotted", "k", Some("bytes=7-"), Some("token/with+signs=="), None),
            ("shelf", "k", Some("bytes=1-"), None, Some("http://127.0.0.1:5000/")),
        ];
        let mut asked = String::new();
        let mut ours = Vec::new();
        for (bucket, key, range, session, endpoint) in cases {
            let endpoint = endpoint.map(str::to_owned);
            let object = Object::new(bucket, key, &Origin { endpoint, ..origin(session) }).unwrap();
            asked += &format!(
                "{}\t{}\t{}\n",
                object.url(),
                range.unwrap_or_default(),
                session.unwrap_or_default()
            );
            ours.push(object.headers(range, then()).pop().unwrap().1);
        }
        let mut python = std::process::Command::new(mlship_testkit::tools::python())
            .args(["-c", script])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut python.stdin.take().unwrap(), asked.as_bytes()).unwrap();
        let output = python.wait_with_output().unwrap();
        let theirs = String::from_utf8(output.stdout).unwrap();
        assert_eq!(theirs.lines().collect::<Vec<_>>(), ours);
    }

    #[test]
    fn dates() {
        for (seconds, expected) in [
            (0, "19700101T000000Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (1_709_210_096, "20240229T123456Z"),
            (4_107_542_399, "21000228T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
        ] {
            assert_eq!(stamp(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
        }
    }
}
