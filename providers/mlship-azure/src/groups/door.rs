//! Where the callers of a group come in. There is no TLS: Azure gives a group an address and
//! nothing else.

use serde_json::Value;

use super::body::Told;
use crate::containers::PORT;
use crate::smoke::{Door, Key};

/// The door of a group, when it has an address.
pub(super) fn of(found: &Value) -> Option<Door> {
    let key = Told::key_of(found).map_or(Key::None, Key::Runtime);
    Some(Door { host: address(found)?, key })
}

/// With the port and without TLS: `http://heart-1234.westeurope.azurecontainer.io:8080`.
pub(super) fn address(found: &Value) -> Option<String> {
    let host = found["properties"]["ipAddress"]["fqdn"].as_str()?;
    Some(match host.contains(':') {
        true => format!("http://{host}"),
        false => format!("http://{host}:{PORT}"),
    })
}
