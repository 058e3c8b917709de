//! What the environment asks for, and which of two wins.

use super::*;

fn of(variables: &[(&str, &str)]) -> Result<(String, Contract), String> {
    of_call(Call::Unsaid, variables)
}

fn of_call(call: Call, variables: &[(&str, &str)]) -> Result<(String, Contract), String> {
    let variable = |name: &str| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    door(call, &variable).map(|door| (door.address.to_string(), door.contract))
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
fn vertex_says_its_port_and_its_paths() {
    let paths = |health: &'static str, predict: &'static str| {
        Contract::Vertex(Paths { health: health.into(), predict: predict.into() })
    };
    const HTTP: (&str, &str) = ("AIP_HTTP_PORT", "8084");
    const PREDICT: (&str, &str) = ("AIP_PREDICT_ROUTE", "/v1/endpoints/1:predict");
    const HEALTH: (&str, &str) = ("AIP_HEALTH_ROUTE", "/v1/endpoints/1");
    is(&[HTTP, PREDICT, HEALTH], "0.0.0.0:8084", paths(HEALTH.1, PREDICT.1));
    is(&[PREDICT, ("PORT", "1")], "0.0.0.0:8080", paths("/readyz", PREDICT.1));
    is(&[HTTP], "0.0.0.0:8084", paths("/readyz", "/predict"));
    is(&[HEALTH], "127.0.0.1:8080", Contract::Plain);
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
    for name in ["FUNCTIONS_CUSTOMHANDLER_PORT", "WEBSITES_PORT", "AIP_HTTP_PORT", "PORT"] {
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
    let functions = |path| Contract::CustomHandler.own(path).0;
    assert_eq!(functions("/api/predict"), "/predict");
    assert_eq!(functions("/predict"), "/predict");
    assert_eq!(functions("/apipredict"), "/apipredict");
    assert_eq!(functions("/api"), "/api");
    assert_eq!(functions("/api/api/predict"), "/api/predict");
    assert_eq!(functions("/score"), "/score");
    assert_eq!(Contract::Scoring.own("/score"), ("/predict", Wrap::Plain));
    assert_eq!(Contract::Scoring.own("/"), ("/healthz", Wrap::Plain));
    assert_eq!(Contract::Scoring.own("/api/predict"), ("/api/predict", Wrap::Plain));
    assert_eq!(Contract::Plain.own("/score"), ("/score", Wrap::Plain));
    assert_eq!(Contract::Plain.own("/"), ("/", Wrap::Plain));
    // Some clients put a slash behind a path.
    assert_eq!(Contract::Scoring.own("/score/"), ("/predict", Wrap::Plain));
    assert_eq!(functions("/api/predict/"), "/predict/");
    let slash = Contract::Vertex(Paths { health: "/h/".into(), predict: "/p/".into() });
    assert_eq!(
        (slash.own("/h"), slash.own("/h/")),
        (("/readyz", Wrap::Plain), ("/readyz", Wrap::Plain))
    );
    assert_eq!(slash.own("/p/"), ("/predict", Wrap::Instances));
    let vertex = Contract::Vertex(Paths { health: "/".into(), predict: "/v1:predict".into() });
    assert_eq!(vertex.own("/"), ("/readyz", Wrap::Plain));
    assert_eq!(vertex.own("/v1:predict"), ("/predict", Wrap::Instances));
    assert_eq!(vertex.own("/predict"), ("/predict", Wrap::Plain));
}

#[test]
fn sagemaker_is_known_by_its_argument_or_by_its_variables() {
    const PORT: (&str, &str) = ("SAGEMAKER_BIND_TO_PORT", "8500");
    const LISTEN: (&str, &str) = ("MLSHIP_LISTEN", "0.0.0.0:8080");
    let served = |variables: &[_]| of_call(Call::Serve, variables);
    let expected = |address: &str| Ok((address.to_owned(), Contract::SageMaker));
    assert_eq!(served(&[]), expected("0.0.0.0:8080"));
    assert_eq!(served(&[("PORT", "1"), ("K_SERVICE", "x")]), expected("0.0.0.0:8080"));
    assert_eq!(served(&[("MLSHIP_LISTEN", "127.0.0.1:1")]), expected("127.0.0.1:1"));
    // The images say where they listen; the port that is given out is stronger.
    assert_eq!(served(&[LISTEN, PORT]), expected("0.0.0.0:8500"));
    is(&[LISTEN, PORT], "0.0.0.0:8500", Contract::SageMaker);
    is(&[("SAGEMAKER_BATCH", "true")], "0.0.0.0:8080", Contract::SageMaker);
    let many = of_call(Call::Serve, &[("SAGEMAKER_MULTI_MODEL", "true")]).unwrap_err();
    assert_eq!(many, "`SAGEMAKER_MULTI_MODEL`: one model is served, and it has no name");
    assert!(served(&[("SAGEMAKER_MULTI_MODEL", "false")]).is_ok());
    assert_eq!(Contract::SageMaker.own("/invocations"), ("/predict", Wrap::Plain));
    assert_eq!(Contract::SageMaker.own("/ping"), ("/readyz", Wrap::Plain));
    assert_eq!(Contract::SageMaker.own("/predict"), ("/predict", Wrap::Plain));
    assert_eq!(Contract::Plain.own("/ping"), ("/ping", Wrap::Plain));
}
