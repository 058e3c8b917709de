//! The function: its code, its settings, its versions and its tags.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Architecture, EphemeralStorage, FunctionCode, PackageType};
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};

use super::patience::{explain, patiently};
use super::{environment, tag_map};
use crate::connect::Clients;
use crate::error::{Outcome, failed};
use crate::names::Account;
use crate::pace::Pace;
use crate::setup::Package;
use crate::wait::until_ready;
use crate::wanted::Wanted;

/// Makes the function with code, settings and tags, in one call, and waits for it. A role that
/// was just made is unknown to Lambda for a while, and so is a repository's policy; it is tried
/// again.
pub(crate) async fn create(
    clients: &Clients,
    pace: &Pace,
    wanted: &Wanted,
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    let (name, setup) = (&wanted.name, &wanted.setup);
    let code = FunctionCode::builder();
    let code = match (&wanted.image, &wanted.place) {
        (Some(image), _) => code.image_uri(image.uri()),
        (None, Some(place)) => code.s3_bucket(&place.bucket).s3_key(&place.key),
        (None, None) => code.zip_file(read(wanted)?),
    };
    let call = clients
        .slow_lambda
        .create_function()
        .function_name(name)
        .description(format!("{name}, made by mlship"))
        .package_type(match setup.package {
            Package::Zip => PackageType::Zip,
            Package::Image => PackageType::Image,
        })
        .set_runtime(setup.runtime())
        .set_handler(setup.handler())
        .role(&setup.role)
        .architectures(Architecture::from(setup.architecture.as_str()))
        .memory_size(setup.memory_mb)
        .timeout(setup.timeout_s)
        .ephemeral_storage(disk(wanted)?)
        .set_tags(Some(tag_map(&wanted.tags)))
        .set_environment(environment::new(&wanted.setup))
        .code(code.build());
    let given = patiently(pace, progress, || call.clone().send()).await;
    given.doing("create the function", name).map_err(explain)?;
    until_ready(clients, pace, name, None).await
}

/// Changes the settings beside the code, and waits.
pub(crate) async fn update_settings(
    clients: &Clients,
    pace: &Pace,
    wanted: &Wanted,
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    let (name, setup) = (&wanted.name, &wanted.setup);
    let call = clients
        .lambda
        .update_function_configuration()
        .function_name(name)
        .set_runtime(setup.runtime())
        .set_handler(setup.handler())
        .role(&setup.role)
        .memory_size(setup.memory_mb)
        .timeout(setup.timeout_s)
        .set_environment(environment::changed(clients, name, setup).await?)
        .ephemeral_storage(disk(wanted)?);
    let given = patiently(pace, progress, || call.clone().send()).await;
    given.doing("change the settings of the function", name).map_err(explain)?;
    until_ready(clients, pace, name, None).await
}

/// Sends new code or names a new image, and waits.
pub(crate) async fn update_code(
    clients: &Clients,
    pace: &Pace,
    wanted: &Wanted,
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    let name = &wanted.name;
    let call = clients
        .slow_lambda
        .update_function_code()
        .function_name(name)
        .architectures(Architecture::from(wanted.setup.architecture.as_str()));
    let call = match (&wanted.image, &wanted.place) {
        (Some(image), _) => call.image_uri(image.uri()),
        (None, Some(place)) => call.s3_bucket(&place.bucket).s3_key(&place.key),
        (None, None) => call.zip_file(read(wanted)?),
    };
    let given = patiently(pace, progress, || call.clone().send()).await;
    given.doing("send the code of the function", name).map_err(explain)?;
    until_ready(clients, pace, name, None).await
}

/// Makes a version of what is there, provided that it is the wanted code, and waits for it.
/// Its number is the answer.
pub(crate) async fn publish(
    clients: &Clients,
    pace: &Pace,
    wanted: &Wanted,
) -> Result<String, ProviderError> {
    let name = &wanted.name;
    let operation = "publish a version of the function";
    let call = clients
        .lambda
        .publish_version()
        .function_name(name)
        .code_sha256(&wanted.setup.code_sha256)
        .description(wanted.stamp.write());
    let made = call.send().await.doing(operation, name)?;
    let Some(version) = made.version() else {
        let reason = "the answer names no version";
        return Err(failed(ErrorKind::Unavailable, operation, name, reason));
    };
    until_ready(clients, pace, name, Some(version)).await?;
    Ok(version.to_owned())
}

/// Sets the tags of the whole function.
pub(crate) async fn tag(
    clients: &Clients,
    account: &Account,
    wanted: &Wanted,
) -> Result<(), ProviderError> {
    let call = clients.lambda.tag_resource().resource(account.function_arn(&wanted.name));
    let call = call.set_tags(Some(tag_map(&wanted.tags)));
    call.send().await.doing("tag the function", &wanted.name).map(|_| ())
}

fn read(wanted: &Wanted) -> Result<Blob, ProviderError> {
    let bytes = std::fs::read(&wanted.package).map_err(|cause| {
        let reason = format!("`{}` cannot be read", wanted.package.display());
        let mut error = failed(ErrorKind::Refused, "read the zip of", &wanted.name, reason);
        error.source = Some(Box::new(cause));
        error
    })?;
    Ok(Blob::new(bytes))
}

fn disk(wanted: &Wanted) -> Result<EphemeralStorage, ProviderError> {
    EphemeralStorage::builder().size(wanted.setup.disk_mb).build().map_err(|cause| {
        failed(ErrorKind::Refused, "set the disk of", &wanted.name, cause.to_string())
    })
}
