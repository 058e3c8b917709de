//! Objects in Cloud Storage: their addresses in its JSON API. Opens no connection.
//!
//! Protocol: <https://cloud.google.com/storage/docs/json_api/v1/objects/get>.

use super::s3::encoded;
use crate::origin::Google;

/// Where the API is.
const ENDPOINT: &str = "https://storage.googleapis.com";

/// An object, and where it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    /// `https://host` or `http://host:port`.
    endpoint: String,
    bucket: String,
    name: String,
}

impl Object {
    /// The object at `gs://<address>`.
    ///
    /// # Errors
    /// When the address has no bucket or no object in it.
    pub(super) fn new(address: &str, google: &Google) -> Result<Self, String> {
        let (bucket, name) = address.split_once('/').unwrap_or((address, ""));
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if bucket.is_empty() || !bucket.bytes().all(fits) {
            return Err(format!("`{bucket}` is not a bucket"));
        }
        if name.is_empty() {
            return Err(format!("`gs://{address}` names no object"));
        }
        let endpoint = match google.storage.as_deref() {
            None => ENDPOINT.to_owned(),
            // Google's own clients take it with and without a scheme.
            Some(host) if !host.contains("://") => format!("http://{host}"),
            Some(endpoint) => endpoint.to_owned(),
        };
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        Ok(Self { endpoint, bucket: bucket.to_owned(), name: name.to_owned() })
    }

    /// The address.
    pub(super) fn url(&self) -> String {
        let name = encoded(&self.name, b"-._~");
        format!("{}/storage/v1/b/{}/o/{name}?alt=media", self.endpoint, self.bucket)
    }

    /// The bucket that it is in.
    pub(super) fn bucket(&self) -> &str {
        &self.bucket
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(address: &str, storage: Option<&str>) -> Result<String, String> {
        let google = Google { storage: storage.map(str::to_owned), metadata: None };
        Object::new(address, &google).map(|object| object.url())
    }

    #[test]
    fn an_object_is_one_part_of_the_path() {
        let expected = "https://storage.googleapis.com/storage/v1/b/shelf/o/a%2Fb%20c%2F%C3%BC%3F%23.onnx?alt=media";
        assert_eq!(url("shelf/a/b c/ü?#.onnx", None).unwrap(), expected);
        let expected = "http://127.0.0.1:9000/storage/v1/b/my_shelf.eu/o/x-1_~?alt=media";
        for endpoint in ["http://127.0.0.1:9000/", "127.0.0.1:9000"] {
            assert_eq!(url("my_shelf.eu/x-1_~", Some(endpoint)).unwrap(), expected);
        }
    }

    /// Google's own client asks at the same address.
    #[test]
    fn as_googles_client_asks() {
        let script = "\
import sys
from google.auth.credentials import AnonymousCredentials
from googleapiclient.discovery import build
api = build('storage', 'v1', credentials=AnonymousCredentials(), static_discovery=True)
for address in sys.argv[1:]:
    bucket, name = address.split('/', 1)
    print(api.objects().get_media(bucket=bucket, object=name).uri)
";
        let addresses = ["my_shelf.eu/a/b c/ü?#~+%2F&=@:.onnx", "shelf/x", "shelf/a//b/"];
        let mut python = std::process::Command::new(mlship_testkit::tools::python());
        let output = python.args(["-c", script]).args(addresses).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let theirs = String::from_utf8(output.stdout).unwrap();
        let ours = addresses.map(|address| url(address, None).unwrap());
        assert_eq!(theirs.lines().collect::<Vec<_>>(), ours);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for address in ["", "/x", "shelf", "shelf/", "two words/x", "shelf?x=/y", "ü/x"] {
            assert!(url(address, None).is_err(), "{address}");
        }
    }
}
