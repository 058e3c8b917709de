//! The whole way on Azure: the stand-in keeps the books, `az` is a program that prints a token,
//! and the artifact's own program answers.

use std::fs;
use std::path::PathBuf;

use mlship_testkit::azure::{Cloud, SUBSCRIPTION, Served, TOKEN, host};
use mlship_testkit::sandbox::{Ran, Sandbox};
use serde_json::Value;

use super::{TABLE, container, program, transcript};
use crate::support::{change, edit, heart_disease, transaction_text};

/// Azure, whose services run the program of what was deployed to them.
fn azure() -> Cloud {
    let functions = host::run();
    Cloud::start(move |served: &Served<'_>, body: &[u8]| {
        // Functions come as a zip here, and other services as an image.
        match served.artifact.starts_with(b"PK") {
            true => functions(served, body),
            false => container::answer(served, body),
        }
    })
}

/// A project, and a tool that is signed in as `az` is.
struct Signed<'a> {
    cloud: &'a Cloud,
    sandbox: Sandbox,
    project: PathBuf,
}

impl<'a> Signed<'a> {
    fn new(cloud: &'a Cloud, (sandbox, project): (Sandbox, PathBuf), table: &str) -> Self {
        let programs = sandbox.path().join("programs");
        fs::create_dir(&programs).expect("a folder");
        let token = format!(
            r#"{{"accessToken": "{TOKEN}", "expiresOn": "2037-01-01 00:00:00.000000", "expires_on": 2114380800, "subscription": "{SUBSCRIPTION}", "tokenType": "Bearer"}}"#
        );
        let log = sandbox.path().join("az.log");
        program(&programs, "az", &format!("echo \"$@\" >> {}\necho '{token}'", log.display()));
        edit(&project, TABLE, table);
        Self { cloud, sandbox, project }
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = self.sandbox.command(env!("CARGO_BIN_EXE_mlship"));
        let programs = self.sandbox.path().join("programs");
        let path = std::env::var("PATH").expect("a path");
        command
            .current_dir(&self.project)
            .args(args)
            .env("MLSHIP_PROVIDER", "azure")
            .env("MLSHIP_AZURE_ENDPOINT", self.cloud.url())
            .env("PATH", format!("{}:{path}", programs.display()));
        command.output().expect("the tool starts").into()
    }

    fn json(&self, args: &[&str]) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["--output", "json"]).collect();
        let ran = self.run(&args).ended(0);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout))
    }

    /// How many calls of a command change something.
    fn writes(&self, args: &[&str]) -> u64 {
        let before = self.cloud.writes();
        self.json(args);
        self.cloud.writes() - before
    }

    /// What `az` was asked for, a line each time.
    fn asked(&self) -> String {
        fs::read_to_string(self.sandbox.path().join("az.log")).unwrap_or_default()
    }
}

/// Plan, deploy, again, another version, back, and away: what every kind must do.
fn whole_way(table: &str, kind: &str) {
    let cloud = azure();
    let signed = Signed::new(&cloud, heart_disease(), table);
    signed.run(&["check-limits"]).ended(0);
    let plan = signed.json(&["plan"]);
    assert!(plan["steps"].as_array().is_some_and(|steps| steps.len() >= 4), "{plan}");
    assert_eq!((cloud.writes(), cloud.contents()), (0, vec![]), "a plan writes nothing");

    let first = signed.json(&["deploy"]);
    assert_eq!(first["answer"]["diagnosis"], "heart-disease", "{first}");
    assert_eq!(first["deployment"]["kind"], kind);
    assert!(signed.asked().contains("account get-access-token"), "{}", signed.asked());
    assert!(cloud.contents().len() >= 4, "{:?}", cloud.contents());

    assert_eq!(signed.writes(&["deploy"]), 0, "nothing changed");
    let answer = signed.json(&["invoke"]);
    assert_eq!(answer["answer"]["diagnosis"], "heart-disease", "{answer}");
    let status = signed.json(&["status"]);
    assert_eq!(status["deployment"]["live"], first["deployment"]["live"]);
    signed.run(&["logs"]).ended(0);

    change(&signed.project);
    let second = signed.json(&["deploy"]);
    assert_eq!(second["answer"]["finding"], "heart-disease", "{second}");
    assert_ne!(second["deployment"]["live"], first["deployment"]["live"]);
    assert_eq!(signed.writes(&["deploy"]), 0, "nothing changed");
    let back = signed.json(&["rollback"]);
    assert_eq!(back["deployment"]["live"], first["deployment"]["live"], "{back}");
    assert_eq!(signed.json(&["invoke"])["answer"]["diagnosis"], "heart-disease");

    signed.run(&["destroy"]).ended(2);
    signed.json(&["destroy", "--yes"]);
    assert_eq!(cloud.contents(), Vec::<String>::new());
    assert_eq!(signed.json(&["status"])["deployment"], Value::Null);
}

