//! Conditions in the query: `ifGenerationMatch` and its like.

use serde_json::Value;

use crate::gcp::discovery::Ask;
use crate::gcp::error::Refusal;

/// The conditions of a call on what is there; a missing object has generation 0.
///
/// # Errors
/// 412 when one is not met.
pub(super) fn hold(ask: &Ask<'_>, is: Option<&Value>) -> Result<(), Refusal> {
    for (prefix, member) in [("ifGeneration", "generation"), ("ifMetageneration", "metageneration")]
    {
        let now = is.and_then(|is| is[member].as_str()).unwrap_or("0");
        let wanted = ask.query(&format!("{prefix}Match"));
        let unwanted = ask.query(&format!("{prefix}NotMatch"));
        if wanted.is_some_and(|wanted| wanted != now) || unwanted == Some(now) {
            let message = "At least one of the pre-conditions you specified did not hold.";
            return Err(Refusal::new(412, "FAILED_PRECONDITION", message));
        }
    }
    Ok(())
}
