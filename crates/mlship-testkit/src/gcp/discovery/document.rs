//! One API's document, and where it is found.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::enums::Enums;
use super::is_upload;
use super::path::{Found, Template};
use crate::gcp::http::Request;
use crate::tools;

/// The documents, by the names of their files.
const NAMES: [&str; 7] = [
    "run.v2",
    "cloudfunctions.v2",
    "storage.v1",
    "artifactregistry.v1",
    "serviceusage.v1",
    "logging.v2",
    "iamcredentials.v1",
];

/// An API.
pub(super) struct Document {
    /// As people call it.
    pub(super) title: String,
    pub(super) methods: Vec<Method>,
    pub(super) schemas: Value,
    /// Parameters that every method has.
    pub(super) parameters: Value,
    pub(super) enums: Enums,
}

/// A method.
pub(super) struct Method {
    pub(super) id: String,
    verb: String,
    template: Template,
    /// Where bytes are sent instead.
    uploads: Vec<Template>,
    /// Of path and query.
    pub(super) parameters: Value,
    pub(super) request: Option<Value>,
    pub(super) response: Option<Value>,
}

impl Document {
    fn read(text: &str, numbers: &Value) -> Self {
        let whole: Value = serde_json::from_str(text).expect("a discovery document");
        let service_path = whole["servicePath"].as_str().unwrap_or_default();
        let mut methods = Vec::new();
        collect(&whole, service_path, &mut methods);
        let name = whole["name"].as_str().unwrap_or_default();
        Self {
            title: whole["title"].as_str().unwrap_or_default().to_owned(),
            methods,
            schemas: whole["schemas"].clone(),
            parameters: whole["parameters"].clone(),
            enums: Enums::new(&numbers[name]),
        }
    }

    /// The methods of an HTTP method. The rest of an upload is sent with PUT.
    pub(super) fn of_verb(
        &'static self,
        verb: &str,
        request: &Request,
    ) -> impl Iterator<Item = &'static Method> + use<> {
        let verb = if is_upload(request) && verb == "PUT" { "POST" } else { verb }.to_owned();
        self.methods.iter().filter(move |method| method.verb == verb)
    }
}

impl Method {
    /// How much of the path is fixed, and its parameters.
    pub(super) fn fit(&self, path: &str) -> Option<(usize, Found)> {
        let upload = self.uploads.iter().find_map(|upload| upload.fit(path));
        upload.or_else(|| self.template.fit(path))
    }
}

fn collect(resource: &Value, service_path: &str, into: &mut Vec<Method>) {
    for method in resource["methods"].as_object().into_iter().flat_map(|all| all.values()) {
        let text = |name: &str| method[name].as_str().unwrap_or_default();
        let parameters = &method["parameters"];
        let upload = |protocol: &Value| {
            let path = protocol["path"].as_str()?;
            Some(Template::parse(path, parameters))
        };
        let protocols = method["mediaUpload"]["protocols"].as_object();
        into.push(Method {
            id: text("id").to_owned(),
            verb: text("httpMethod").to_owned(),
            template: Template::parse(&format!("/{service_path}{}", text("path")), parameters),
            uploads: protocols
                .into_iter()
                .flat_map(|all| all.values())
                .filter_map(upload)
                .collect(),
            parameters: parameters.clone(),
            request: method.get("request").cloned(),
            response: method.get("response").cloned(),
        });
    }
    for inner in resource["resources"].as_object().into_iter().flat_map(|all| all.values()) {
        collect(inner, service_path, into);
    }
}

/// # Panics
/// When they are not installed, with the line that installs them.
pub(super) fn load() -> Vec<Document> {
    let lib = tools::tool("venv/lib");
    let versions = fs::read_dir(&lib).expect("the packages").flatten();
    let name = "site-packages/googleapiclient/discovery_cache/documents";
    let folders: BTreeSet<_> = versions.map(|version| version.path().join(name)).collect();
    let folder = folders.into_iter().find(|folder| folder.exists());
    let folder = folder.expect("discovery documents; install them with: cargo xtask setup");
    let numbers = super::enums::numbers();
    let read = |name: &&str| {
        let text = fs::read_to_string(folder.join(format!("{name}.json")));
        Document::read(&text.expect("a discovery document"), &numbers)
    };
    NAMES.iter().map(read).collect()
}
