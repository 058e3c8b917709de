//! The types that exist, and the hosts that are handed out. A new one is one line here.

use super::http::{Request, Response};
use super::resource_type::ResourceType;
use super::server::Shared;
use super::{containers, insights, storage, web};

/// Every resource type.
pub(super) static TYPES: &[&dyn ResourceType] = &[
    // Storage
    &storage::Accounts,
    &storage::Containers,
    // Web
    &web::Plans,
    &web::Sites,
    &web::Slots,
    // Logs
    &insights::Workspaces,
    &insights::Components,
    // Containers
    &containers::Registries,
    &containers::Identities,
    &containers::RoleAssignments,
    &containers::Environments,
    &containers::Apps,
    &containers::Groups,
];

/// What answers for a host that is not Resource Manager, or for a path that is not its own: each is
/// asked in turn, and says `None` when the call is not for it. They take the lock on the state
/// themselves and must not hold it while they call what a test gave.
pub(super) static HOSTS: &[fn(&Shared, &Request) -> Option<Response>] = &[
    // Hosts
    web::scm,
    web::sites,
    containers::registry_hosts,
    containers::apps_hosts,
    containers::group_hosts,
    // Paths
    storage::blobs,
];

/// The type with this name, whatever its case.
pub(super) fn find(name: &str) -> Option<&'static dyn ResourceType> {
    TYPES.iter().copied().find(|kind| kind.name().eq_ignore_ascii_case(name))
}
