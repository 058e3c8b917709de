//! Who may call, in words. Pure.

use mlship_core::plan::Difference;

use crate::config::Access;
use crate::resource::differ;

/// Who may call, as a deployment says it.
pub(crate) fn words(access: Access) -> &'static str {
    match access {
        Access::Key => "private (key)",
        Access::Public => "public",
    }
}

/// The change from what is live, as a plan says it; `None` when there is none to make.
pub(crate) fn change(live: Option<Access>, wanted: Access) -> Option<Difference> {
    let live = live.filter(|live| *live != wanted)?;
    Some(differ("access", Some(live.as_str()), Some(wanted.as_str())))
}

/// By whether there is a key to show.
pub(crate) fn by_key(key: Option<&str>) -> Access {
    match key {
        Some(key) if !key.is_empty() => Access::Key,
        _ => Access::Public,
    }
}
