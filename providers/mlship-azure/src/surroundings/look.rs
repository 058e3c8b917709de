//! Looks at a list of resources, and says what would change. Reads only.

use mlship_core::plan::Step;
use mlship_core::provider::ProviderError;
use serde_json::Value;

use crate::arm::{Arm, Call};
use crate::error::foreign;
use crate::resource::{Resource, Standing};

/// A resource as it should be, beside what is there.
#[derive(Debug, Clone)]
pub(crate) struct Looked {
    pub(crate) resource: Resource,
    pub(crate) found: Option<Value>,
    pub(crate) standing: Standing,
}

impl Looked {
    /// Beside what was found before.
    pub(crate) fn at(resource: Resource, found: Option<Value>) -> Self {
        let standing = resource.standing(found.as_ref());
        Self { resource, found, standing }
    }

    /// The change that it takes.
    pub(crate) fn step(&self) -> Option<Step> {
        self.resource.step(&self.standing)
    }
}

/// Looks at each, in order. What is below one that is not there is not asked for. What was not
/// made for this service is refused.
pub(crate) async fn look(
    arm: &Arm,
    resources: impl IntoIterator<Item = Resource>,
) -> Result<Vec<Looked>, ProviderError> {
    let mut all: Vec<Looked> = Vec::new();
    for resource in resources {
        let absent = |one: &Looked| {
            let below = format!("{}/", one.resource.id).to_ascii_lowercase();
            one.found.is_none() && resource.id.as_str().to_ascii_lowercase().starts_with(&below)
        };
        let found = match all.iter().any(absent) {
            true => None,
            false => {
                let operation = format!("look at the {}", resource.noun);
                let call = Call { operation: &operation, resource: resource.id.name() };
                arm.get(call, &resource.id).await?
            }
        };
        let looked = Looked::at(resource, found);
        refuse_foreign(&looked)?;
        all.push(looked);
    }
    Ok(all)
}

/// Nothing that somebody else made is touched.
pub(crate) fn refuse_foreign(looked: &Looked) -> Result<(), ProviderError> {
    let Looked { resource, standing, .. } = looked;
    match standing {
        Standing::Foreign => {
            let operation = format!("use the {}", resource.noun);
            Err(foreign(&operation, resource.noun, resource.id.name()))
        }
        _ => Ok(()),
    }
}
