//! A function with its versions, its alias and its address.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{Architecture, FunctionConfiguration, LastUpdateStatus, State};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::traffic::Traffic;
use serde_json::Value;

use super::Ownership;
use super::concurrency::{self, Concurrency};
use crate::config::Auth;
use crate::connect::Clients;
use crate::error::{Outcome, failed, foreign};
use crate::names::{LIVE, Statement};
use crate::setup::Setup;
use crate::stamp::Stamp;
use crate::traffic;

/// A function that mlship made.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    /// What the next version would be.
    pub(crate) latest: Setup,
    pub(crate) readiness: Readiness,
    pub(crate) tags: BTreeMap<String, String>,
    /// Oldest first.
    pub(crate) versions: Vec<Published>,
    pub(crate) alias: Option<Alias>,
    pub(crate) address: Option<Address>,
    /// The statements that make the address public.
    pub(crate) statements: Vec<Statement>,
    pub(crate) concurrency: Concurrency,
}

/// A version that does not change any more.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    pub(crate) number: u64,
    pub(crate) setup: Setup,
    pub(crate) stamp: Stamp,
    /// As AWS writes it.
    pub(crate) created: Option<String>,
    /// Bytes of the code.
    pub(crate) bytes: Option<u64>,
}

/// Where the traffic goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alias {
    pub(crate) traffic: Traffic,
    /// AWS's mark of the alias as it was seen; a change can be made to depend on it.
    pub(crate) revision: Option<String>,
}

/// The function URL.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub(crate) url: String,
    pub(crate) auth: Auth,
}

/// Whether a function can be used and changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Readiness {
    Ready,
    /// AWS is at work on it.
    Busy,
    /// The last change failed; why, in words.
    Failed(String),
}

impl Function {
    /// The version that gets the traffic.
    pub(crate) fn live(&self) -> Option<&Published> {
        let alias = self.alias.as_ref()?;
        self.versions.iter().find(|version| version.number.to_string() == alias.traffic.live)
    }
}

/// Looks for the service's function. One that mlship did not make is an error.
pub(crate) async fn look(clients: &Clients, name: &str) -> Result<Option<Function>, ProviderError> {
    let Some(head) = head(clients, name).await? else { return Ok(None) };
    let versions = versions(clients, name).await?;
    let alias = alias(clients, name).await?;
    let (address, statements) = match alias {
        Some(_) => (address(clients, name).await?, statements(clients, name).await?),
        None => (None, Vec::new()),
    };
    let provisioned = match alias {
        Some(_) => concurrency::provisioned(clients, name).await?,
        None => None,
    };
    let concurrency = Concurrency { reserved: head.reserved, provisioned };
    let Head { latest, readiness, tags, .. } = head;
    Ok(Some(Function {
        latest,
        readiness,
        tags,
        versions,
        alias,
        address,
        statements,
        concurrency,
    }))
}

/// The function itself, without what hangs on it.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) latest: Setup,
    pub(crate) readiness: Readiness,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) reserved: Option<i32>,
}

/// Looks at the function itself.
pub(crate) async fn head(clients: &Clients, name: &str) -> Result<Option<Head>, ProviderError> {
    let operation = "look at the function";
    let call = clients.lambda.get_function().function_name(name).send();
    let Some(found) = call.await.if_there(operation, name)? else { return Ok(None) };
    let tags = tags(&found, operation, name)?;
    let Some(configuration) = found.configuration() else {
        let reason = "the answer has no configuration";
        return Err(failed(ErrorKind::Unavailable, operation, name, reason));
    };
    let reserved = found.concurrency().and_then(|found| found.reserved_concurrent_executions());
    let (latest, readiness) = (Setup::of(configuration), readiness(configuration));
    Ok(Some(Head { latest, readiness, tags, reserved }))
}

