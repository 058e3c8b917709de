//! What all kinds of Azure Functions share: settings, keys, the host's own word on how it is, logs.
//! Each works for an app and for a slot of one.

mod describe;
mod host;
mod logs;
mod settings;

pub(crate) use describe::{Shown, describe};
pub(crate) use host::{Hosts, Keys, door, sync, until_ready};
pub(crate) use logs::logs;
pub(crate) use settings::Settings;
