//! A release made of a zip file, as the packager would hand it over.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use mlship_core::artifact::{Artifact, Format};
use mlship_core::project::{
    Classify, Delivery, Engine, Image, Input, Model, Output, Project, Resources, Serving,
};
use mlship_core::reader::Located;
use mlship_core::release::Release;
use mlship_core::sample::Sample;
use mlship_core::share::Share;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The release of a zip made by the tests. Its sample expects the zip's own `answer.json`.
pub(crate) fn of_zip(zip: &Path, name: &str) -> Release {
    let mut archive = zip::ZipArchive::new(File::open(zip).expect("a zip")).expect("a zip");
    let mut contents = Sha256::new();
    let mut unpacked_bytes = 0;
    let mut expect = None;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).expect("an entry");
        let name = entry.name().expect("a name").into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("bytes");
        contents.update(name.as_bytes());
        contents.update(&bytes);
        unpacked_bytes += bytes.len() as u64;
        if name == "answer.json" {
            expect = Some(serde_json::from_slice::<Value>(&bytes).expect("JSON"));
        }
    }
    let bytes = fs::read(zip).expect("a zip");
    let artifact = Artifact {
        path: zip.to_owned(),
        format: Format::Zip,
        sha256: hex(&Sha256::digest(&bytes)),
        content_sha256: hex(&contents.finalize()),
        packed_bytes: bytes.len() as u64,
        unpacked_bytes,
    };
    Release {
        project: project(name),
        artifact,
        samples: vec![Sample {
            name: "samples/1.json".into(),
            request: json!({"age": 63}),
            expect,
        }],
        git_revision: Some("0123abcd".into()),
        fetched: Vec::new(),
        share: Share::ALL,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn project(name: &str) -> Project {
    Project {
        name: at(name.to_owned()),
        root: ".".into(),
        model: Model {
            path: at("model.onnx".into()),
            sha256: None,
            delivery: Delivery::Embed,
            engine: at(Engine::Native),
        },
        input: Input::Tensor,
        output: Output::Classify(Classify::default()),
        samples: vec![],
        resources: Resources {
            memory_mb: at(64),
            timeout_s: at(5),
            disk_mb: at(64),
            concurrency: at(1),
        },
        serving: Serving::default(),
        image: Image::default(),
        python: None,
        targets: std::collections::BTreeMap::new(),
    }
}

/// A value that stands nowhere in particular.
pub(crate) fn at<T>(value: T) -> Located<T> {
    Located { value, span: 0..0 }
}
