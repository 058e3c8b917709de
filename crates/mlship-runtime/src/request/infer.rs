//! Requests of the Open Inference Protocol: the model's own tensors, each with its name, its
//! datatype and its shape, as JSON or as bytes behind the JSON
//! (<https://github.com/kserve/open-inference-protocol>,
//! <https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md>).
//! What is made of a request holds as much as its body, times a small number.

mod asked;
mod binary;
mod datatype;
mod lists;
mod shape;
mod wire;

use mlship_bundle::{Bundle, Element, Input, Port};

use super::number::{Fault, Range, Target};
use super::refuse::echo;
use super::{Answers, Form, Reader, Request, Run};
use crate::nearest::nearest;
use crate::problem::{Kind, Problem};
use crate::tensor::{Tensor, Values};
pub use asked::{Asked, Coding};
pub(crate) use datatype::Datatype;
pub(crate) use shape::dimensions;
use wire::{Given, Wire};

/// What a host says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many of the bytes are JSON; all of them where nothing is said.
    pub json_bytes: Option<usize>,
    /// What the answer may be.
    pub carries: Carries,
}

/// What a host carries back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// Any bytes.
    Bytes,
    /// Text alone.
    Text,
}

/// The tensors that one bundle takes and gives.
pub(crate) struct Infer {
    /// The model's name.
    pub(crate) name: String,
    /// What callers give: the model's own inputs, or its text.
    pub(crate) inputs: Vec<Port>,
    /// The model's own.
    pub(crate) outputs: Vec<Port>,
    range: Range,
    rows: usize,
    alike: Alike,
}

/// Whether the inputs must have one number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alike {
    /// They are parts of one table.
    Rows,
    /// The model alone knows.
    Nothing,
}

impl Infer {
    pub(crate) fn new(bundle: &Bundle) -> Self {
        let model = &bundle.model;
        let inputs = match &bundle.input {
            Input::Text(text) => {
                vec![Port { name: text.field.clone(), element: Element::String, shape: vec![None] }]
            }
            _ => model.inputs.clone(),
        };
        let alike = match &bundle.input {
            Input::Table(_) => Alike::Rows,
            _ => Alike::Nothing,
        };
        Self {
            name: bundle.name.clone(),
            inputs,
            outputs: model.outputs.clone(),
            range: Range::of(model.engine),
            rows: bundle.bounds.rows,
            alike,
        }
    }

    /// Reads one request; `reader` makes of text what the model takes.
    pub(crate) fn read(
        &self,
        body: &[u8],
        head: Head,
        reader: &Reader,
    ) -> Result<Request, Problem> {
        let (json, rest) = parts(body, head.json_bytes)?;
        let wire = wire::read(json)?;
        let asked = asked::read(&wire, &self.outputs, head.carries)?;
        let tensors = self.tensors(&wire, rest, head)?;
        let runs = match reader {
            #[cfg(feature = "networks")]
            Reader::Text(texts) => match tensors.first() {
                Some(tensor) => texts.runs_of(&tensor.values)?,
                None => Vec::new(),
            },
            _ => vec![Run { inputs: tensors, answers: Answers::Whole }],
        };
        Ok(Request { runs, form: Form::Infer(Box::new(asked)) })
    }

    /// The tensors of the inputs, in the order of the ports.
    fn tensors(&self, wire: &Wire<'_>, rest: &[u8], head: Head) -> Result<Vec<Tensor>, Problem> {
        let mut rest = binary::Rest::new(rest, head.json_bytes);
        let mut found: Vec<Option<Tensor>> = self.inputs.iter().map(|_| None).collect();
        for (index, given) in wire.inputs.iter().enumerate() {
            let at = |(kind, detail): Fault| Problem::at(kind, format!("/inputs/{index}"), detail);
            let place = place(&self.inputs, &given.name, "input").map_err(at)?;
            if found[place].is_some() {
                return Err(at((Kind::Duplicate, "the input is given twice".into())));
            }
            let tensor = self.tensor(&self.inputs[place], given, &mut rest);
            let within = |mut problem: Problem| {
                let below = problem.field.unwrap_or_default();
                problem.field = Some(format!("/inputs/{index}{below}"));
                problem
            };
            found[place] = Some(tensor.map_err(within)?);
        }
        rest.end()?;
        let mut tensors = Vec::with_capacity(found.len());
        for (port, tensor) in self.inputs.iter().zip(found) {
            let missing = || format!("input `{}` is missing", port.name);
            tensors.push(
                tensor.ok_or_else(|| Problem::at(Kind::Missing, "/inputs".into(), missing()))?,
            );
        }
        self.check_rows(&tensors)?;
        Ok(tensors)
    }

