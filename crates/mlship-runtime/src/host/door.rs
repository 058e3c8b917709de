//! Where the HTTP host listens and whose contract it keeps, by what a platform says in the
//! environment. Reads no environment itself.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::address::Address;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

impl Contract {
    /// The path of our own that a path of the contract stands for.
    pub(super) fn own_path(self, path: &str) -> &str {
        match (self, path) {
            (Self::CustomHandler, path) => {
                path.strip_prefix("/api").filter(|rest| rest.starts_with('/')).unwrap_or(path)
            }
            (Self::Scoring, "/score") => "/predict",
            (Self::Scoring, "/") => "/healthz",
            _ => path,
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
const PLATFORMS: [Platform; 6] = [
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
];

/// No platform that is known.
const NOWHERE: Platform = Platform {
    mark: "",
    contract: Contract::Plain,
    interface: Ipv4Addr::LOCALHOST,
    ports: &["PORT"],
    otherwise: PORT,
};

/// The door, by variables that are set and not empty. `MLSHIP_LISTEN`, a whole address, is stronger
/// than what any platform says; whose contract is kept, the platform says all the same.
///
/// # Errors
/// When a variable that counts is no address or no port.
pub fn door(variable: &dyn Fn(&str) -> Option<String>) -> Result<Door, String> {
    let is_marked = |platform: &&Platform| variable(platform.mark).is_some();
    let platform = PLATFORMS.iter().find(is_marked).unwrap_or(&NOWHERE);
    let contract = platform.contract;
    if let Some(listen) = variable("MLSHIP_LISTEN") {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<(String, Contract), String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        door(&variable).map(|door| (door.address.to_string(), door.contract))
    }

    fn is(variables: &[(&str, &str)], address: &str, contract: Contract) {
        assert_eq!(of(variables).unwrap(), (address.to_owned(), contract), "{variables:?}");
    }

    #[test]
    fn each_platform_is_known_by_its_own_variable() {
        const HANDLER: (&str, &str) = ("FUNCTIONS_CUSTOMHANDLER_PORT", "41234");
        const SITE: (&str, &str) = ("WEBSITE_SITE_NAME", "heart");
        const SCORING: (&str, &str) = ("AZUREML_MODEL_DIR", "/models/1");
        is(&[], "127.0.0.1:8080", Contract::Plain);
        is(&[("PORT", "9000")], "127.0.0.1:9000", Contract::Plain);
        // A function app is a site too, and has a port of its own.
        is(&[SITE, HANDLER, ("PORT", "80")], "127.0.0.1:41234", Contract::CustomHandler);
        is(&[SITE], "0.0.0.0:8080", Contract::Plain);
        is(&[SITE, ("PORT", "80")], "0.0.0.0:80", Contract::Plain);
        is(&[SITE, ("PORT", "80"), ("WEBSITES_PORT", "8081")], "0.0.0.0:8081", Contract::Plain);
        is(&[("CONTAINER_APP_PORT", "8082"), ("PORT", "1")], "0.0.0.0:8082", Contract::Plain);
        is(&[SCORING], "0.0.0.0:5001", Contract::Scoring);
        is(&[SCORING, ("PORT", "5002")], "0.0.0.0:5002", Contract::Scoring);
        is(&[("K_SERVICE", "heart"), ("PORT", "8083")], "0.0.0.0:8083", Contract::Plain);
    }

    #[test]
    fn a_whole_address_is_the_strongest_and_leaves_the_contract() {
        const LISTEN: (&str, &str) = ("MLSHIP_LISTEN", "0.0.0.0:8080");
        is(&[LISTEN, ("PORT", "nine")], "0.0.0.0:8080", Contract::Plain);
        is(&[LISTEN, ("WEBSITES_PORT", "80")], "0.0.0.0:8080", Contract::Plain);
        is(&[LISTEN, ("AZUREML_MODEL_DIR", "/m")], "0.0.0.0:8080", Contract::Scoring);
        let handler = ("FUNCTIONS_CUSTOMHANDLER_PORT", "41234");
        is(&[LISTEN, handler], "0.0.0.0:8080", Contract::CustomHandler);
        let socket = ("MLSHIP_LISTEN", "unix:/tmp/x y.sock");
        is(&[socket, ("PORT", "80")], "unix:/tmp/x y.sock", Contract::Plain);
    }

    #[test]
    fn a_port_that_is_none_is_named_with_its_variable() {
        for name in ["FUNCTIONS_CUSTOMHANDLER_PORT", "CONTAINER_APP_PORT", "WEBSITES_PORT", "PORT"]
        {
            for port in ["70000", "-1", "http", "80 "] {
                let said = of(&[(name, port)]).unwrap_err();
                assert_eq!(said, format!("`{name}`: `{port}` is not a port"));
            }
        }
        let said = of(&[("MLSHIP_LISTEN", "8080")]).unwrap_err();
        assert_eq!(said, "`MLSHIP_LISTEN`: `8080` is not an address with a port");
        let said = of(&[("MLSHIP_LISTEN", "unix:x.sock")]).unwrap_err();
        assert_eq!(said, "`MLSHIP_LISTEN`: `unix:x.sock` is not the whole path of a socket");
    }

    #[test]
    fn paths_of_a_contract_stand_for_our_own() {
        let functions = |path| Contract::CustomHandler.own_path(path);
        assert_eq!(functions("/api/predict"), "/predict");
        assert_eq!(functions("/predict"), "/predict");
        assert_eq!(functions("/apipredict"), "/apipredict");
        assert_eq!(functions("/api"), "/api");
        assert_eq!(functions("/api/api/predict"), "/api/predict");
        assert_eq!(functions("/score"), "/score");
        assert_eq!(Contract::Scoring.own_path("/score"), "/predict");
        assert_eq!(Contract::Scoring.own_path("/"), "/healthz");
        assert_eq!(Contract::Scoring.own_path("/api/predict"), "/api/predict");
        assert_eq!(Contract::Plain.own_path("/score"), "/score");
        assert_eq!(Contract::Plain.own_path("/"), "/");
    }
}
