//! The one file that names every provider.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::path::PathBuf;

use mlship_aws::config::{Architecture, Kind};
use mlship_aws::{Aws, LocalFunction, Options};
use mlship_core::artifact::Format;
use mlship_core::finding::Report;
use mlship_core::limits::Limits;
use mlship_core::node::Node;
use mlship_core::project::Project;
use mlship_core::provider::Provider;
use mlship_core::reader::nearest;
use mlship_core::stage::Stage;
use mlship_embed::Architecture::Aarch64;
use mlship_embed::Variety;
use mlship_local::Local;
use mlship_package::{Layout, Modes, Start, Stores};
use serde_json::Value;

use crate::context::Loaded;
use crate::failure::Failure;
use crate::release::{self, registry};
use crate::serving::{self, OwnPort};
use crate::waiting;

/// What is known of a provider without talking to it.
pub(crate) struct Known {
    name: &'static str,
    limits: fn() -> &'static [Limits],
    schema: fn() -> Value,
    check: fn(Option<&Node>, &RefCell<Report>),
}

/// Every provider, in the order shown. The first kind of each is its default.
const KNOWN: [Known; 6] = [
    Known {
        name: "aws",
        limits: mlship_aws::limits::limits,
        schema: mlship_aws::schema,
        check: |node, findings| drop(mlship_aws::Config::read(node, findings)),
    },
    Known {
        name: "azure",
        limits: mlship_azure::limits::limits,
        schema: mlship_azure::config::schema,
        check: |node, findings| {
            node.and_then(|node| mlship_azure::config::Config::read(node, findings));
        },
    },
    Known {
        name: "gcp",
        limits: mlship_gcp::limits::limits,
        schema: mlship_gcp::config::schema,
        check: |node, findings| {
            node.and_then(|node| mlship_gcp::config::Config::read(node, findings));
        },
    },
    Known {
        name: "openwhisk",
        limits: mlship_openwhisk::limits::limits,
        schema: mlship_openwhisk::config::schema,
        check: |node, findings| {
            node.and_then(|node| mlship_openwhisk::config::Config::read(node, findings));
        },
    },
    Known {
        name: "knative",
        limits: mlship_knative::limits::limits,
        schema: mlship_knative::config::schema,
        check: |node, findings| {
            node.and_then(|node| mlship_knative::config::Config::read(node, findings));
        },
    },
    Known {
        name: "local",
        limits: mlship_local::limits::limits,
        schema: mlship_local::schema,
        check: |node, findings| {
            mlship_local::Config::read(node, findings);
        },
    },
];

/// A provider, and what its calls run on.
pub(crate) struct Connection {
    /// The provider.
    pub(crate) provider: Box<dyn Provider>,
    runtime: tokio::runtime::Runtime,
}

impl Connection {
    /// Waits for a call.
    pub(crate) fn wait<F: Future>(&self, call: F) -> F::Output {
        self.runtime.block_on(call)
    }
}

/// Connects to a provider with its table of the manifest.
pub(crate) fn connect(name: &str, loaded: &Loaded) -> Result<Connection, Failure> {
    let runtime = waiting::runtime()?;
    check_target(name, loaded)?;
    let node = loaded.project.targets.get(name);
    let ignored = RefCell::default();
    let provider: Box<dyn Provider> = match name {
        "local" => Box::new(Local::new(state_root()?, supervisor()?)),
        "aws" => {
            let config = mlship_aws::Config::read(node, &ignored);
            let options = Options { logins: registry::sources(), ..Options::default() };
            Box::new(runtime.block_on(Aws::connect(config, options))?)
        }
        _ => return Err(undeployable(name)),
    };
    Ok(Connection { provider, runtime })
}

/// How a provider runs an image, with requests taken at `port` of this machine.
pub(crate) async fn stage(
    name: &str,
    project: &Project,
    port: u16,
) -> Result<Box<dyn Stage>, Failure> {
    let opened: io::Result<Box<dyn Stage>> = match name {
        "aws" => LocalFunction::open(project, port).await.map(|stage| Box::new(stage) as _),
        _ => {
            find(name)?;
            OwnPort::open(project, port).await.map(|stage| Box::new(stage) as _)
        }
    };
    opened.map_err(|error| serving::taken(port, &error))
}

/// How a provider wants the artifact laid out, packed as its kind wants it or as asked for.
pub(crate) fn layout(
    name: &str,
    loaded: &Loaded,
    format: Option<Format>,
) -> Result<Layout, Failure> {
    let (wanted, image) = match name {
        "local" => (Format::Zip, LOCAL_IMAGE),
        "aws" => {
            check_target(name, loaded)?;
            let ignored = RefCell::default();
            let config = mlship_aws::Config::read(loaded.project.targets.get(name), &ignored);
            let wanted = match config.kind {
                Kind::LambdaZip => Format::Zip,
                Kind::LambdaImage => Format::Image,
            };
            let architecture = match config.architecture {
                Architecture::X86_64 => "amd64",
                Architecture::Arm64 => {
                    // Better said before anybody signs in.
                    release::runtime(Variety::Classical, Aarch64)?;
                    "arm64"
                }
            };
            (wanted, Layout { architecture, ..AWS_IMAGE })
        }
        _ => return Err(undeployable(name)),
    };
    match format.unwrap_or(wanted) {
        Format::Zip => {
            let Layout { stores, architecture, executable, .. } = image;
            Ok(Layout { stores, architecture, ..Layout::zip(executable) })
        }
        Format::Image => Ok(image),
    }
}

