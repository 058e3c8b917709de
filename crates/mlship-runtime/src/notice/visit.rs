//! What is told of one answered request: where and how long, never what was in it.

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::Level;

/// An answered request.
#[derive(Debug)]
pub struct Visit {
    /// What it is found by.
    pub id: String,
    /// The trace that it is part of, in the fields that the collector reads.
    pub trace: Vec<(&'static str, String)>,
    /// Its method; another name than HTTP's own is not repeated.
    pub method: &'static str,
    /// The route, not the path.
    pub route: &'static str,
    /// Of the reply.
    pub status: u16,
    /// From the request's head to the reply.
    pub milliseconds: f64,
    /// The length of the body as it was announced, in bytes.
    pub bytes_in: Option<u64>,
    /// The length of the reply's body.
    pub bytes_out: usize,
    /// The end of the problem's type URI.
    pub problem: Option<&'static str>,
}

impl Visit {
    /// A refusal is somebody else's fault, a failure our own.
    pub(super) fn level(&self) -> Level {
        match self.status {
            500.. => Level::Bad,
            400.. => Level::Odd,
            _ => Level::Fine,
        }
    }
}

impl Serialize for Visit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("request_id", &self.id)?;
        for (field, value) in &self.trace {
            map.serialize_entry(field, value)?;
        }
        map.serialize_entry("method", self.method)?;
        map.serialize_entry("route", self.route)?;
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("milliseconds", &self.milliseconds)?;
        if let Some(bytes) = self.bytes_in {
            map.serialize_entry("bytes_in", &bytes)?;
        }
        map.serialize_entry("bytes_out", &self.bytes_out)?;
        if let Some(problem) = self.problem {
            map.serialize_entry("problem", problem)?;
        }
        map.end()
    }
}
