//! The alias that gets the traffic, the function URL on it, and who may call it.

use aws_sdk_lambda::types::{AliasRoutingConfiguration, FunctionUrlAuthType, InvokeMode};
use mlship_core::provider::ProviderError;
use mlship_core::traffic::Traffic;

use crate::config::Auth;
use crate::connect::Clients;
use crate::error::Outcome;
use crate::names::{LIVE, Statement};
use crate::traffic::weights;

/// Makes the alias, on `version`.
pub(crate) async fn create_alias(
    clients: &Clients,
    name: &str,
    version: &str,
) -> Result<(), ProviderError> {
    let call = clients.lambda.create_alias().function_name(name).name(LIVE);
    let call = call.function_version(version).description("gets the traffic, moved by mlship");
    call.send().await.doing("create the alias of", name).map(|_| ())
}

/// Divides the traffic so, provided that nobody has since `revision` was seen.
pub(crate) async fn move_alias(
    clients: &Clients,
    name: &str,
    traffic: &Traffic,
    revision: Option<&str>,
) -> Result<(), ProviderError> {
    let routing = AliasRoutingConfiguration::builder()
        .set_additional_version_weights(Some(weights(traffic)))
        .build();
    let call = clients.lambda.update_alias().function_name(name).name(LIVE);
    let call = call.function_version(&traffic.live).routing_config(routing);
    let call = call.set_revision_id(revision.map(str::to_owned));
    call.send().await.doing("move the traffic of", name).map(|_| ())
}

/// Makes the function URL.
pub(crate) async fn create(clients: &Clients, name: &str, auth: Auth) -> Result<(), ProviderError> {
    let call = clients.lambda.create_function_url_config().function_name(name).qualifier(LIVE);
    let call = call.auth_type(auth_type(auth)).invoke_mode(InvokeMode::Buffered);
    call.send().await.doing("create the address of", name).map(|_| ())
}

/// Changes who may call the function URL.
pub(crate) async fn update(clients: &Clients, name: &str, auth: Auth) -> Result<(), ProviderError> {
    let call = clients.lambda.update_function_url_config().function_name(name).qualifier(LIVE);
    let call = call.auth_type(auth_type(auth));
    call.send().await.doing("change the address of", name).map(|_| ())
}

/// Adds a statement that anyone may call, through the URL only.
pub(crate) async fn allow(
    clients: &Clients,
    name: &str,
    statement: Statement,
) -> Result<(), ProviderError> {
    let call = clients
        .lambda
        .add_permission()
        .function_name(name)
        .qualifier(LIVE)
        .statement_id(statement.id())
        .principal("*");
    let call = match statement {
        Statement::CallUrl => call
            .action("lambda:InvokeFunctionUrl")
            .function_url_auth_type(FunctionUrlAuthType::None),
        Statement::RunThroughUrl => {
            call.action("lambda:InvokeFunction").invoked_via_function_url(true)
        }
    };
    call.send().await.doing("open the address of", name).map(|_| ())
}

/// Takes such a statement away.
pub(crate) async fn forbid(
    clients: &Clients,
    name: &str,
    statement: Statement,
) -> Result<(), ProviderError> {
    let call = clients.lambda.remove_permission().function_name(name).qualifier(LIVE);
    let call = call.statement_id(statement.id());
    call.send().await.if_there("close the address of", name).map(|_| ())
}

fn auth_type(auth: Auth) -> FunctionUrlAuthType {
    match auth {
        Auth::Iam => FunctionUrlAuthType::AwsIam,
        Auth::None => FunctionUrlAuthType::None,
    }
}
