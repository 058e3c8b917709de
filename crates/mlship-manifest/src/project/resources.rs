//! `resources`: what the service needs to run. What a provider gives is the provider's to check.

use mlship_core::project::Resources;
use mlship_core::reader::{Located, Reader};

use super::unwritten;

/// A whole number with a default and bounds.
pub(crate) struct Setting {
    /// The key, with its unit.
    pub(crate) key: &'static str,
    /// What it is when not written.
    pub(crate) default: u32,
    /// The least that makes sense.
    pub(crate) least: u32,
    /// The most that any machine has.
    pub(crate) most: u32,
}

/// Memory in MiB: 64 MiB hold the smallest model, 1 TiB is the largest machine to be had.
pub(crate) const MEMORY_MB: Setting =
    Setting { key: "memory-mb", default: 512, least: 64, most: 1_048_576 };

/// The longest a request may take, in seconds, up to a day.
pub(crate) const TIMEOUT_S: Setting =
    Setting { key: "timeout-s", default: 30, least: 1, most: 86_400 };

/// Scratch disk in MiB; a model that writes nothing needs none.
pub(crate) const DISK_MB: Setting =
    Setting { key: "disk-mb", default: 512, least: 0, most: 1_048_576 };

/// Requests that one instance serves at once; Cloud Run's 1000 is the most anywhere.
pub(crate) const CONCURRENCY: Setting =
    Setting { key: "concurrency", default: 1, least: 1, most: 1000 };

pub(super) fn read(reader: &mut Reader<'_>) -> Resources {
    let mut table = reader.table("resources");
    let place = table.as_ref().map_or_else(|| reader.place(), Reader::place);
    let mut setting = |setting: Setting| -> Located<u32> {
        let range = i64::from(setting.least)..=i64::from(setting.most);
        table
            .as_mut()
            .and_then(|table| table.integer(setting.key, range))
            .and_then(|number| {
                Some(Located { value: u32::try_from(number.value).ok()?, span: number.span })
            })
            .unwrap_or_else(|| unwritten(setting.default, place.clone()))
    };
    let resources = Resources {
        memory_mb: setting(MEMORY_MB),
        timeout_s: setting(TIMEOUT_S),
        disk_mb: setting(DISK_MB),
        concurrency: setting(CONCURRENCY),
    };
    if let Some(table) = table {
        table.finish();
    }
    resources
}
