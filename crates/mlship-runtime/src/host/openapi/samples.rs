//! What the description takes from the bundle's files: samples as examples, and how large the model
//! is. A file that is not there is left out.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use mlship_bundle::{Model, Sample};
use serde_json::{Map, Value};

use crate::bundle::path_in;

/// How many samples are shown.
const MOST: usize = 4;

/// The longest file of a sample that is shown, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The requests of the samples and their answers, by name.
pub(super) fn read(folder: &Path, samples: &[Sample]) -> (Map<String, Value>, Map<String, Value>) {
    let (mut requests, mut answers) = (Map::new(), Map::new());
    for (index, sample) in samples.iter().take(MOST).enumerate() {
        let name = format!("sample-{}", index + 1);
        let put = |onto: &mut Map<String, Value>, path: &str| {
            if let Some(value) = json(folder, path) {
                onto.insert(name.clone(), serde_json::json!({ "value": value }));
            }
        };
        put(&mut requests, &sample.request);
        if let Some(expect) = &sample.expect {
            put(&mut answers, expect);
        }
    }
    (requests, answers)
}

/// How many bytes the model's files have.
pub(super) fn model_bytes(folder: &Path, model: &Model) -> u64 {
    let stored = model.half_weights.as_ref().or(model.weights.as_ref());
    let length = |path: &String| {
        let fetched = model.fetched.iter().find(|file| file.path == *path);
        let in_bundle = || Some(path_in(folder, path).ok()?.metadata().ok()?.len());
        fetched.map(|file| file.bytes).or_else(in_bundle).unwrap_or_default()
    };
    [Some(&model.path), stored].into_iter().flatten().map(length).sum()
}

fn json(folder: &Path, path: &str) -> Option<Value> {
    let file = File::open(path_in(folder, path).ok()?).ok()?;
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).ok()?;
    let is_short = bytes.len() as u64 <= LONGEST;
    is_short.then(|| serde_json::from_slice(&bytes).ok())?
}
