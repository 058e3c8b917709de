//! Starts the containers of new revisions, by asking what the test gave whether they come up. The
//! state is not locked meanwhile: what starts may call the stand-in.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use super::settle::{Start, is_starting, started, take};
use crate::cloud::http::Request;
use crate::cloud::served::Served;
use crate::gcp::server::Shared;
use crate::gcp::{NEVER_LISTENS, START};

/// Whether a call may look at a service, so that what is due must have been started.
pub(in crate::gcp) fn looks(request: &Request) -> bool {
    request.path.starts_with("/v2/projects/")
}

/// Starts all that are due; those that others are starting are waited for.
pub(in crate::gcp) fn start_due(shared: &Shared) {
    loop {
        let due = take(&mut shared.lock().services);
        match due {
            Some(start) => {
                let came_up = ask(shared, &start);
                started(&mut shared.lock().services, &start, came_up);
            }
            None if is_starting(&shared.lock().services) => sleep(Duration::from_millis(2)),
            None => return,
        }
    }
}

/// Only what says that it never listens does not come up: what fails at a call came up before.
fn ask(shared: &Shared, start: &Start) -> Result<(), String> {
    let host = start.uri.trim_start_matches("http://").to_owned();
    let headers = BTreeMap::from([("host".to_owned(), host)]);
    let served = Served {
        artifact: &start.artifact,
        environment: &start.environment,
        path: "/",
        method: START,
        headers: &headers,
    };
    match (shared.answer)(&served, &[]) {
        Err(why) if why.starts_with(NEVER_LISTENS) => Err(why),
        _ => Ok(()),
    }
}
