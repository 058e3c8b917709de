//! `mlship schema`: the manifest's JSON Schema.

use crate::context::Context;
use crate::failure::Failure;
use crate::providers;

pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let schema = mlship_manifest::schema(providers::schemas());
    context.out(&format!("{schema:#}"));
    Ok(())
}
