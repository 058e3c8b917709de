//! The sizes of plans.

/// A size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sku {
    pub(super) name: &'static str,
    pub(super) tier: &'static str,
    pub(super) family: &'static str,
    /// How many slots a site may have beside the one that it is.
    pub(super) slots: usize,
    /// Which sites may run on it.
    pub(super) runs: Runs,
}

/// Which sites may run on a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runs {
    /// Functions alone, and one app for each plan.
    OneFunctionApp,
    /// Functions alone.
    Functions,
    /// Functions and web apps.
    All,
}

const fn sku(
    name: &'static str,
    tier: &'static str,
    family: &'static str,
    slots: usize,
    runs: Runs,
) -> Sku {
    Sku { name, tier, family, slots, runs }
}

/// <https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#azure-app-service-limits>
const ALL: &[Sku] = &[
    sku("FC1", "FlexConsumption", "FC", 0, Runs::OneFunctionApp),
    sku("EP1", "ElasticPremium", "EP", 2, Runs::Functions),
    sku("EP2", "ElasticPremium", "EP", 2, Runs::Functions),
    sku("EP3", "ElasticPremium", "EP", 2, Runs::Functions),
    sku("B1", "Basic", "B", 0, Runs::All),
    sku("B2", "Basic", "B", 0, Runs::All),
    sku("B3", "Basic", "B", 0, Runs::All),
    sku("S1", "Standard", "S", 4, Runs::All),
    sku("S2", "Standard", "S", 4, Runs::All),
    sku("S3", "Standard", "S", 4, Runs::All),
    sku("P0v3", "Premium0V3", "Pv3", 19, Runs::All),
    sku("P1v3", "PremiumV3", "Pv3", 19, Runs::All),
    sku("P2v3", "PremiumV3", "Pv3", 19, Runs::All),
    sku("P3v3", "PremiumV3", "Pv3", 19, Runs::All),
    sku("P1mv3", "PremiumMV3", "Pmv3", 19, Runs::All),
    sku("P2mv3", "PremiumMV3", "Pmv3", 19, Runs::All),
    sku("P3mv3", "PremiumMV3", "Pmv3", 19, Runs::All),
    sku("P4mv3", "PremiumMV3", "Pmv3", 19, Runs::All),
    sku("P5mv3", "PremiumMV3", "Pmv3", 19, Runs::All),
];

/// A size by its name, whatever its case.
pub(super) fn find(name: &str) -> Option<Sku> {
    ALL.iter().copied().find(|sku| sku.name.eq_ignore_ascii_case(name))
}

/// Whether a location has a tier. Flex Consumption is not in all of them.
pub(super) fn is_in(tier: &str, location: &str) -> bool {
    !(tier.eq_ignore_ascii_case("FlexConsumption") && location == "westus")
}
