//! The life of a service whose app has a slot.

use mlship_core::deployment::{Destination, LogQuery, Route};
use mlship_core::plan::{Plan, Verb};
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_core::share::Share;
use mlship_testkit::azure::{Cut, Script};
use mlship_testkit::contract::contract;
use serde_json::{Value, json};

use crate::slots_stage::{
    DEDICATED_IMAGE, DEDICATED_ZIP, Form, PREMIUM_IMAGE, PREMIUM_ZIP, Stage, WEB_APP,
};
use crate::stage::{NAME, answer, deploy};

async fn keeps_the_contract(form: Form) {
    let stage = Stage::new(form);
    let azure = stage.connect().await.unwrap();
    let releases = ["clear", "heart-disease"].map(|text| stage.release(&json!({"is": text})));
    contract(&azure, releases, &|| stage.cloud.writes()).await;
    assert_eq!(stage.cloud.contents(), Vec::<String>::new(), "remove leaves nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn premium_functions_of_a_zip_keep_the_contract() {
    keeps_the_contract(PREMIUM_ZIP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dedicated_functions_of_a_zip_keep_the_contract() {
    keeps_the_contract(DEDICATED_ZIP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn premium_functions_of_an_image_keep_the_contract() {
    keeps_the_contract(PREMIUM_IMAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dedicated_functions_of_an_image_keep_the_contract() {
    keeps_the_contract(DEDICATED_IMAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_app_keeps_the_contract() {
    keeps_the_contract(WEB_APP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_swaps_the_slot_and_the_users_own_settings_stay() {
    let stage = Stage::new(PREMIUM_ZIP);
    let azure = stage.connect().await.unwrap();
    let answers = ["one", "two", "three"].map(|text| json!({"is": text}));
    deploy(&azure, &stage.release(&answers[0])).await.unwrap();
    let site = stage.site();
    let slot = format!("{site}/slots/next");
    stage.set(&site, "TEAM", "cardiology").await;
    deploy(&azure, &stage.release(&answers[1])).await.unwrap();
    stage.set(&site, "TEAM", "oncology").await;
    let release = stage.release(&answers[2]);
    let made = deploy(&azure, &release).await.unwrap();
    assert_eq!(answer(&azure).await, answers[2]);
    let [live, next] = [stage.settings(&site).await, stage.settings(&slot).await];
    assert_eq!(live["TEAM"], "oncology");
    assert_ne!(live["WEBSITE_CONTENTSHARE"], next["WEBSITE_CONTENTSHARE"]);
    assert_ne!(live["AzureFunctionsWebHost__hostid"], next["AzureFunctionsWebHost__hostid"]);
    let stamp = live["MLSHIP_STAMP"].as_str().unwrap();
    assert!(stamp.contains(made.live.as_ref().unwrap()), "{stamp}");
    let packages = stage.ids("/mlship-packages/");
    assert_eq!(packages.len(), 2, "those of the versions that can be gone to: {packages:?}");

    // What somebody set after the version before was live is there after the rollback too.
    stage.set(&site, "TEAM", "surgery").await;
    let back = Route { to: Destination::Previous, share: Share::ALL };
    azure.route(NAME, &back).await.unwrap();
    assert_eq!(answer(&azure).await, answers[1]);
    assert_eq!(stage.settings(&site).await["TEAM"], "surgery");
    let kept = azure.route(NAME, &back).await.unwrap_err();
    assert_eq!(kept.kind, ErrorKind::NotFound, "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_puts_what_is_kept_into_a_slot_that_holds_another_version() {
    for form in [DEDICATED_ZIP, WEB_APP] {
        let stage = Stage::new(form);
        let azure = stage.connect().await.unwrap();
        let [one, two] = ["one", "two"].map(|text| json!({"is": text}));
        let first = deploy(&azure, &stage.release(&one)).await.unwrap();
        let second = deploy(&azure, &stage.release(&two)).await.unwrap();
        let mut wrong = stage.release(&json!({"is": "wrong"}));
        wrong.samples[0].expect = Some(json!({"is": "right"}));
        let error = deploy(&azure, &wrong).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Verification);
        let after = azure.find(NAME).await.unwrap().unwrap();
        assert_eq!((&after.live, &after.versions), (&second.live, &second.versions));
        assert_ne!(after.settings["slot"], second.settings["slot"], "it is in the slot");
        assert_eq!(answer(&azure).await, two);
        let back = Route { to: Destination::Previous, share: Share::ALL };
        let moved = azure.route(NAME, &back).await.unwrap();
        assert_eq!(Some(moved.to.id), first.live);
        assert_eq!(answer(&azure).await, one);
        let newest = Route { to: Destination::Newest, share: Share::ALL };
        let moved = azure.route(NAME, &newest).await.unwrap();
        assert_eq!((Some(moved.to.id), answer(&azure).await), (second.live, two));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_that_was_not_written_down_is_written_down_and_not_repeated() {
    let stage = Stage::new(WEB_APP);
    let azure = stage.connect().await.unwrap();
    let [one, two] = ["one", "two"].map(|text| stage.release(&json!({"is": text})));
    deploy(&azure, &one).await.unwrap();
    let tags = |stage: &Stage| stage.cloud.resource(&stage.site()).unwrap()["tags"].clone();
    deploy(&azure, &two).await.unwrap();
    let settled = tags(&stage);
    let back = Route { to: Destination::Previous, share: Share::ALL };
    azure.route(NAME, &back).await.unwrap();
    let before = stage.cloud.calls().len();
    deploy(&azure, &two).await.unwrap();
    let all = stage.cloud.calls().split_off(before);
    let swap = all.iter().position(|call| call.path.ends_with("/slotsswap")).unwrap();
    azure.route(NAME, &back).await.unwrap();
    stage.cloud.play(Script { cut: Some(Cut::After(swap)), slow: 2, ..Script::default() });
    deploy(&azure, &two).await.unwrap_err();
    stage.calm();
    assert_ne!(tags(&stage), settled);
    let calls = stage.cloud.calls().len();
    // The swap goes on when nobody asks any more; a plan that was made meanwhile is refused.
    while let Err(error) = deploy(&azure, &two).await {
        assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
    }
    let more = stage.cloud.calls().split_off(calls);
    assert!(!more.iter().any(|call| call.path.ends_with("/slotsswap")), "it would be undone");
    assert_eq!(answer(&azure).await, json!({"is": "two"}));
    assert_eq!(tags(&stage)["mlship:live"], settled["mlship:live"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_apps_key_is_made_once_and_kept() {
    let stage = Stage::new(WEB_APP);
    let azure = stage.connect().await.unwrap();
    deploy(&azure, &stage.release(&json!({"is": "one"}))).await.unwrap();
    let key = stage.settings(&stage.site()).await["MLSHIP_KEY"].clone();
    assert!(key.as_str().unwrap().len() >= 40, "{key}");
    let second = stage.release(&json!({"is": "two"}));
    let made = deploy(&azure, &second).await.unwrap();
    assert_eq!(stage.settings(&stage.site()).await["MLSHIP_KEY"], key);
    let url = format!("{}/predict", made.url.clone().unwrap());
    let status = async |header: Option<&str>| {
        let host = url.trim_start_matches("http://").trim_end_matches("/predict");
        let address = stage.cloud.url();
        let request = reqwest::Client::new().post(format!("{address}/predict"));
        let request = request.header("host", host).body(r#"{"age": 1}"#);
        let request = match header {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(None).await, 401);
    assert_eq!(status(key.as_str()).await, 200);

    let public = mlship_azure::Config { access: mlship_azure::Access::Public, ..stage.config() };
    let azure = stage.connect_with(public).await.unwrap();
    let plan: Plan = azure.plan(&second).await.unwrap();
    assert!(plan.steps.iter().any(|step| step.verb == Verb::Promote), "{plan:?}");
    let open = azure.apply(&second, &plan, &Silent).await.unwrap();
    assert_eq!((open.access.as_str(), &open.live), ("public", &made.live));
    assert_eq!(status(None).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_apps_logs_are_the_newest_lines_with_their_times() {
    let stage = Stage::new(WEB_APP);
    let azure = stage.connect().await.unwrap();
    deploy(&azure, &stage.release(&json!({"is": "one"}))).await.unwrap();
    for (at_ms, line) in [
        (1_000, "2026-11-21T09:00:00.5Z ready"),
        (2_000, "2026-11-21T09:00:01.25Z one\n  more of it"),
    ] {
        stage.cloud.log(&stage.site(), at_ms, line);
    }
    let query = LogQuery { since_ms: None, limit: 2 };
    let lines = azure.logs(NAME, &query).await.unwrap();
    let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["one", "  more of it"]);
    assert_eq!(lines[0].at_ms % 1_000, 250);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_is_closed_but_for_its_address_and_says_what_it_is() {
    let stage = Stage::new(PREMIUM_IMAGE);
    let mut config = stage.config();
    config.instances = mlship_azure::Instances { min: Some(2), max: Some(7) };
    config.sku = Some("EP2".into());
    let azure = stage.connect_with(config).await.unwrap();
    let release = stage.release(&json!({"is": "one"}));
    let made = deploy(&azure, &release).await.unwrap();
    let shown = |name: &str| made.settings.get(name).map(String::as_str);
    assert_eq!(shown("sku"), Some("EP2"));
    assert_eq!(shown("memory-mb"), Some("7168"));
    assert_eq!((shown("instances-min"), shown("instances-max")), (Some("2"), Some("7")));
    let digest = format!("sha256:{}", release.artifact.sha256);
    assert_eq!(shown("image-digest"), Some(digest.as_str()));
    assert_eq!(made.access, "private (key)");
    let site: Value = stage.cloud.resource(&stage.site()).unwrap();
    assert_eq!(site["properties"]["httpsOnly"], true);
    assert_eq!(site["kind"], "functionapp,linux,container");
    let closed = stage.cloud.calls().into_iter().filter(|call| {
        call.method == "PUT" && call.path.contains("basicPublishingCredentialsPolicies")
    });
    assert_eq!(closed.count(), 2);
}
