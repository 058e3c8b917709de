//! Where a function's source is sent: a signed URL of Cloud Storage, which wants the very headers
//! that were signed.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cloud::http::{Request, Response};
use crate::gcp::NUMBER;
use crate::gcp::run::Place;
use crate::gcp::server::Shared;
use crate::gcp::state::State;

/// What the buckets for uploads begin with.
const BUCKETS: &str = "gcf-v2-uploads-";

/// A new place for one source, and the URL that it is to be sent to.
pub(super) fn url(state: &mut State, place: &Place) -> Value {
    let bucket = format!("{BUCKETS}{NUMBER}.{}.cloudfunctions.appspot.com", place.region);
    let object = format!("{}.zip", state.uuid());
    let signature = format!("{:0>64x}", state.next());
    let url = format!(
        "http://127.0.0.1:{}/{bucket}/{object}?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=\
         service-{NUMBER}%40gcf-admin-robot.iam.gserviceaccount.com%2F20260101%2Fauto%2Fstorage%2F\
         goog4_request&X-Goog-Date=20260101T000000Z&X-Goog-Expires=1800&X-Goog-SignedHeaders=\
         content-type%3Bhost&X-Goog-Signature={signature}",
        state.port
    );
    state.functions.uploads.insert(format!("{bucket}/{object}"), None);
    json!({"uploadUrl": url, "storageSource": {"bucket": bucket, "object": object}})
}

/// What was sent to such a place.
pub(super) fn sent(state: &State, bucket: &str, object: &str) -> Option<Arc<Vec<u8>>> {
    state.functions.uploads.get(&format!("{bucket}/{object}"))?.clone()
}

/// A call to such a URL; `None` for any other.
pub(in crate::gcp) fn serve(shared: &Shared, request: &Request) -> Option<Response> {
    let place = request.path.strip_prefix('/').filter(|path| path.starts_with(BUCKETS))?;
    let mut state = shared.lock();
    let Some(upload) = state.functions.uploads.get_mut(place) else {
        return Some(error(404, "NoSuchKey", "The specified key does not exist."));
    };
    let signed = request.query("X-Goog-Signature").is_some();
    if request.method != "PUT" || !signed {
        return Some(error(403, "AccessDenied", "Access denied."));
    }
    let good = request.header("content-type") == Some("application/zip");
    if !good || request.header("authorization").is_some() {
        let message = "Access denied. The request signature we calculated does not match the \
                       signature you provided. Check your Google secret key and signing method.";
        return Some(error(403, "SignatureDoesNotMatch", message));
    }
    *upload = Some(Arc::new(request.body.clone()));
    Some(Response::empty(200))
}

fn error(status: u16, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}\
         </Message></Error>"
    );
    Response::typed(status, "application/xml; charset=UTF-8", body.into_bytes())
}
