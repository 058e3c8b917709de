//! From the bundle and the environment to the address of a file. Opens no connection.

use std::net::IpAddr;

use mlship_bundle::{Fetched, MODEL_STORE};
use ureq::http::Uri;

use super::FetchError;
use super::{gs, s3};
use crate::origin::Origin;

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// What is asked, in full.
    pub(super) url: String,
    /// The same without what may be secret.
    pub(super) shown: String,
    /// Over TLS, or on this machine without.
    pub(super) safety: Safety,
    /// How it is asked.
    pub(super) asked: Asked,
}

/// How a place is asked for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// As anybody may.
    Plainly,
    /// With a signature.
    Signed(s3::Object),
    /// With a token, where there is one.
    WithToken(gs::Object),
}

/// What keeps others from listening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Safety {
    /// TLS.
    Tls,
    /// Nothing leaves the machine.
    Loopback,
}

/// Refuses what cannot be a file: its digest becomes a file name, and its length sets room aside.
pub(super) fn check(file: &Fetched) -> Result<(), FetchError> {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    match file.sha256.len() == 64 && file.sha256.bytes().all(hex) && file.bytes > 0 {
        true => Ok(()),
        false => Err(no_place(file, "the bundle says no SHA-256 or no length")),
    }
}

/// The place of `file`.
///
/// # Errors
/// When none is said, or one that is not safe to read from.
pub(super) fn of(file: &Fetched, origin: &Origin) -> Result<Place, FetchError> {
    if let Some(url) = &file.url {
        let place = match url.strip_prefix("gs://") {
            Some(address) => google(address, origin),
            None => web(url),
        };
        return place.map_err(|cause| no_place(file, cause));
    }
    let unset = || no_place(file, format!("`{MODEL_STORE}` does not say where it is"));
    let store = origin.store.as_deref().ok_or_else(unset)?;
    let name = |store: &str| format!("{}/{}", store.trim_end_matches('/'), file.sha256);
    let place = match store.split_once("://") {
        Some(("s3", store)) => amazon(&name(store), origin),
        Some(("gs", store)) => google(&name(store), origin),
        _ => web(&below(store, &file.sha256)),
    };
    place.map_err(|cause| no_place(file, format!("`{MODEL_STORE}`: {cause}")))
}

/// A file's address below a store's: a query, such as a signature, stays behind the path.
fn below(store: &str, name: &str) -> String {
    match store.split_once('?') {
        Some((path, query)) => format!("{}/{name}?{query}", path.trim_end_matches('/')),
        None => format!("{}/{name}", store.trim_end_matches('/')),
    }
}

fn no_place(file: &Fetched, cause: impl Into<String>) -> FetchError {
    FetchError::Place { path: file.path.clone(), cause: cause.into() }
}

fn web(url: &str) -> Result<Place, String> {
    let (url, safety, shown) = read(url)?;
    Ok(Place { url, shown, safety, asked: Asked::Plainly })
}

fn amazon(name: &str, origin: &Origin) -> Result<Place, String> {
    let (bucket, key) = name.split_once('/').unwrap_or((name, ""));
    let object = s3::Object::new(bucket, key, origin)?;
    let (url, safety, _) = read(&object.url())?;
    Ok(Place { url, shown: format!("s3://{name}"), safety, asked: Asked::Signed(object) })
}

fn google(name: &str, origin: &Origin) -> Result<Place, String> {
    let object = gs::Object::new(name, &origin.google)?;
    let (url, safety, _) = read(&object.url())?;
    Ok(Place { url, shown: format!("gs://{name}"), safety, asked: Asked::WithToken(object) })
}

