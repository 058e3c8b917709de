//! Flags, words and exit codes of the command.

use std::fs;

use crate::support::{heart_disease, json, mlship, root};
use mlship_testkit::sandbox::Sandbox;

const COMMANDS: [&str; 16] = [
    "init",
    "inspect",
    "convert",
    "serve",
    "promote",
    "check-limits",
    "package",
    "plan",
    "deploy",
    "status",
    "invoke",
    "logs",
    "rollback",
    "destroy",
    "schema",
    "completions",
];

#[test]
fn help_names_every_command_and_each_has_help_of_its_own() {
    let sandbox = Sandbox::new();
    let help = mlship(&sandbox, sandbox.path(), &["--help"]).ended(0).stdout;
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command}")), "{command} in\n{help}");
        let own = mlship(&sandbox, sandbox.path(), &[command, "--help"]).ended(0).stdout;
        let flags = own.lines().filter(|line| line.trim_start().starts_with('-'));
        for flag in flags.filter(|flag| flag.contains("--") && !flag.contains("--help")) {
            let at = own.find(flag).expect("the flag");
            let is_next = |line: &&str| line.starts_with("      -") || line.starts_with("  -");
            let rest = own[at..].lines().skip(1).take_while(|line| !is_next(line));
            let about = format!("{flag} {}", rest.map(str::trim).collect::<Vec<_>>().join(" "));
            assert!(about.contains("[env: MLSHIP_") || flag.contains("--version"), "{about}");
        }
    }
    assert!(!help.contains("local-supervisor"), "{help}");
}

