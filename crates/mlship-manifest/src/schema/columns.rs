//! `input.table` as it is written, for its schema alone.
#![expect(dead_code, reason = "only their schema is used")]

use schemars::JsonSchema;

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub(super) enum Format {
    Arrow,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Column {
    Word(ColumnType),
    Long(LongColumn),
}

#[derive(JsonSchema)]
pub(super) enum ColumnType {
    #[schemars(rename = "float")]
    Float,
    #[schemars(rename = "float?")]
    OptionalFloat,
    #[schemars(rename = "int")]
    Int,
    #[schemars(rename = "int?")]
    OptionalInt,
    #[schemars(rename = "string")]
    String,
    #[schemars(rename = "string?")]
    OptionalString,
    #[schemars(rename = "bool")]
    Bool,
    #[schemars(rename = "bool?")]
    OptionalBool,
    #[schemars(rename = "date")]
    Date,
    #[schemars(rename = "date?")]
    OptionalDate,
    #[schemars(rename = "datetime")]
    Datetime,
    #[schemars(rename = "datetime?")]
    OptionalDatetime,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct LongColumn {
    /// What its values are. A ? after the type means that the value may be absent or null.
    r#type: ColumnType,
    /// What stands for a value that is absent or null.
    default: Option<Filler>,
    /// The only texts that the column takes.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    categories: Option<Vec<String>>,
    /// What becomes of a text that is none of them: the request is refused, it counts as a value
    /// that is not there (missing), or the model takes it as it is (pass).
    #[schemars(extend("default" = "refuse"))]
    unknown: Option<Stranger>,
    /// What the model counts dates in, from 1970-01-01 in UTC; days for a date, s for a datetime.
    unit: Option<Unit>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Filler {
    Bool(bool),
    Number(f64),
    Text(String),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Stranger {
    Refuse,
    Missing,
    Pass,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Unit {
    Days,
    S,
    Ms,
    Us,
    Ns,
}
