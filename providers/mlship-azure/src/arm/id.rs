//! The names that Azure Resource Manager gives to what exists.

use std::fmt;

/// The whole name of something: `/subscriptions/…/providers/Microsoft.Web/sites/heart`.
/// Azure takes any case for it; it is compared without regard to case.
#[derive(Debug, Clone)]
pub(crate) struct Id(String);

impl Id {
    /// A name that Azure gave.
    pub(crate) fn of(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A resource group.
    pub(crate) fn group(subscription: &str, group: &str) -> Self {
        Self(format!("/subscriptions/{subscription}/resourceGroups/{group}"))
    }

    /// A resource of a group, or one that extends another: `Microsoft.Web/sites`, its name.
    #[must_use]
    pub(crate) fn resource(&self, of_type: &str, name: &str) -> Self {
        Self(format!("{self}/providers/{of_type}/{name}"))
    }

    /// A part of a resource: `slots`, its name.
    #[must_use]
    pub(crate) fn part(&self, of_type: &str, name: &str) -> Self {
        Self(format!("{self}/{of_type}/{name}"))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Its own name, the last word.
    pub(crate) fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// `Microsoft.Web/sites/slots`; `resourceGroups` for a group.
    pub(crate) fn kind(&self) -> String {
        let Some((_, own)) = self.0.rsplit_once("/providers/") else {
            return "resourceGroups".to_owned();
        };
        let mut words = own.split('/');
        let mut kind = words.next().unwrap_or_default().to_owned();
        for word in words.step_by(2) {
            kind.push('/');
            kind.push_str(word);
        }
        kind
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Id {}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_what_it_is_of() {
        let group = Id::group("1234", "mlship-heart");
        assert_eq!((group.kind().as_str(), group.name()), ("resourceGroups", "mlship-heart"));
        let site = group.resource("Microsoft.Web/sites", "heart");
        assert_eq!((site.kind().as_str(), site.name()), ("Microsoft.Web/sites", "heart"));
        let slot = site.part("slots", "next");
        assert_eq!(slot.kind(), "Microsoft.Web/sites/slots");
        let role = site.resource("Microsoft.Authorization/roleAssignments", "guid");
        assert_eq!(role.kind(), "Microsoft.Authorization/roleAssignments");
        assert_eq!(site, Id::of(site.as_str().to_uppercase()));
    }
}