fn tags(
    found: &GetFunctionOutput,
    operation: &str,
    name: &str,
) -> Result<BTreeMap<String, String>, ProviderError> {
    if let Some(error) = found.tags_error() {
        let reason = format!("its tags cannot be read: {}", error.message());
        return Err(failed(ErrorKind::Denied, operation, name, reason));
    }
    let tags: BTreeMap<String, String> = found
        .tags()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    match Ownership::of(name, tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))) {
        Ownership::Ours => Ok(tags),
        Ownership::Foreign => Err(foreign("use the function", "function", name)),
    }
}

/// Reads the two states of a function as one.
pub(crate) fn readiness(configuration: &FunctionConfiguration) -> Readiness {
    match (configuration.state(), configuration.last_update_status()) {
        (Some(State::Pending), _) | (_, Some(LastUpdateStatus::InProgress)) => Readiness::Busy,
        (Some(State::Failed), _) => Readiness::Failed(crate::wait::why(
            configuration.state_reason_code().map(|code| code.as_str()),
            configuration.state_reason(),
        )),
        (_, Some(LastUpdateStatus::Failed)) => Readiness::Failed(crate::wait::why(
            configuration.last_update_status_reason_code().map(|code| code.as_str()),
            configuration.last_update_status_reason(),
        )),
        _ => Readiness::Ready,
    }
}

async fn versions(clients: &Clients, name: &str) -> Result<Vec<Published>, ProviderError> {
    let call = clients.lambda.list_versions_by_function().function_name(name);
    let mut pages = call.into_paginator().items().send();
    let mut versions = Vec::new();
    while let Some(item) = pages.next().await {
        let configuration = item.doing("list the versions of the function", name)?;
        // `$LATEST` is among them, and is no version.
        let Some(number) = configuration.version().and_then(|id| id.parse().ok()) else { continue };
        versions.push(Published {
            number,
            setup: Setup::of(&configuration),
            stamp: Stamp::read(configuration.description().unwrap_or_default()),
            created: configuration.last_modified().map(str::to_owned),
            bytes: u64::try_from(configuration.code_size()).ok().filter(|bytes| *bytes > 0),
        });
    }
    versions.sort_by_key(|version| version.number);
    Ok(versions)
}

async fn alias(clients: &Clients, name: &str) -> Result<Option<Alias>, ProviderError> {
    let call = clients.lambda.get_alias().function_name(name).name(LIVE).send();
    let Some(found) = call.await.if_there("look at the alias of", name)? else { return Ok(None) };
    let weights = found.routing_config().and_then(|routing| routing.additional_version_weights());
    Ok(Some(Alias {
        traffic: traffic::read(found.function_version().unwrap_or_default(), weights),
        revision: found.revision_id().map(str::to_owned),
    }))
}

async fn address(clients: &Clients, name: &str) -> Result<Option<Address>, ProviderError> {
    let call = clients.lambda.get_function_url_config().function_name(name).qualifier(LIVE);
    let found = call.send().await.if_there("look at the address of", name)?;
    Ok(found.map(|found| Address {
        url: format!("{}/", found.function_url().trim_end_matches('/')),
        auth: match found.auth_type().as_str() {
            "NONE" => Auth::None,
            _ => Auth::Iam,
        },
    }))
}

async fn statements(clients: &Clients, name: &str) -> Result<Vec<Statement>, ProviderError> {
    let call = clients.lambda.get_policy().function_name(name).qualifier(LIVE).send();
    let Some(found) = call.await.if_there("read the permissions of", name)? else {
        return Ok(Vec::new());
    };
    let policy: Value = serde_json::from_str(found.policy().unwrap_or("{}")).unwrap_or_default();
    let ids: BTreeSet<&str> = policy["Statement"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|statement| statement["Sid"].as_str())
        .collect();
    Ok(Statement::ALL.into_iter().filter(|statement| ids.contains(statement.id())).collect())
}

/// AWS's word for the processor, `x86_64` when it does not say.
pub(crate) fn architecture(configuration: &FunctionConfiguration) -> String {
    configuration.architectures().first().unwrap_or(&Architecture::X8664).as_str().to_owned()
}
