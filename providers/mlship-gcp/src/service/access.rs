//! Who may call a service, and how that is changed: by the service's own setting, or, where an
//! organisation forbids it, by a role for everybody.
//!
//! Source: <https://cloud.google.com/run/docs/authenticating/public>, 2026-11-20.

use google_cloud_gax::options::RequestOptionsBuilder as _;
use google_cloud_lro::Poller as _;
use google_cloud_run_v2::model::Service as Body;
use google_cloud_wkt::FieldMask;
use mlship_core::provider::{ErrorKind, ProviderError};

use super::found::Service;
use crate::config::Access;
use crate::connect::Cloud;
use crate::error::{Call, translate};
use crate::names::Place;

/// The role of those who may call.
const INVOKER: &str = "roles/run.invoker";
/// Everybody, signed in or not.
const EVERYBODY: &str = "allUsers";
/// How often somebody else's change of the roles may come between reading and writing.
const TRIES: u32 = 5;
/// Words of the policies that keep a service from being public.
/// Source: <https://cloud.google.com/run/docs/securing/managing-access>, 2026-11-21.
const POLICIES: [&str; 3] = ["constraints/", "policy of the organisation", "organisation's policy"];

/// What must change for a service to be open to whom it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    /// What `invokerIamDisabled` is to be; `None` to leave it.
    pub(crate) setting: Option<bool>,
    /// Whether everybody is to have the role; `None` to leave it.
    pub(crate) everybody: Option<bool>,
}

/// In the port's words.
pub(crate) fn words(access: Access) -> &'static str {
    match access {
        Access::Private => "private (iam)",
        Access::Public => "public",
    }
}

/// Who may call it now.
pub(crate) async fn look(
    cloud: &Cloud,
    place: &Place,
    service: &Service,
) -> Result<Access, ProviderError> {
    let open = service.body.invoker_iam_disabled || everybody_may(cloud, place).await?;
    Ok(if open { Access::Public } else { Access::Private })
}

/// What must change, tried before where it may be forbidden. Writes nothing.
pub(crate) async fn prepare(
    cloud: &Cloud,
    place: &Place,
    service: &Service,
    wanted: Access,
) -> Result<Change, ProviderError> {
    let setting = service.body.invoker_iam_disabled;
    let role = everybody_may(cloud, place).await?;
    let nothing = Change { setting: None, everybody: None };
    match wanted {
        Access::Private => {
            Ok(Change { setting: setting.then_some(false), everybody: role.then_some(false) })
        }
        Access::Public if setting || role => Ok(nothing),
        Access::Public => match try_setting(cloud, place).await {
            Ok(()) => Ok(Change { setting: Some(true), ..nothing }),
            Err(error) if is_policy(&error) => Ok(Change { everybody: Some(true), ..nothing }),
            Err(error) => Err(error),
        },
    }
}

/// Changes the role, before the traffic: where the organisation forbids it too, it stays as it was.
///
/// # Errors
/// The policy that forbids it, with the line to write.
pub(crate) async fn bind(
    cloud: &Cloud,
    place: &Place,
    change: &Change,
) -> Result<(), ProviderError> {
    match change.everybody {
        None => Ok(()),
        Some(open) => give(cloud, place, open).await.map_err(|error| forbidden(error, place)),
    }
}

async fn everybody_may(cloud: &Cloud, place: &Place) -> Result<bool, ProviderError> {
    let call = Call::new("read who may call", &place.service);
    let asked = cloud.services.get_iam_policy().set_resource(place.service()).send().await;
    let policy = asked.map_err(|error| translate(call, error))?;
    Ok(policy.bindings.iter().any(|binding| {
        binding.role == INVOKER
            && binding.condition.is_none()
            && binding.members.iter().any(|member| member == EVERYBODY)
    }))
}

/// Whether the setting would be taken, without making it.
async fn try_setting(cloud: &Cloud, place: &Place) -> Result<(), ProviderError> {
    let body = Body::new().set_name(place.service()).set_invoker_iam_disabled(true);
    let asked = cloud.services.update_service().set_service(body);
    let asked = asked.set_update_mask(FieldMask::default().set_paths(["invoker_iam_disabled"]));
    let tried = asked.set_validate_only(true).with_idempotency(true).poller().until_done().await;
    let call = Call::new("make public", &place.service);
    tried.map(drop).map_err(|error| translate(call, error))
}

/// Gives everybody the role, or takes it from them. What others have stays.
async fn give(cloud: &Cloud, place: &Place, open: bool) -> Result<(), ProviderError> {
    let operation = if open { "make public" } else { "make private" };
    let call = Call::new(operation, &place.service);
    for left in (0..TRIES).rev() {
        let asked = cloud.services.get_iam_policy().set_resource(place.service()).send().await;
        let mut policy = asked.map_err(|error| translate(call, error))?;
        for binding in policy.bindings.iter_mut().filter(|binding| binding.role == INVOKER) {
            binding.members.retain(|member| member != EVERYBODY);
        }
        policy.bindings.retain(|binding| !binding.members.is_empty());
        if open {
            policy.bindings.push(Default::default());
            if let Some(binding) = policy.bindings.last_mut() {
                INVOKER.clone_into(&mut binding.role);
                binding.members.push(EVERYBODY.to_owned());
            }
        }
        let set = cloud.services.set_iam_policy().set_resource(place.service());
        let set = set.set_policy(policy).with_idempotency(true).send().await;
        match set.map_err(|error| translate(call, error)) {
            Err(error) if error.kind == ErrorKind::Conflict && left > 0 => {
                tokio::time::sleep(cloud.pace.poll).await;
            }
            outcome => return outcome.map(drop),
        }
    }
    Ok(())
}

/// Whether an organisation's policy is what stands in the way.
fn is_policy(error: &ProviderError) -> bool {
    let words = format!("{} {}", error.reason, error.hints.join(" ")).to_ascii_lowercase();
    POLICIES.iter().any(|policy| words.contains(policy))
}

fn forbidden(mut error: ProviderError, place: &Place) -> ProviderError {
    if !is_policy(&error) {
        return error;
    }
    let private = "write `access: private` in `targets.gcp`: callers then need the role \
                   `roles/run.invoker` and an identity token";
    let except = format!("or have `{}` excepted from the organisation's policy", place.project);
    // The policy's own hint is the beginning of this one.
    error.hints.retain(|hint| !private.starts_with(hint.as_str()));
    error.with_hint(private).with_hint(except)
}
