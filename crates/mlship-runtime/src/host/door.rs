//! Where the HTTP host listens and whose contract it keeps, by what a platform says in the
//! environment. Reads no environment itself.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::address::Address;
use super::routes::without_slash;
use crate::request::Wrap;

/// Where nothing says a port.
const PORT: u16 = 8080;

/// Where the HTTP host listens, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// The address to bind.
    pub address: Address,
    /// Whose requests come.
    pub contract: Contract,
}

/// Whose requests come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contract {
    /// Anybody's: plain HTTP.
    Plain,
    /// The Azure Functions host's, for a custom handler: plain ones at their own path, maybe under
    /// `/api`, and wrapped ones
    /// (<https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers>).
    CustomHandler,
    /// An Azure Machine Learning online endpoint's: `POST /score`, and `GET /` for life
    /// (<https://learn.microsoft.com/azure/machine-learning/how-to-inference-server-http>).
    Scoring,
    /// Vertex AI's, for a custom container
    /// (<https://cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements>).
    Vertex(Paths),
    /// Amazon SageMaker's, for a container of one's own: `POST /invocations`, and `GET /ping` for
    /// what is ready
    /// (<https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html>).
    SageMaker,
}

/// Who says which contract it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// The environment, or nobody.
    Unsaid,
    /// The argument `serve`, with which SageMaker starts every container.
    Serve,
}

/// The paths that Vertex AI asks a container at. All others stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Of health: 200 once predictions are answered.
    health: Cow<'static, str>,
    /// Of predictions, wrapped.
    predict: Cow<'static, str>,
}

/// The paths where the environment says none.
const PATHS: Paths = Paths { health: Cow::Borrowed("/readyz"), predict: Cow::Borrowed("/predict") };

impl Contract {
    /// The path of our own that a path of the contract stands for, and what requests to it are
    /// wrapped in.
    pub(super) fn own<'a>(&self, path: &'a str) -> (&'a str, Wrap) {
        let path = match (self, without_slash(path)) {
            (Self::Vertex(paths), path) if path == without_slash(&paths.predict) => {
                return ("/predict", Wrap::Instances);
            }
            (Self::Vertex(paths), path) if path == without_slash(&paths.health) => "/readyz",
            (Self::CustomHandler, _) => {
                path.strip_prefix("/api").filter(|rest| rest.starts_with('/')).unwrap_or(path)
            }
            (Self::Scoring, "/score") => "/predict",
            (Self::Scoring, "/") => "/healthz",
            (Self::SageMaker, "/invocations") => "/predict",
            (Self::SageMaker, "/ping") => "/readyz",
            _ => path,
        };
        (path, Wrap::Plain)
    }

    /// The same with what the environment says of it.
    fn told(&self, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let said = |name, otherwise| variable(name).map_or(otherwise, Cow::Owned);
        match self {
            Self::Vertex(_) => Self::Vertex(Paths {
                health: said("AIP_HEALTH_ROUTE", PATHS.health),
                predict: said("AIP_PREDICT_ROUTE", PATHS.predict),
            }),
            contract => contract.clone(),
        }
    }
}

/// A platform that says of itself in the environment.
struct Platform {
    /// The variable that it alone sets.
    mark: &'static str,
    contract: Contract,
    /// Loopback, or every one where callers come from outside of the container.
    interface: Ipv4Addr,
    /// The variables that may say a port, the strongest first.
    ports: &'static [&'static str],
    /// The port where none does.
    otherwise: u16,
}

