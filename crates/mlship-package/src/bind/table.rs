//! Named columns, bound to the model's inputs: by name, or left to right.

use mlship_bundle::{
    Categories, Column, ColumnKind, Element, Filler, Input, Packed, Port, Stranger, Unit,
};
use mlship_core::finding::{Finding, Report};
use mlship_core::project::{self, Presence};
use mlship_core::reader::nearest;

use super::width;

/// Binds the columns, or reports every one that does not fit.
pub(super) fn table(columns: &[project::Column], inputs: &[Port], report: &mut Report) -> Input {
    let by_name = inputs.len() > 1 && inputs.iter().all(|port| width(port) == Some(1));
    let bound = if by_name {
        bind_by_name(columns, inputs, report)
    } else {
        bind_in_order(columns, inputs, report)
    };
    for (port, group) in &bound {
        for column in group {
            check_kind(column, port, report);
        }
    }
    let packed = bound.into_iter().map(|(port, group)| Packed {
        input: port.name.clone(),
        element: port.element,
        columns: group.into_iter().map(bundled).collect(),
    });
    Input::Table(packed.collect())
}

/// An input of the model, and the columns that fill it.
type Bound<'a> = (&'a Port, Vec<&'a project::Column>);

/// One input a column: by name, in whatever order the manifest has them.
fn bind_by_name<'a>(
    columns: &'a [project::Column],
    inputs: &'a [Port],
    report: &mut Report,
) -> Vec<Bound<'a>> {
    for column in columns {
        if !inputs.iter().any(|port| port.name == column.name) {
            let mut finding =
                Finding::error("model/column", format!("the model has no input `{}`", column.name))
                    .at(column.span.clone())
                    .label("no such input");
            if let Some(near) = nearest(&column.name, inputs.iter().map(|port| port.name.as_str()))
            {
                finding = finding.hint(format!("did you mean `{near}`?"));
            }
            report.push(finding);
        }
    }
    let find = |port: &Port| columns.iter().find(|column| column.name == port.name);
    let missing: Vec<&str> =
        inputs.iter().filter(|port| find(port).is_none()).map(|port| port.name.as_str()).collect();
    if !missing.is_empty() {
        report.push(
            Finding::error(
                "model/column",
                format!("the model's inputs `{}` have no column", missing.join("`, `")),
            )
            .hint(format!("add them under `input.table.columns`: `{}: float`", missing[0])),
        );
    }
    // In the manifest's order, which is that of a request without names.
    let port = |column: &project::Column| inputs.iter().find(|port| port.name == column.name);
    columns.iter().filter_map(|column| Some((port(column)?, vec![column]))).collect()
}

/// Wide inputs: filled left to right, each with as many columns as it is wide.
fn bind_in_order<'a>(
    columns: &'a [project::Column],
    inputs: &'a [Port],
    report: &mut Report,
) -> Vec<Bound<'a>> {
    if inputs.iter().any(|port| port.shape.len() != 2) {
        report.push(
            Finding::error(
                "model/table",
                "the model does not take a table: an input is not two-dimensional",
            )
            .hint("use `input: {tensor: {}}`"),
        );
        return Vec::new();
    }
    let open = if inputs.len() == 1 { columns.len() } else { 1 };
    let widths: Vec<usize> = inputs.iter().map(|port| width(port).unwrap_or(open)).collect();
    let wanted: usize = widths.iter().sum();
    if wanted != columns.len() {
        report.push(
            Finding::error(
                "model/column-count",
                format!("the model takes {wanted} columns, the manifest has {}", columns.len()),
            )
            .hint("list one column for each, in the order that the model was trained on"),
        );
    }
    let mut rest = columns.iter();
    let groups = widths.iter().map(|wide| rest.by_ref().take(*wide).collect());
    inputs.iter().zip(groups).collect()
}

fn check_kind(column: &project::Column, port: &Port, report: &mut Report) {
    let text_column = column.kind == project::ColumnKind::String;
    let text_input = port.element == Element::String;
    if text_column != text_input {
        let (have, want) = if text_input { ("a number", "string") } else { ("text", "float") };
        report.push(
            Finding::error(
                "model/column-type",
                format!(
                    "column `{}` is {have}, the model takes {}",
                    column.name,
                    if text_input { "text" } else { "a number" }
                ),
            )
            .at(column.span.clone())
            .hint(format!("write `{}: {want}`", column.name)),
        );
    }
    let whole = matches!(port.element, Element::I32 | Element::I64 | Element::Bool);
    if whole && column.presence == Presence::Optional && column.default.is_none() {
        report.push(
            Finding::error(
                "model/column-type",
                format!(
                    "column `{}` cannot be left out: the model takes a whole number",
                    column.name
                ),
            )
            .at(column.span.clone())
            .hint("take the `?` away, or say a `default`"),
        );
    }
}

fn bundled(column: &project::Column) -> Column {
    let filler = |filler: &project::Filler| match filler {
        project::Filler::Bool(value) => Filler::Bool(*value),
        project::Filler::Int(value) => Filler::Int(*value),
        project::Filler::Float(value) => Filler::Float(*value),
        project::Filler::Text(value) => Filler::Text(value.clone()),
    };
    let categories = |categories: &project::Categories| Categories {
        names: categories.names.clone(),
        unknown: match categories.unknown {
            project::Stranger::Refuse => Stranger::Refuse,
            project::Stranger::Missing => Stranger::Missing,
            project::Stranger::Pass => Stranger::Pass,
        },
    };
    Column {
        name: column.name.clone(),
        kind: kind(column.kind),
        optional: column.presence == Presence::Optional,
        default: column.default.as_ref().map(filler),
        categories: column.categories.as_ref().map(categories),
    }
}

fn kind(kind: project::ColumnKind) -> ColumnKind {
    let unit = |unit| match unit {
        project::Unit::Days => Unit::Days,
        project::Unit::Seconds => Unit::S,
        project::Unit::Milliseconds => Unit::Ms,
        project::Unit::Microseconds => Unit::Us,
        project::Unit::Nanoseconds => Unit::Ns,
    };
    match kind {
        project::ColumnKind::Float => ColumnKind::Float,
        project::ColumnKind::Int => ColumnKind::Int,
        project::ColumnKind::String => ColumnKind::String,
        project::ColumnKind::Bool => ColumnKind::Bool,
        project::ColumnKind::Date(of) => ColumnKind::Date(unit(of)),
        project::ColumnKind::Datetime(of) => ColumnKind::Datetime(unit(of)),
    }
}