#[test]
fn functions_on_flex() {
    whole_way(TABLE, "functions-flex");
}

#[test]
fn functions_on_premium() {
    whole_way("{location: westeurope, kind: functions-premium}", "functions-premium");
}

#[test]
fn a_container_app() {
    whole_way("{location: westeurope, kind: container-apps}", "container-apps");
}

#[test]
fn the_text_example_shares_the_traffic_of_a_container_app() {
    let cloud = azure();
    let table = "{location: westeurope, kind: container-apps}";
    let signed = Signed::new(&cloud, transaction_text(), table);
    let shares = |deployment: &Value| {
        let versions = deployment["versions"].as_array().expect("versions").iter();
        versions.map(|version| version["share"].as_u64()).collect::<Vec<_>>()
    };
    let first = signed.json(&["deploy"]);
    assert!(first["answer"]["category"].is_string(), "{first}");
    edit(&signed.project, "    top: 3\n", "    top: 2\n");
    signed.run(&["package", "--record"]).ended(0);
    let second = signed.json(&["deploy", "--weight", "10"]);
    assert_eq!(second["deployment"]["live"], first["deployment"]["live"], "{second}");
    assert_eq!(shares(&second["deployment"]), [Some(10), Some(90)]);
    let whole = signed.json(&["promote"]);
    assert_ne!(whole["deployment"]["live"], first["deployment"]["live"]);
    signed.json(&["destroy", "--yes"]);
    assert_eq!(cloud.contents(), Vec::<String>::new());
}

#[test]
fn the_text_example_runs_as_a_function() {
    let cloud = azure();
    let signed = Signed::new(&cloud, transaction_text(), TABLE);
    let first = signed.json(&["deploy"]);
    assert!(first["answer"]["category"].is_string(), "{first}");
    assert_eq!(signed.writes(&["deploy"]), 0);
    signed.json(&["destroy", "--yes"]);
    assert_eq!(cloud.contents(), Vec::<String>::new());
}

#[test]
fn refusals_of_azure_say_what_to_change() {
    let cloud = azure();
    let refused = |name: &str, table: &str, code: i32| {
        let signed = Signed::new(&cloud, heart_disease(), table);
        let args = ["deploy", "--yes"];
        transcript(name, &args, &signed.run(&args).ended(code));
    };
    refused("location-without-the-plan", "{location: atlantis}", 6);
    assert_eq!(cloud.contents(), Vec::<String>::new(), "nothing was made");

    cloud.take_name("modelsofheart");
    let taken = "{location: westeurope, storage-account: modelsofheart}";
    refused("storage-name-taken", taken, 6);
    cloud.take_name("heart-of-gold");
    refused("app-name-taken", "{location: westeurope, app: heart-of-gold}", 6);
    assert_eq!(cloud.contents(), Vec::<String>::new(), "nothing was made");

    cloud.deny("Microsoft.Resources/subscriptions/resourceGroups/write");
    refused("no-permission", TABLE, 5);
    let kept = fs::read_to_string(crate::support::root().join("tests/azure/no-permission.txt"));
    let kept = kept.expect("the transcript");
    let scope = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/mlship-heart-disease");
    assert!(kept.contains("Microsoft.Resources/subscriptions/resourceGroups/write"), "{kept}");
    assert!(kept.to_lowercase().contains(&scope.to_lowercase()), "{kept}");
}
