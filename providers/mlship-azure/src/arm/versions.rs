//! Which version of Azure's interface each kind of resource is spoken to in.
//!
//! Sources: the requests of azure-cli 2.91.0 and the vendor's Python clients of 2026-11-20.

/// The api-version of a resource type, whose parts and actions share it.
pub(crate) fn of(kind: &str) -> &'static str {
    let lower = kind.to_ascii_lowercase();
    let known = VERSIONS.iter().find(|(prefix, _)| lower.starts_with(prefix));
    known.map_or("2021-04-01", |(_, version)| version)
}

/// By lower-case beginning, the longer first where two could match.
const VERSIONS: [(&str, &str); 15] = [
    ("microsoft.web/", "2025-05-01"),
    ("microsoft.storage/", "2025-08-01"),
    ("microsoft.app/", "2026-07-01"),
    ("microsoft.containerinstance/", "2023-05-01"),
    ("microsoft.containerregistry/", "2025-11-01"),
    ("microsoft.managedidentity/", "2024-11-30"),
    ("microsoft.authorization", "2022-04-01"),
    ("microsoft.insights/components/query", "2018-04-20"),
    ("microsoft.insights/", "2020-02-02"),
    ("microsoft.operationalinsights/workspaces/query", "2017-10-01"),
    ("microsoft.operationalinsights/workspaces/sharedkeys", "2025-07-01"),
    ("microsoft.operationalinsights/", "2023-09-01"),
    ("microsoft.resources/tags", "2021-04-01"),
    ("resourcegroups", "2024-11-01"),
    ("subscriptions", "2022-12-01"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_shares_the_version_of_its_resource() {
        assert_eq!(of("Microsoft.Web/sites/slots"), of("Microsoft.Web/serverfarms"));
        assert_eq!(of("resourceGroups"), "2024-11-01");
        assert_eq!(of("Microsoft.Insights/components/query"), "2018-04-20");
        assert_eq!(of("Microsoft.Insights/components"), "2020-02-02");
    }
}