    /// The tensor of one input. Places in a problem are those below the input.
    fn tensor(
        &self,
        port: &Port,
        given: &Given<'_>,
        rest: &mut binary::Rest<'_>,
    ) -> Result<Tensor, Problem> {
        let at = |below: &'static str| {
            move |(kind, detail): Fault| Problem::at(kind, below.into(), detail)
        };
        let datatype = datatype::of(port, &given.datatype).map_err(at("/datatype"))?;
        let shape = shape::of(port, &given.shape, self.rows).map_err(at("/shape"))?;
        let own = Target::plain(port.element, self.range);
        let parameters = given.parameters.as_ref();
        if parameters.is_some_and(|all| all.shared_memory_region.is_some()) {
            let place = "/parameters/shared_memory_region";
            let detail = "shared memory is not taken: send the data itself";
            return Err(Problem::at(Kind::Unknown, place.into(), detail));
        }
        let twice = "the input has both `data` and `binary_data_size`";
        let never = "the input has neither `data` nor `binary_data_size`";
        let values = match (given.data, parameters.and_then(|all| all.binary_data_size)) {
            (Some(json), None) => lists::read(json, &shape, own)?,
            (None, Some(size)) => {
                let bytes = rest.take(size).map_err(at("/parameters/binary_data_size"))?;
                let values = binary::read(bytes, datatype, port.element, &shape);
                values.and_then(|values| checked(values, self.range)).map_err(at(""))?
            }
            (Some(_), Some(_)) => return Err(Problem::new(Kind::Duplicate, twice)),
            (None, None) => return Err(Problem::new(Kind::Missing, never)),
        };
        Ok(Tensor { shape: shape.into(), values })
    }

    fn check_rows(&self, tensors: &[Tensor]) -> Result<(), Problem> {
        let rows = |tensor: &Tensor| tensor.shape.first().copied();
        let differ = |pair: &[Tensor]| rows(&pair[0]) != rows(&pair[1]);
        if self.alike == Alike::Rows && tensors.windows(2).any(differ) {
            let detail = "the inputs are parts of one table and have different numbers of rows";
            return Err(Problem::at(Kind::WrongShape, "/inputs".into(), detail));
        }
        Ok(())
    }
}

/// The JSON of a body, and the bytes behind it.
fn parts(body: &[u8], json_bytes: Option<usize>) -> Result<(&[u8], &[u8]), Problem> {
    let length = json_bytes.unwrap_or(body.len());
    body.split_at_checked(length).ok_or_else(|| {
        let detail = format!(
            "`Inference-Header-Content-Length` says {length} bytes, and the body has {}",
            body.len()
        );
        Problem::new(Kind::BrokenBody, detail)
    })
}

/// The place of a name among the ports.
fn place(ports: &[Port], name: &str, noun: &str) -> Result<usize, Fault> {
    if let Some(place) = ports.iter().position(|port| port.name == name) {
        return Ok(place);
    }
    let names = ports.iter().map(|port| port.name.as_str());
    let known = match nearest(name, names.clone()) {
        Some(nearest) => format!("the nearest is `{nearest}`"),
        None => format!("it has `{}`", names.collect::<Vec<_>>().join("`, `")),
    };
    Err((Kind::Unknown, format!("the model has no {noun} `{}`; {known}", echo(name))))
}

/// Numbers that came as bytes, when the engine keeps all of each.
fn checked(values: Values, range: Range) -> Result<Values, Fault> {
    let is_beyond = match (&values, range) {
        (_, Range::Full) => None,
        (Values::I64(values), _) => values.iter().position(|value| i32::try_from(*value).is_err()),
        (Values::F64(values), _) => {
            values.iter().position(|value| value.is_finite() && !(*value as f32).is_finite())
        }
        _ => None,
    };
    match is_beyond {
        None => Ok(values),
        Some(index) => {
            let detail = format!(
                "element {index} is beyond 32 bits, which is what this model's engine keeps"
            );
            Err((Kind::OutOfRange, detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_one_table_have_one_number_of_rows() {
        let infer = |alike| Infer {
            name: "x".into(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            range: Range::Full,
            rows: 10,
            alike,
        };
        let tensor = |rows| Tensor {
            shape: vec![rows, 1].into(),
            values: Values::F32(vec![0.0; rows].into()),
        };
        let tensors = [tensor(2), tensor(2), tensor(3)];
        assert!(infer(Alike::Rows).check_rows(&tensors[..2]).is_ok());
        let problem = infer(Alike::Rows).check_rows(&tensors).unwrap_err();
        assert_eq!(problem.kind, Kind::WrongShape);
        assert!(infer(Alike::Nothing).check_rows(&tensors).is_ok());
    }

    #[test]
    fn an_engine_of_32_bits_takes_no_more_as_bytes() {
        let wide = Values::F64(vec![f64::NAN, f64::INFINITY, 1e300].into());
        let refused = checked(wide.clone(), Range::Narrow).unwrap_err();
        assert!(refused.1.starts_with("element 2 is beyond 32 bits"), "{}", refused.1);
        assert!(checked(wide, Range::Full).is_ok());
    }
}