#[test]
fn mistakes_in_the_call_are_usage_with_a_way_out() {
    let (sandbox, project) = heart_disease();
    let empty = sandbox.path().join("home");
    let ran = mlship(&sandbox, &empty, &["deploy"]).ended(2);
    assert!(ran.stderr.contains("mlship init"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    let ran = mlship(&sandbox, &project, &["status", "--provider", "asw"]).ended(2);
    assert!(ran.stderr.contains("did you mean `aws`?"), "{}", ran.stderr);
    let ran = mlship(&sandbox, &project, &["deploy", "--provider", "openwhisk"]).ended(2);
    assert!(ran.stderr.contains("check-limits --provider openwhisk"), "{}", ran.stderr);
    mlship(&sandbox, &project, &["deply"]).ended(2);
    let ran = mlship(&sandbox, &project, &["invoke", "--request", "none.json"]).ended(2);
    assert!(ran.stderr.contains("none.json"), "{}", ran.stderr);
}

#[test]
fn a_wrong_manifest_shows_every_mistake_at_its_place() {
    let (sandbox, project) = heart_disease();
    let manifest = project.join("mlship.yaml");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    let wrong = text
        .replace("memory-mb: 128", "memroy-mb: 128")
        .replace("age: float?", "age: flaot?")
        .replace("region: eu-central-1", "regoin: eu-central-1");
    fs::write(&manifest, wrong).expect("a manifest");
    let ran = mlship(&sandbox, &project, &["plan"]).ended(3);
    for words in ["memroy-mb", "did you mean `memory-mb`?", "flaot", "--> mlship.yaml:"] {
        assert!(ran.stderr.contains(words), "{words} in\n{}", ran.stderr);
    }
    let error = json(&sandbox, &project, &["plan"], 3);
    assert_eq!(error["schema"], "mlship/error/1");
    assert!(error["error"]["findings"].as_array().expect("findings").len() >= 2, "{error}");
}

#[test]
fn a_mistake_in_a_targets_table_is_found_by_its_provider() {
    let (sandbox, project) = heart_disease();
    let manifest = project.join("mlship.yaml");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    fs::write(&manifest, text.replace("{auth: iam}", "{auth: nobody}")).expect("a manifest");
    for args in [&["check-limits"][..], &["plan", "--provider", "aws"]] {
        let ran = mlship(&sandbox, &project, args).ended(3);
        assert!(ran.stderr.contains("targets.aws.url.auth"), "{}", ran.stderr);
    }
}

#[test]
fn an_artifact_for_a_processor_without_a_runtime_is_not_deployed() {
    let (sandbox, project) = heart_disease();
    let manifest = project.join("mlship.yaml");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    fs::write(&manifest, text.replace("x86_64", "arm64")).expect("a manifest");
    let ran = mlship(&sandbox, &project, &["deploy", "--provider", "aws"]).ended(2);
    assert!(ran.stderr.contains("no runtime for Linux on arm64"), "{}", ran.stderr);
}

#[test]
fn one_json_object_even_when_the_request_is_refused() {
    let (sandbox, project) = heart_disease();
    mlship(&sandbox, &project, &["deploy"]).ended(0);
    let answer = json(&sandbox, &project, &["invoke", "--data", "{\"age\": \"old\"}"], 2);
    mlship(&sandbox, &project, &["destroy"]).ended(0);
    assert_eq!((&answer["status"], &answer["answer"]["field"]), (&422.into(), &"/age".into()));
}

#[test]
fn a_name_that_does_not_do_is_refused_before_anything_is_written() {
    let (sandbox, project) = heart_disease();
    let home = sandbox.path().join("home");
    let model = project.join("model.onnx").to_string_lossy().into_owned();
    mlship(&sandbox, &home, &["init", &model, "--name", "z"]).ended(3);
    assert_eq!(fs::read_dir(home).expect("the folder").count(), 0);
}

#[test]
fn columns_that_do_not_fit_the_model_are_shown_in_the_manifest() {
    let (sandbox, project) = heart_disease();
    let manifest = project.join("mlship.yaml");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    fs::write(&manifest, text.replace("thalach: float?", "thalac: float?")).expect("a manifest");
    let ran = mlship(&sandbox, &project, &["package"]).ended(3);
    for words in ["the model has no input `thalac`", "did you mean `thalach`?", "mlship.yaml:19"] {
        assert!(ran.stderr.contains(words), "{words} in\n{}", ran.stderr);
    }
}

#[test]
fn limits_of_every_kind_are_checked_offline() {
    let (sandbox, project) = heart_disease();
    let grid = json(&sandbox, &project, &["check-limits"], 0);
    let kinds: Vec<&str> = grid["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["limits"]["kind"].as_str().expect("a kind"))
        .collect();
    for kind in [
        "lambda-zip",
        "lambda-image",
        "functions-flex",
        "functions-premium",
        "functions-dedicated",
        "container-apps",
        "container-instances",
        "web-app",
        "cloud-run-source",
        "cloud-run-image",
        "functions-v2",
        "action",
        "service",
        "process",
    ] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    let manifest = project.join("mlship.yaml");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    fs::write(&manifest, text.replace("memory-mb: 128", "memory-mb: 20480")).expect("a manifest");
    let ran = mlship(&sandbox, &project, &["check-limits", "--provider", "aws"]).ended(4);
    for words in ["10 GB over the limit of 10 GB", "Lambda quotas", "set `memory-mb` to 10240"] {
        assert!(ran.stdout.contains(words), "{words} in\n{}", ran.stdout);
    }
}

#[test]
fn the_schema_in_the_documents_is_the_tools_own() {
    let sandbox = Sandbox::new();
    let schema = mlship(&sandbox, sandbox.path(), &["schema"]).ended(0).stdout;
    let kept = root().join("docs/reference/mlship.schema.json");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&kept, &schema).expect("the schema");
    }
    assert_eq!(fs::read_to_string(kept).unwrap_or_default(), schema, "run with BLESS=1 to rewrite");
}

#[test]
fn completions_are_there_for_every_shell() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = mlship(&sandbox, sandbox.path(), &["completions", shell]).ended(0).stdout;
        assert!(script.contains("check-limits"), "{shell}");
    }
}

#[test]
fn no_credentials_is_its_own_exit_code() {
    let (sandbox, project) = heart_disease();
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_mlship"));
    command.current_dir(&project).env("AWS_EC2_METADATA_DISABLED", "true");
    // Nobody answers there: without credentials nothing is sent.
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    command.args(["status", "--provider", "aws"]);
    let ran = mlship_testkit::sandbox::Ran::from(command.output().expect("the tool")).ended(5);
    assert!(ran.stderr.contains("hint:"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}
