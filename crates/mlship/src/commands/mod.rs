//! One file a command: its flags, and what it does.

pub(crate) mod check_limits;
pub(crate) mod completions;
pub(crate) mod convert;
pub(crate) mod deploy;
pub(crate) mod destroy;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod invoke;
pub(crate) mod logs;
pub(crate) mod package;
pub(crate) mod plan;
pub(crate) mod promote;
pub(crate) mod rollback;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod status;
pub(crate) mod supervise;
