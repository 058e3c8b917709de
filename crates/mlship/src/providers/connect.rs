//! Connections to providers, with what each takes from the manifest and the environment.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::path::PathBuf;

use mlship_aws::{Aws, LocalFunction};
use mlship_azure::Azure;
use mlship_core::project::Project;
use mlship_core::provider::{ErrorKind, Provider, ProviderError};
use mlship_core::stage::Stage;
use mlship_gcp::Gcp;
use mlship_local::{Local, Others};

use super::{azure, check_target, find, gcp, undeployable};
use crate::cli::Foreign;
use crate::context::Loaded;
use crate::failure::Failure;
use crate::release::registry;
use crate::serving::{self, OwnPort};
use crate::waiting;

/// A provider, and what its calls run on.
pub(crate) struct Connection {
    /// The provider.
    pub(crate) provider: Box<dyn Provider>,
    runtime: tokio::runtime::Runtime,
    name: String,
}

impl Connection {
    /// Waits for a call.
    pub(crate) fn wait<F: Future>(&self, call: F) -> F::Output {
        self.runtime.block_on(call)
    }

    /// Waits for a call about what is deployed as `service`; where nothing is, the failure says
    /// how it would be.
    pub(crate) fn of_deployed<T>(
        &self,
        service: &str,
        call: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, Failure> {
        self.wait(call).map_err(|error| {
            let is_missing = error.kind == ErrorKind::NotFound
                && matches!(self.wait(self.provider.find(service)), Ok(None));
            match is_missing {
                true => Failure::from(error)
                    .hint(format!("deploy it first: mlship deploy --provider {}", self.name)),
                false => error.into(),
            }
        })
    }
}

/// Connects to a provider with its table of the manifest.
pub(crate) fn connect(name: &str, loaded: &Loaded) -> Result<Connection, Failure> {
    connect_for(name, loaded, Foreign::Refuse)
}

/// The same for a deploy, which may find a service that somebody else made.
pub(crate) fn connect_for(
    name: &str,
    loaded: &Loaded,
    foreign: Foreign,
) -> Result<Connection, Failure> {
    if foreign == Foreign::Adopt && !["gcp", "local"].contains(&name) {
        return Err(Failure::usage(format!("what is on {name} already cannot be taken over"))
            .hint(
                "`--adopt` is for `--provider gcp` and for this machine; elsewhere rename the service",
            ));
    }
    let runtime = waiting::runtime()?;
    check_target(name, loaded)?;
    let node = loaded.project.targets.get(name);
    let ignored = RefCell::default();
    let provider: Box<dyn Provider> = match name {
        "local" => {
            let others = match foreign {
                Foreign::Refuse => Others::Refuse,
                Foreign::Adopt => Others::Adopt,
            };
            let local = Local::new(state_root()?, supervisor()?);
            Box::new(local.of(&loaded.project.root, others))
        }
        "aws" => {
            let config = mlship_aws::Config::read(node, &ignored);
            let options = mlship_aws::Options { logins: registry::sources(), ..Default::default() };
            Box::new(runtime.block_on(Aws::connect(config, options))?)
        }
        "azure" => {
            let connecting = Azure::connect(azure::config(loaded)?, azure::options());
            Box::new(runtime.block_on(connecting)?)
        }
        "gcp" => {
            let connecting = Gcp::connect(gcp::config(loaded)?, gcp::options(foreign)?);
            Box::new(runtime.block_on(connecting)?)
        }
        _ => return Err(undeployable(name)),
    };
    Ok(Connection { provider, runtime, name: name.to_owned() })
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

/// Brings a model from a provider's storage, by its own address.
pub(crate) fn download(
    address: &str,
    project: &Project,
    to: &mut (dyn io::Write + Send),
) -> Result<u64, Failure> {
    match address.split_once("://") {
        Some(("s3", _)) => {
            let config = mlship_aws::Config::read(project.targets.get("aws"), &RefCell::default());
            let options = mlship_aws::Options::default();
            Ok(waiting::wait(mlship_aws::download_with(&config, &options, address, to))??)
        }
        Some(("gs", _)) => {
            let options = gcp::options(Foreign::Refuse)?;
            Ok(waiting::wait(mlship_gcp::download_with(&options, address, to))??)
        }
        _ => {
            Err(Failure::usage(format!("a model at `{address}` is not supported by this version"))
                .hint("download it and name the file in `model.path`"))
        }
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