/// An image for any place that runs one and sends requests to its port.
const LOCAL_IMAGE: Layout = Layout {
    format: Format::Image,
    stores: Stores::None,
    executable: "bootstrap",
    modes: Modes::Own,
    beside: Vec::new(),
    folder: "mlship",
    start: Start::Runtime,
    base: None,
    environment: &[("MLSHIP_LISTEN", "0.0.0.0:8080")],
    port: Some(8080),
    architecture: "amd64",
};

/// Where the function's code is, as in a zip.
const AWS_IMAGE: Layout = Layout {
    format: Format::Image,
    stores: Stores::Provider,
    executable: "bootstrap",
    modes: Modes::Own,
    beside: Vec::new(),
    folder: "var/task",
    start: Start::Runtime,
    base: None,
    environment: &[],
    port: None,
    architecture: "amd64",
};

/// Brings a model from a provider's storage, by its own address.
pub(crate) fn download(
    address: &str,
    project: &Project,
    to: &mut (dyn io::Write + Send),
) -> Result<u64, Failure> {
    match address.split_once("://") {
        Some(("s3", _)) => {
            let config = mlship_aws::Config::read(project.targets.get("aws"), &RefCell::default());
            let options = Options::default();
            Ok(waiting::wait(mlship_aws::download_with(&config, &options, address, to))??)
        }
        _ => {
            Err(Failure::usage(format!("a model at `{address}` is not supported by this version"))
                .hint("download it and name the file in `model.path`"))
        }
    }
}

/// The limits of every kind of every provider.
pub(crate) fn limits() -> impl Iterator<Item = &'static Limits> {
    KNOWN.iter().flat_map(|known| (known.limits)())
}

/// The kind that the manifest chooses for a provider, or the provider's default.
pub(crate) fn kind(name: &str, loaded: &Loaded) -> Result<String, Failure> {
    let known = find(name)?;
    check_target(name, loaded)?;
    let chosen = loaded.project.targets.get(name).and_then(written_kind);
    let default = (known.limits)().first().map(|limits| limits.kind.to_string());
    Ok(chosen.or(default).unwrap_or_default())
}

/// The JSON Schema of every provider's table.
pub(crate) fn schemas() -> impl Iterator<Item = (&'static str, Value)> {
    KNOWN.iter().map(|known| (known.name, (known.schema)()))
}

/// Checks every target table of the manifest.
pub(crate) fn check_targets(loaded: &Loaded) -> Result<(), Failure> {
    loaded.project.targets.keys().try_for_each(|name| check_target(name, loaded))
}

fn check_target(name: &str, loaded: &Loaded) -> Result<(), Failure> {
    let findings = RefCell::default();
    (find(name)?.check)(loaded.project.targets.get(name), &findings);
    let report: Report = findings.into_inner();
    if report.has_errors() {
        return Err(Failure::Manifest { report, source: Some(loaded.source.clone()) });
    }
    Ok(())
}

/// What is known of a provider, or that there is none of this name.
pub(crate) fn find(name: &str) -> Result<&'static Known, Failure> {
    KNOWN.iter().find(|known| known.name == name).ok_or_else(|| {
        let failure = Failure::usage(format!("there is no provider `{name}`"));
        let failure = match nearest(name, names()) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure,
        };
        failure.hint(format!("one of: {}", names().collect::<Vec<_>>().join(", ")))
    })
}

fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|known| known.name)
}

fn written_kind(target: &Node) -> Option<String> {
    use mlship_core::node::Value;
    let Value::Table(entries) = &target.value else { return None };
    let (_, node) = entries.iter().find(|(key, _)| key.name == "kind")?;
    match &node.value {
        Value::Str(kind) => Some(kind.clone()),
        _ => None,
    }
}

fn undeployable(name: &str) -> Failure {
    match find(name) {
        Ok(_) => Failure::usage(format!("deploying to {name} is not supported by this version"))
            .hint(format!("`mlship check-limits --provider {name}` tells whether it would fit"))
            .hint("deploy with --provider aws or --provider local"),
        Err(failure) => failure,
    }
}

/// Where local services live: the XDG state folder.
fn state_root() -> Result<PathBuf, Failure> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    let root = state.filter(|state| state.is_absolute()).or(home);
    root.map(|root| root.join("mlship")).ok_or_else(|| {
        Failure::usage("neither `XDG_STATE_HOME` nor `HOME` says where local services live")
    })
}

/// How this very tool is started as a supervisor.
fn supervisor() -> Result<Vec<std::ffi::OsString>, Failure> {
    let tool = std::env::current_exe()
        .map_err(|error| Failure::internal(format!("the tool cannot find itself: {error}")))?;
    Ok(vec![tool.into_os_string(), "local-supervisor".into()])
}
