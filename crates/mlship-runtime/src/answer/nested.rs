//! Tensors by name, as nested lists.

use super::{example, json};
use crate::engine::EngineError;
use crate::tensor::{Tensor, Values};

/// What of each tensor is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// One example of a batch, without the first dimension.
    Example {
        /// Which.
        row: usize,
        /// Of how many.
        rows: usize,
    },
}

/// Writes `{name: nested lists}`.
pub(super) fn write(
    onto: &mut Vec<u8>,
    names: &[String],
    outputs: &[Tensor],
    part: Part,
) -> Result<(), EngineError> {
    onto.push(b'{');
    for (index, (name, tensor)) in names.iter().zip(outputs).enumerate() {
        if index > 0 {
            onto.push(b',');
        }
        json::key(onto, name);
        let (shape, start) = match part {
            Part::Example { row, rows } if tensor.shape.first() == Some(&rows) => {
                (&tensor.shape[1..], example(tensor, row, rows)?.start)
            }
            Part::Example { rows: 1, .. } | Part::Whole => (&tensor.shape[..], 0),
            Part::Example { rows, .. } => {
                return Err(EngineError(format!("output `{name}` is not of {rows} examples")));
            }
        };
        lists(onto, &tensor.values, shape, start);
    }
    onto.push(b'}');
    Ok(())
}

fn lists(onto: &mut Vec<u8>, values: &Values, shape: &[usize], start: usize) {
    let Some((length, rest)) = shape.split_first() else {
        return json::element(onto, values, start);
    };
    let each: usize = rest.iter().product();
    onto.push(b'[');
    for index in 0..*length {
        if index > 0 {
            onto.push(b',');
        }
        lists(onto, values, rest, start + index * each);
    }
    onto.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(part: Part) -> String {
        let values = Values::I64(vec![1, 2, 3, 4, 5, 6].into());
        let tensor = Tensor { shape: vec![2, 3, 1].into(), values };
        let mut onto = Vec::new();
        write(&mut onto, &["y".to_owned()], &[tensor], part).unwrap();
        String::from_utf8(onto).unwrap()
    }

    #[test]
    fn a_whole_tensor_and_one_example() {
        assert_eq!(written(Part::Whole), r#"{"y":[[[1],[2],[3]],[[4],[5],[6]]]}"#);
        assert_eq!(written(Part::Example { row: 1, rows: 2 }), r#"{"y":[[4],[5],[6]]}"#);
    }
}
