//! `OneHotEncoder`, of one table or of chosen columns.

use std::collections::{BTreeMap, HashMap};

use smallvec::smallvec;

use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::volume;
use crate::classical::value::{Data, Value};
use crate::classical::{Outcome, fail};

/// Where each category is; the last one counts when there are two alike.
struct Categories {
    by_text: HashMap<String, usize>,
    by_int: BTreeMap<i64, usize>,
    /// How many.
    width: usize,
    unknown_is_zeros: bool,
}

impl Categories {
    fn new(texts: &[String], ints: &[i64], unknown_is_zeros: bool) -> Self {
        let by_text = texts.iter().enumerate().map(|(at, text)| (text.clone(), at)).collect();
        let by_int = ints.iter().enumerate().map(|(at, int)| (*int, at)).collect();
        Self { by_text, by_int, width: texts.len().max(ints.len()), unknown_is_zeros }
    }

    /// Marks what a value is. Numbers are compared as integers, as onnxruntime does.
    fn mark(&self, data: &Data<'_>, at: usize, codes: &mut [f32]) -> Outcome<()> {
        let place = match data {
            Data::Text(values) => self.by_text.get(values[at].as_ref()),
            Data::F32(values) => self.by_int.get(&(values[at] as i64)),
            Data::F64(values) => self.by_int.get(&(values[at] as i64)),
            Data::I32(values) => self.by_int.get(&i64::from(values[at])),
            Data::I64(values) => self.by_int.get(&values[at]),
            Data::Bool(_) => return fail("bool is not an integer type"),
        };
        match place {
            Some(place) => codes[*place] = 1.0,
            None if self.unknown_is_zeros => {}
            None => return fail("a value is none of its categories"),
        }
        Ok(())
    }
}

/// `OneHotEncoder`.
pub(crate) fn one_hot(params: &Params<'_>) -> Outcome<Kernel> {
    let texts = params.texts("cats_strings")?;
    let ints = params.ints("cats_int64s")?.unwrap_or_default();
    let categories = Categories::new(&texts, &ints, params.flag("zeros", true)?);
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let mut shape = x.shape.clone();
        shape.push(categories.width);
        let mut out = vec![0f32; volume(&shape)?];
        let width = categories.width;
        for at in 0..x.data.len() {
            categories.mark(&x.data, at, &mut out[at * width..][..width])?;
        }
        Ok(smallvec![Value::new(shape, out)])
    }))
}

/// [`mlship_bundle::program::ONE_HOT_COLUMNS`].
pub(crate) fn one_hot_columns(params: &Params<'_>) -> Outcome<Kernel> {
    let texts = params.texts("cats_strings")?;
    let ints = params.ints("cats_int64s")?.unwrap_or_default();
    let unknown_is_zeros = params.flag("zeros", true)?;
    let places = params.ints("columns")?.unwrap_or_default();
    let widths = params.ints("widths")?.unwrap_or_default();
    let mut columns = Vec::with_capacity(places.len());
    let mut total = 0usize;
    for (place, width) in places.into_iter().zip(widths) {
        let (Ok(place), Ok(width)) = (usize::try_from(place), usize::try_from(width)) else {
            return fail("a column or its categories cannot be counted");
        };
        let span = total..total.saturating_add(width);
        total = span.end;
        // One of the lists is empty.
        let part = (texts.get(span.clone()), ints.get(span.clone()));
        if width > 0 && part == (None, None) {
            return fail("it has fewer categories than it says");
        }
        let (texts, ints) = (part.0.unwrap_or_default(), part.1.unwrap_or_default());
        columns.push((place, span, Categories::new(texts, ints, unknown_is_zeros)));
    }
    Ok(boxed(move |call| {
        let Some(rows) = call.input(0)?.shape.first().copied() else {
            return fail("it needs a table");
        };
        let mut out = vec![0f32; volume(&[rows, total])?];
        for (nth, (place, span, categories)) in columns.iter().enumerate() {
            let x = call.input(nth)?;
            let [height, width] = x.shape[..] else { return fail("it needs a table") };
            if height != rows || *place >= width {
                return fail("its columns are not in its tables");
            }
            for row in 0..rows {
                let codes = &mut out[row * total..][span.clone()];
                categories.mark(&x.data, row * width + place, codes)?;
            }
        }
        Ok(smallvec![Value::new(smallvec![rows, total], out)])
    }))
}
