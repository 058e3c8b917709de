//! The reference page says what the data says.

use crate::support::{all, golden, root};

#[test]
fn the_reference_page_is_in_step() {
    golden(&root().join("docs/reference/limits.md"), &mlship_limits::page::markdown(&all()));
}
