//! The settings of an app, which its host and its program see as environment variables. Those that
//! mlship did not set are kept.

use std::collections::BTreeMap;

use mlship_core::plan::Difference;
use mlship_core::provider::ProviderError;
use serde_json::{Map, Value, json};

use crate::arm::{Arm, Call, Id};
use crate::resource::differ;

/// What these begin with was set by mlship, and is taken away when it is not wanted any more.
const OURS: &str = "MLSHIP_";

/// Settings by name. Values are secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Settings(pub(crate) BTreeMap<String, String>);

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl<'s, V: Into<String>> FromIterator<(&'s str, V)> for Settings {
    fn from_iter<I: IntoIterator<Item = (&'s str, V)>>(all: I) -> Self {
        Self(all.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
    }
}

impl Settings {
    /// Those of an app or slot.
    pub(crate) async fn read(arm: &Arm, app: &Id) -> Result<Self, ProviderError> {
        let call = Call { operation: "read the settings of", resource: app.name() };
        let found = arm.post(call, app, "config/appsettings/list", &Value::Null).await?;
        let all = found["properties"].as_object();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let pairs = all.into_iter().flatten();
        Ok(Self(pairs.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()))
    }

    /// Replaces the whole set of an app or slot.
    pub(crate) async fn write(&self, arm: &Arm, app: &Id) -> Result<(), ProviderError> {
        let call = Call { operation: "set the settings of", resource: app.name() };
        let all = self.0.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        let body = json!({"properties": all.collect::<Map<_, _>>()});
        arm.put(call, &app.part("config", "appsettings"), &body).await.map(|_| ())
    }

    /// One of them.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// As the body of a new app has them: a list of names and values.
    pub(crate) fn list(&self) -> Value {
        let one = |(name, value): (&String, &String)| json!({"name": name, "value": value});
        self.0.iter().map(one).collect()
    }

    /// What is written so that `wanted` holds: what others have set stays.
    #[must_use]
    pub(crate) fn with(&self, wanted: &Self) -> Self {
        let kept = self.0.iter().filter(|(name, _)| !name.starts_with(OURS));
        let wanted = wanted.0.iter();
        Self(kept.chain(wanted).map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// What differs from `wanted`, without the values.
    pub(crate) fn differences_to(&self, wanted: &Self) -> Vec<Difference> {
        let then = self.with(wanted);
        let mut names: Vec<&String> = self.0.keys().chain(then.0.keys()).collect();
        names.sort();
        names.dedup();
        let differs = |name: &&String| self.0.get(*name) != then.0.get(*name);
        let words = |name: &String| {
            let field = format!("setting.{name}");
            match (self.0.contains_key(name), then.0.contains_key(name)) {
                (true, true) => differ(&field, Some("set"), Some("changed")),
                (was, is) => differ(&field, was.then_some("set"), is.then_some("set")),
            }
        };
        names.into_iter().filter(differs).map(words).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_have_set_stays_and_no_value_is_shown() {
        let was: Settings =
            [("TEAM", "a"), ("MLSHIP_MODEL_STORE", "old"), ("KEY", "old")].into_iter().collect();
        let wanted: Settings = [("KEY", "new"), ("MORE", "secret")].into_iter().collect();
        let then = was.with(&wanted);
        let names: Vec<&String> = then.0.keys().collect();
        assert_eq!(names, ["KEY", "MORE", "TEAM"]);
        let expected = [
            differ("setting.KEY", Some("set"), Some("changed")),
            differ("setting.MLSHIP_MODEL_STORE", Some("set"), None),
            differ("setting.MORE", None, Some("set")),
        ];
        assert_eq!(was.differences_to(&wanted), expected);
        assert_eq!(then.differences_to(&wanted), []);
        assert!(!format!("{then:?}").contains("secret"));
    }
}
