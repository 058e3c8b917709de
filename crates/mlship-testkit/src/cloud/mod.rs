//! What the stand-ins for clouds have in common: taking connections, recording calls, letting them
//! fail on demand. Knows no cloud.

pub(crate) mod call;
pub(crate) mod faults;
pub(crate) mod http;
pub(crate) mod process;
pub(crate) mod registries;
pub(crate) mod script;
pub(crate) mod served;
pub(crate) mod server;
pub(crate) mod tape;
pub(crate) mod time;
pub(crate) mod unpack;
