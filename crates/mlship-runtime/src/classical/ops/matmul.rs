//! Matrix products.

use smallvec::smallvec;

use super::binary::{add, mul};
use super::number::Number;
use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::{Shape, broadcast, broadcast_indexes, volume};
use crate::classical::value::{Value, each_number};
use crate::classical::{Outcome, fail};

/// A matrix in memory: rows, columns, and the steps between them.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'v, T> {
    pub(crate) values: &'v [T],
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) transposed: bool,
}

impl<T: Copy> Matrix<'_, T> {
    fn shape(&self) -> (usize, usize) {
        if self.transposed { (self.columns, self.rows) } else { (self.rows, self.columns) }
    }

    fn at(&self, row: usize, column: usize) -> T {
        if self.transposed {
            self.values[column * self.columns + row]
        } else {
            self.values[row * self.columns + column]
        }
    }

    /// Gives each element of a row, with its column.
    fn row(&self, row: usize, mut each: impl FnMut(usize, T)) {
        if self.transposed {
            for (column, values) in self.values.chunks_exact(self.columns).enumerate() {
                each(column, values[row]);
            }
        } else {
            let values = &self.values[row * self.columns..(row + 1) * self.columns];
            values.iter().enumerate().for_each(|(column, value)| each(column, *value));
        }
    }
}

/// The product, row-major. Floats are summed in order, multiplied and added before each rounding:
/// as onnxruntime's kernels do, so that large sums come out the same.
pub(crate) fn product<T: Number>(a: Matrix<'_, T>, b: Matrix<'_, T>) -> Outcome<Vec<T>> {
    let ((rows, depth), (depth_too, columns)) = (a.shape(), b.shape());
    if depth != depth_too {
        return fail(format!("a row of {depth} does not go with a column of {depth_too}"));
    }
    let mut out = Vec::with_capacity(volume(&[rows, columns])?);
    let mut line = vec![0f64; columns];
    let mut whole = vec![T::ZERO; columns];
    for row in 0..rows {
        if T::IS_FLOAT {
            line.fill(0.0);
            for inner in 0..depth {
                let factor = a.at(row, inner).to_f64();
                b.row(inner, |column, value| {
                    let sum = line[column] + factor * value.to_f64();
                    line[column] = T::from_f64(sum).to_f64();
                });
            }
            out.extend(line.iter().map(|sum| T::from_f64(*sum)));
        } else {
            whole.fill(T::ZERO);
            for inner in 0..depth {
                let factor = a.at(row, inner);
                b.row(inner, |column, value| {
                    whole[column] = whole[column].add(factor.mul(value));
                });
            }
            out.extend_from_slice(&whole);
        }
    }
    Ok(out)
}

/// `MatMul`.
pub(crate) fn mat_mul(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let (a, b) = (call.input(0)?, call.input(1)?);
        Ok(smallvec![each_number!(&a.data, values => batched(values, a, b))?])
    }))
}

fn batched<'a, T: Number>(left: &[T], a: &Value<'a>, b: &Value<'a>) -> Outcome<Value<'a>> {
    let right = b.slice::<T>()?;
    let ([a_batch @ .., rows, depth], [b_batch @ .., depth_too, columns]) =
        (&matrix(&a.shape, true)[..], &matrix(&b.shape, false)[..])
    else {
        return fail("it cannot multiply scalars");
    };
    let batch = broadcast(a_batch, b_batch)?;
    let mut shape = batch.clone();
    let mut out = Vec::new();
    let at = broadcast_indexes(&batch, a_batch).into_iter();
    volume(&[volume(&batch)?, *rows, *columns])?;
    for (x, y) in at.zip(broadcast_indexes(&batch, b_batch)) {
        let values = &left[x * rows * depth..(x + 1) * rows * depth];
        let x = Matrix { values, rows: *rows, columns: *depth, transposed: false };
        let values = &right[y * depth_too * columns..(y + 1) * depth_too * columns];
        let y = Matrix { values, rows: *depth_too, columns: *columns, transposed: false };
        out.extend(product(x, y)?);
    }
    if a.shape.len() > 1 {
        shape.push(*rows);
    }
    if b.shape.len() > 1 {
        shape.push(*columns);
    }
    Ok(Value::new(shape, out))
}

/// A vector is a row on the left and a column on the right.
fn matrix(shape: &[usize], left: bool) -> Vec<usize> {
    match shape {
        [length] if left => vec![1, *length],
        [length] => vec![*length, 1],
        other => other.to_vec(),
    }
}

/// `Gemm`.
pub(crate) fn gemm(params: &Params<'_>) -> Outcome<Kernel> {
    let (alpha, beta) = (params.float("alpha", 1.0)?, params.float("beta", 1.0)?);
    let (trans_a, trans_b) = (params.flag("transA", false)?, params.flag("transB", false)?);
    Ok(boxed(move |call| {
        let (a, b) = (call.input(0)?, call.input(1)?);
        let mut out = each_number!(&a.data, values => {
            plain(values, a, b, trans_a, trans_b)
        })?;
        if alpha != 1.0 {
            out = mul(&out, &scalar_like(&out, alpha))?;
        }
        let Some(c) = call.maybe(2)?.filter(|_| beta != 0.0) else { return Ok(smallvec![out]) };
        if beta == 1.0 {
            return Ok(smallvec![add(&out, c)?]);
        }
        Ok(smallvec![add(&out, &mul(c, &scalar_like(c, beta))?)?])
    }))
}

fn plain<'a, T: Number>(
    left: &[T],
    a: &Value<'a>,
    b: &Value<'a>,
    trans_a: bool,
    trans_b: bool,
) -> Outcome<Value<'a>> {
    let right = b.slice::<T>()?;
    let (&[a_rows, a_columns], &[b_rows, b_columns]) = (&a.shape[..], &b.shape[..]) else {
        return fail("it multiplies matrices only");
    };
    let x = Matrix { values: left, rows: a_rows, columns: a_columns, transposed: trans_a };
    let y = Matrix { values: right, rows: b_rows, columns: b_columns, transposed: trans_b };
    let shape = smallvec![x.shape().0, y.shape().1];
    Ok(Value::new(shape, product(x, y)?))
}

fn scalar_like<'a>(value: &Value<'a>, scalar: f32) -> Value<'a> {
    use crate::classical::value::Data;
    match &value.data {
        Data::F64(_) => Value::new(Shape::new(), vec![f64::from(scalar)]),
        Data::I32(_) => Value::new(Shape::new(), vec![scalar as i32]),
        Data::I64(_) => Value::new(Shape::new(), vec![scalar as i64]),
        _ => Value::new(Shape::new(), vec![scalar]),
    }
}
