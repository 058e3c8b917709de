//! Chains that become one operator; that they answer alike is shown with the trained models.

use crate::cases::generate;
use mlship_bundle::program::ONE_HOT_COLUMNS;
use mlship_compile::classical;

#[test]
fn encoders_of_columns_are_one_operator_where_their_tables_are_known() {
    let cases = generate("models.py", &[]);
    for (name, is_fused) in [
        ("table_onehot_logistic", true),
        ("table_onehot_integers", true),
        // Categories that were put together before are not in the chain.
        ("table_onehot_infrequent", false),
        // What is imputed by `Where` may have any number of dimensions.
        ("table_imputed_names", false),
    ] {
        let case = cases.iter().find(|case| case.name == name).unwrap();
        let program = classical(&case.model(), &case.file()).unwrap();
        let has = |name: &str| program.windows(name.len()).any(|part| part == name.as_bytes());
        assert_eq!(has(ONE_HOT_COLUMNS), is_fused, "{name}");
        assert_eq!(has("ai.onnx.ml.OneHotEncoder"), !is_fused, "{name}");
    }
}
