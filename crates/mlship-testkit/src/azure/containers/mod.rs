//! What runs images: registries, the identities and roles that let something pull from them,
//! container apps and container groups. An image is pulled when what runs it is made, and kept
//! with it; a call is answered by the function that the test gave.
//!
//! Where things are: `registries` and `gate` are a registry as a resource and as a host, `pull`
//! says who gets an image, `apps` and `groups` are what runs it, `key` is who may call it.

mod apps;
mod call;
mod environments;
mod gate;
mod groups;
mod identities;
mod key;
mod locations;
mod logs;
mod profiles;
mod pull;
mod registries;
mod replicas;
mod revisions;
mod roles;
mod secrets;
mod template;
mod tokens;
mod traffic;
mod wanted;

pub(super) use apps::{Apps, apps_hosts};
pub(super) use call::answered;
pub(super) use environments::Environments;
pub(super) use gate::registry_hosts;
pub(super) use groups::{Groups, group_hosts};
pub(super) use identities::Identities;
pub(super) use pull::pulled;
pub(super) use registries::{Registries, image_names};
pub(super) use roles::RoleAssignments;

#[cfg(test)]
mod tests;