/// An address that is safe to read from, and how it is shown.
fn read(url: &str) -> Result<(String, Safety, String), String> {
    let shown = url.split(['?', '#']).next().unwrap_or_default();
    let uri: Uri = url.parse().map_err(|_| "the address cannot be read".to_owned())?;
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        return Err("an address holds no user and no password".into());
    }
    let host = uri.host().unwrap_or_default();
    let safety = match uri.scheme_str() {
        Some("https") if !host.is_empty() => Safety::Tls,
        Some("http") if is_loopback(host) => Safety::Loopback,
        _ => return Err(format!("`{shown}` is none of `https://…`, `gs://…` and `s3://…`")),
    };
    Ok((url.to_owned(), safety, shown.to_owned()))
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(url: Option<&str>) -> Fetched {
        let url = url.map(str::to_owned);
        Fetched { path: "weights.data".into(), url, sha256: "ab".repeat(32), bytes: 9 }
    }

    fn stored(store: &str) -> Result<Place, FetchError> {
        let origin = Origin {
            store: Some(store.into()),
            region: Some("eu-central-1".into()),
            credentials: Some(crate::origin::Credentials {
                id: "id".into(),
                secret: "secret".into(),
                session: None,
            }),
            ..Origin::default()
        };
        of(&file(None), &origin)
    }

    #[test]
    fn a_file_is_below_its_store_under_its_digest() {
        let digest = "ab".repeat(32);
        let place = stored("https://models.example/v1/").unwrap();
        assert_eq!(place.url, format!("https://models.example/v1/{digest}"));
        let place = stored("https://a.example/models?sp=r&sig=a/b%3D/").unwrap();
        assert_eq!(place.url, format!("https://a.example/models/{digest}?sp=r&sig=a/b%3D/"));
        assert_eq!(place.shown, format!("https://a.example/models/{digest}"));
        let place = stored("s3://shelf/deep/er").unwrap();
        let expected = format!("https://shelf.s3.eu-central-1.amazonaws.com/deep/er/{digest}");
        assert_eq!((place.url, place.shown), (expected, format!("s3://shelf/deep/er/{digest}")));
        let place = stored("s3://shelf").unwrap();
        assert_eq!(place.url, format!("https://shelf.s3.eu-central-1.amazonaws.com/{digest}"));
    }

    #[test]
    fn a_place_in_cloud_storage_is_asked_with_a_token() {
        let digest = "ab".repeat(32);
        let place = stored("gs://shelf/deep/er/").unwrap();
        let api = "https://storage.googleapis.com/storage/v1/b/shelf/o";
        assert_eq!(place.url, format!("{api}/deep%2Fer%2F{digest}?alt=media"));
        assert_eq!(place.shown, format!("gs://shelf/deep/er/{digest}"));
        assert_eq!(place.safety, Safety::Tls);
        let place = of(&file(Some("gs://shelf/a b.onnx")), &Origin::default()).unwrap();
        assert_eq!(place.url, format!("{api}/a%20b.onnx?alt=media"));
        assert!(matches!(place.asked, Asked::WithToken(_)));
        // A token goes nowhere without TLS but to this machine.
        for (storage, is_safe) in [("http://127.0.0.1:9", true), ("storage.example:80", false)] {
            let google = crate::origin::Google { storage: Some(storage.into()), metadata: None };
            let origin = Origin { google, ..Origin::default() };
            assert_eq!(of(&file(Some("gs://shelf/x")), &origin).is_ok(), is_safe, "{storage}");
        }
        for url in ["gs://", "gs://shelf", "gs://shelf/", "gs:///x"] {
            assert!(of(&file(Some(url)), &Origin::default()).is_err(), "{url}");
        }
    }

    #[test]
    fn what_is_not_safe_or_no_address_is_refused() {
        let unsafe_ones = [
            "http://models.example/x",
            "http://127.0.0.1.example/x",
            "http://10.0.0.1/x",
            "ftp://models.example/x",
            "file:///etc/passwd",
            "https:///x",
            "https://user:hunter@models.example/x",
            "models.example",
            "",
        ];
        for url in unsafe_ones {
            let error = of(&file(Some(url)), &Origin::default()).unwrap_err().to_string();
            assert!(error.starts_with("cannot fetch `weights.data`: "), "{error}");
            assert!(!error.contains("hunter"), "{error}");
        }
        for url in ["http://127.0.0.1:8/x", "http://[::1]:8/x", "http://localhost:8/x"] {
            let place = of(&file(Some(url)), &Origin::default()).unwrap();
            assert_eq!(place.safety, Safety::Loopback);
        }
        for store in
            ["s3://", "s3:///x", "s3://bucket with space", "gopher://x", "gs://", "gs:///x"]
        {
            assert!(stored(store).is_err(), "{store}");
        }
        let nowhere = of(&file(None), &Origin::default()).unwrap_err().to_string();
        assert!(nowhere.contains("MLSHIP_MODEL_STORE"), "{nowhere}");
    }

    #[test]
    fn a_secret_in_the_address_is_not_shown() {
        let place = of(&file(Some("https://x.example/f?token=word")), &Origin::default()).unwrap();
        assert_eq!(place.shown, "https://x.example/f");
        assert!(place.url.ends_with("token=word"));
    }

    #[test]
    fn a_digest_that_is_a_path_is_refused() {
        for sha256 in ["../../etc/passwd", "", &"AB".repeat(32), &"a/".repeat(32)] {
            let file = Fetched { sha256: sha256.to_owned(), ..file(None) };
            assert!(check(&file).is_err(), "{sha256}");
        }
        assert!(check(&Fetched { bytes: 0, ..file(None) }).is_err());
        assert!(check(&file(None)).is_ok());
    }
}