/// The first whose mark is set counts.
static PLATFORMS: [Platform; 10] = [
    Platform {
        mark: "FUNCTIONS_CUSTOMHANDLER_PORT",
        contract: Contract::CustomHandler,
        interface: Ipv4Addr::LOCALHOST,
        ports: &["FUNCTIONS_CUSTOMHANDLER_PORT"],
        otherwise: PORT,
    },
    Platform {
        mark: "AZUREML_MODEL_DIR",
        contract: Contract::Scoring,
        interface: Ipv4Addr::UNSPECIFIED,
        ports: &["PORT"],
        otherwise: 5001,
    },
    Platform {
        mark: "CONTAINER_APP_PORT",
        contract: Contract::Plain,
        interface: Ipv4Addr::UNSPECIFIED,
        ports: &["CONTAINER_APP_PORT"],
        otherwise: PORT,
    },
    Platform {
        mark: "WEBSITES_PORT",
        contract: Contract::Plain,
        interface: Ipv4Addr::UNSPECIFIED,
        ports: &["WEBSITES_PORT"],
        otherwise: PORT,
    },
    Platform {
        mark: "WEBSITE_SITE_NAME",
        contract: Contract::Plain,
        interface: Ipv4Addr::UNSPECIFIED,
        ports: &["PORT"],
        otherwise: PORT,
    },
    // Cloud Run, and Knative, whose contract it is
    // (<https://github.com/knative/specs/blob/main/specs/serving/runtime-contract.md>).
    Platform {
        mark: "K_SERVICE",
        contract: Contract::Plain,
        interface: Ipv4Addr::UNSPECIFIED,
        ports: &["PORT"],
        otherwise: PORT,
    },
    Platform {
        mark: "AIP_HTTP_PORT",
        contract: Contract::Vertex(PATHS),
        interface: Ipv4Addr::UNSPECIFIED,
        ports: &["AIP_HTTP_PORT"],
        otherwise: PORT,
    },
    Platform {
        mark: "AIP_PREDICT_ROUTE",
        contract: Contract::Vertex(PATHS),
        interface: Ipv4Addr::UNSPECIFIED,
        ports: &[],
        otherwise: PORT,
    },
    // Says the port where several containers answer one after the other
    // (<https://docs.aws.amazon.com/sagemaker/latest/dg/inference-pipeline-real-time.html>).
    sagemaker(SAGEMAKER_PORT),
    // A batch transform
    // (<https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html>).
    sagemaker("SAGEMAKER_BATCH"),
];

/// The variable that says where SageMaker's calls come.
const SAGEMAKER_PORT: &str = "SAGEMAKER_BIND_TO_PORT";

/// The variable that is `true` where SageMaker loads and unloads models by name.
const SAGEMAKER_MANY: &str = "SAGEMAKER_MULTI_MODEL";

/// SageMaker that says of itself with the argument `serve` alone.
static SAGEMAKER: Platform = sagemaker("");

const fn sagemaker(mark: &'static str) -> Platform {
    Platform {
        mark,
        contract: Contract::SageMaker,
        interface: Ipv4Addr::UNSPECIFIED,
        ports: &[SAGEMAKER_PORT],
        otherwise: PORT,
    }
}

/// No platform that is known.
static NOWHERE: Platform = Platform {
    mark: "",
    contract: Contract::Plain,
    interface: Ipv4Addr::LOCALHOST,
    ports: &["PORT"],
    otherwise: PORT,
};

/// The door, by who calls and by variables that are set and not empty. `MLSHIP_LISTEN`, a whole
/// address, is stronger than what any platform says, but for the port that SageMaker gives out,
/// where nothing else would be asked; whose contract is kept, the platform says all the same.
///
/// # Errors
/// When a variable that counts is no address or no port, or asks for what is not served.
pub fn door(call: Call, variable: &dyn Fn(&str) -> Option<String>) -> Result<Door, String> {
    let platform = platform(call, variable);
    let contract = platform.contract.told(variable);
    let is_given_out = contract == Contract::SageMaker && variable(SAGEMAKER_PORT).is_some();
    if contract == Contract::SageMaker && variable(SAGEMAKER_MANY).as_deref() == Some("true") {
        return Err(format!("`{SAGEMAKER_MANY}`: one model is served, and it has no name"));
    }
    if let Some(listen) = variable("MLSHIP_LISTEN").filter(|_| !is_given_out) {
        let address = listen.parse().map_err(|cause| format!("`MLSHIP_LISTEN`: {cause}"))?;
        return Ok(Door { address, contract });
    }
    let said = platform.ports.iter().find_map(|name| Some((name, variable(name)?)));
    let port = match said {
        Some((name, port)) => {
            port.parse().map_err(|_| format!("`{name}`: `{port}` is not a port"))?
        }
        None => platform.otherwise,
    };
    let address = SocketAddr::new(IpAddr::V4(platform.interface), port);
    Ok(Door { address: Address::Network(address), contract })
}

fn platform(call: Call, variable: &dyn Fn(&str) -> Option<String>) -> &'static Platform {
    match call {
        Call::Serve => &SAGEMAKER,
        Call::Unsaid => {
            let is_marked = |platform: &&Platform| variable(platform.mark).is_some();
            PLATFORMS.iter().find(is_marked).unwrap_or(&NOWHERE)
        }
    }
}

#[cfg(test)]
mod tests;
