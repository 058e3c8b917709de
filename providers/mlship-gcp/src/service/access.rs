//! Who may call a service, and how that is changed: by the service's own setting, or, where an
//! organisation forbids it, by a role for everybody.
//!
//! Source: <https://cloud.google.com/run/docs/authenticating/public>, 2026-11-20.

use google_cloud_lro::Poller as _;
use google_cloud_run_v2::model::Service;
use google_cloud_wkt::FieldMask;
use mlship_core::plan::Difference;
use mlship_core::provider::{ErrorKind, ProviderError};

use crate::config::Access;
use crate::connect::Cloud;
use crate::error;
use crate::names::Place;

/// The role of those who may call.
const INVOKER: &str = "roles/run.invoker";
/// Everybody, signed in or not.
const EVERYBODY: &str = "allUsers";
/// The path of the service's own setting in a change.
pub(super) const SETTING: &str = "invoker_iam_disabled";

/// How a service stands open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Doors {
    /// The service asks nobody for a role.
    pub(super) setting: Door,
    /// Everybody has the role.
    pub(super) role: Door,
}

/// One way in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Door {
    #[default]
    Shut,
    Open,
}

impl Door {
    fn when(open: bool) -> Self {
        if open { Self::Open } else { Self::Shut }
    }

    pub(super) fn is_open(self) -> bool {
        self == Self::Open
    }
}

impl Doors {
    /// As they are.
    pub(super) async fn look(
        cloud: &Cloud,
        place: &Place,
        service: &Service,
    ) -> Result<Self, ProviderError> {
        let asked = cloud.services.get_iam_policy().set_resource(place.service());
        let policy = asked.send().await;
        let policy =
            policy.map_err(|e| error::of("read who may call", &place.service, e))?;
        let role = policy.bindings.iter().any(|binding| {
            binding.role == INVOKER
                && binding.condition.is_none()
                && binding.members.iter().any(|member| member == EVERYBODY)
        });
        Ok(Self { setting: Door::when(service.invoker_iam_disabled), role: Door::when(role) })
    }

    /// What it comes to.
    pub(super) fn access(self) -> Access {
        match self.setting.is_open() || self.role.is_open() {
            true => Access::Public,
            false => Access::Private,
        }
    }
}

/// In the port's words.
pub(super) fn words(access: Access) -> &'static str {
    match access {
        Access::Private => "private (iam)",
        Access::Public => "public",
    }
}

/// How it changes, when it does. A service that is not there yet is nobody's to call.
pub(super) fn difference(now: Option<Access>, then: Access) -> Option<Difference> {
    let from = now.map(|now| now.as_str().to_owned());
    (now != Some(then)).then(|| Difference {
        field: "access".to_owned(),
        from,
        to: Some(then.as_str().to_owned()),
    })
}

/// Opens or shuts the door of the role, and says how the service's own setting is to be: it is
/// changed with the traffic, in one call. Nothing is done when both are as they should be.
///
/// # Errors
/// [`ErrorKind::Refused`] when the organisation forbids both ways of being public.
pub(super) async fn prepare(
    cloud: &Cloud,
    place: &Place,
    service: &Service,
    access: Access,
) -> Result<Door, ProviderError> {
    let now = Doors::look(cloud, place, service).await?;
    match access {
        Access::Private => {
            if now.role.is_open() {
                give(cloud, place, Door::Shut).await?;
            }
            Ok(Door::Shut)
        }
        Access::Public if now.access() == Access::Public => Ok(now.setting),
        Access::Public => match try_setting(cloud, place).await {
            Ok(()) => Ok(Door::Open),
            Err(error) if is_policy(&error) => {
                give(cloud, place, Door::Open).await.map_err(|error| both(error, place))?;
                Ok(Door::Shut)
            }
            Err(error) => Err(error),
        },
    }
}

/// Whether the setting would be taken, without making it.
async fn try_setting(cloud: &Cloud, place: &Place) -> Result<(), ProviderError> {
    let service = Service::new().set_name(place.service()).set_invoker_iam_disabled(true);
    let tried = cloud.services.update_service().set_service(service);
    let tried = tried.set_update_mask(FieldMask::default().set_paths([SETTING]));
    let tried = tried.set_validate_only(true).poller().until_done().await;
    tried.map(|_| ()).map_err(|e| error::of("make public", &place.service, e))
}

/// Gives everybody the role, or takes it from them; what others have stays.
async fn give(cloud: &Cloud, place: &Place, door: Door) -> Result<(), ProviderError> {
    let operation = match door {
        Door::Open => "make public",
        Door::Shut => "make private",
    };
    let told = |e| error::of(operation, &place.service, e);
    let asked = cloud.services.get_iam_policy().set_resource(place.service());
    let mut policy = asked.send().await.map_err(told)?;
    for binding in policy.bindings.iter_mut().filter(|binding| binding.role == INVOKER) {
        binding.members.retain(|member| member != EVERYBODY);
    }
    policy.bindings.retain(|binding| !binding.members.is_empty());
    if door.is_open() {
        let mut of_all = policy.bindings.iter_mut();
        match of_all.find(|one| one.role == INVOKER && one.condition.is_none()) {
            Some(binding) => binding.members.push(EVERYBODY.to_owned()),
            None => policy.bindings.push(Default::default()),
        }
        if let Some(new) = policy.bindings.last_mut().filter(|binding| binding.role.is_empty()) {
            INVOKER.clone_into(&mut new.role);
            new.members.push(EVERYBODY.to_owned());
        }
    }
    let set = cloud.services.set_iam_policy().set_resource(place.service()).set_policy(policy);
    set.send().await.map(|_| ()).map_err(told)
}

/// Whether an organisation's policy is what stands in the way.
fn is_policy(error: &ProviderError) -> bool {
    error.kind == ErrorKind::Refused && error.to_string().contains("constraints/")
}

fn both(error: ProviderError, place: &Place) -> ProviderError {
    if !is_policy(&error) {
        return error;
    }
    let project = &place.project;
    error
        .with_hint("write `access: private` in `targets.gcp`: callers then need the role and a token")
        .with_hint(format!(
            "or ask an administrator of the organisation to except `{project}` from the policy"
        ))
}
