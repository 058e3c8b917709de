//! `TfIdfVectorizer`.

use std::collections::HashMap;

use smallvec::smallvec;

use crate::classical::call::{Call, Kernel, Outputs, boxed};
use crate::classical::params::Params;
use crate::classical::shape::volume;
use crate::classical::value::{Data, Value};
use crate::classical::{Outcome, fail};

/// How counts become values.
#[derive(Clone, Copy)]
enum Mode {
    Counts,
    Weights,
    WeightedCounts,
}

struct Vectorizer {
    mode: Mode,
    shortest: usize,
    longest: usize,
    skips: usize,
    width: usize,
    /// The column and weight of each run of tokens.
    text_runs: HashMap<Vec<String>, (usize, f32)>,
    int_runs: HashMap<Vec<i64>, (usize, f32)>,
}

/// `TfIdfVectorizer`.
pub(crate) fn vectorizer(params: &Params<'_>) -> Outcome<Kernel> {
    let mode = match params.text("mode", "")? {
        "TF" => Mode::Counts,
        "IDF" => Mode::Weights,
        "TFIDF" => Mode::WeightedCounts,
        other => return fail(format!("it has no mode `{other}`")),
    };
    let size =
        |name| Ok::<_, crate::engine::EngineError>(params.int(name, 0)?.clamp(0, 64) as usize);
    let columns = params.ints("ngram_indexes")?.unwrap_or_default();
    let mut made = Vectorizer {
        mode,
        shortest: size("min_gram_length")?.max(1),
        longest: size("max_gram_length")?,
        skips: size("max_skip_count")?,
        width: usize::try_from(columns.iter().copied().max().unwrap_or(-1) + 1).unwrap_or(0),
        text_runs: HashMap::new(),
        int_runs: HashMap::new(),
    };
    volume(&[made.width])?;
    let starts = params.ints("ngram_counts")?.unwrap_or_default();
    let weights = params.floats("weights")?;
    let texts = params.texts("pool_strings")?;
    let ints = params.ints("pool_int64s")?.unwrap_or_default();
    made.text_runs = runs(&texts, &starts, &columns, &weights)?;
    made.int_runs = runs(&ints, &starts, &columns, &weights)?;
    Ok(boxed(move |call| made.run(call)))
}

/// The pool's runs: `starts[n]` is where those of `n + 1` tokens begin.
fn runs<T: Clone + Eq + std::hash::Hash>(
    pool: &[T],
    starts: &[i64],
    columns: &[i64],
    weights: &[f32],
) -> Outcome<HashMap<Vec<T>, (usize, f32)>> {
    let mut found = HashMap::new();
    let mut nth = 0;
    if pool.is_empty() {
        return Ok(found);
    }
    for (at, start) in starts.iter().enumerate() {
        let start = usize::try_from(*start).unwrap_or(usize::MAX);
        let end = starts.get(at + 1).map_or(pool.len(), |end| usize::try_from(*end).unwrap_or(0));
        let Some(part) = pool.get(start..end) else { return fail("its pool is malformed") };
        for run in part.chunks_exact(at + 1) {
            let Some(column) = columns.get(nth).and_then(|column| usize::try_from(*column).ok())
            else {
                return fail("a run of tokens has no column");
            };
            found.insert(run.to_vec(), (column, weights.get(nth).copied().unwrap_or(1.0)));
            nth += 1;
        }
    }
    Ok(found)
}

impl Vectorizer {
    fn run<'a>(&self, call: &Call<'_, 'a>) -> Outcome<Outputs<'a>> {
        let x = call.input(0)?;
        let (rows, tokens) = match x.shape[..] {
            [tokens] => (1, tokens),
            [rows, tokens] => (rows, tokens),
            _ => return fail("it takes a list, or rows of tokens"),
        };
        let mut out = vec![0f32; volume(&[rows, self.width])?];
        for row in 0..rows {
            let line = row * tokens..(row + 1) * tokens;
            let into = &mut out[row * self.width..(row + 1) * self.width];
            match &x.data {
                Data::Text(values) => {
                    let words: Vec<String> =
                        values[line].iter().map(|text| text.to_string()).collect();
                    self.count(&words, &self.text_runs, into);
                }
                _ => self.count(&x.ints()?[line], &self.int_runs, into),
            }
        }
        let mut shape = x.shape.clone();
        if let Some(last) = shape.last_mut() {
            *last = self.width;
        }
        Ok(smallvec![Value::new(shape, out)])
    }

    fn count<T: Clone + Eq + std::hash::Hash>(
        &self,
        tokens: &[T],
        runs: &HashMap<Vec<T>, (usize, f32)>,
        into: &mut [f32],
    ) {
        for length in self.shortest..=self.longest {
            // Runs of one token have nothing to skip.
            let skips = if length == 1 { 0 } else { self.skips };
            for skip in 1..=skips + 1 {
                for start in 0..tokens.len().saturating_sub((length - 1) * skip) {
                    let run: Vec<T> =
                        tokens[start..].iter().step_by(skip).take(length).cloned().collect();
                    if let Some((column, weight)) = runs.get(&run) {
                        match self.mode {
                            Mode::Counts => into[*column] += 1.0,
                            Mode::Weights => into[*column] = *weight,
                            Mode::WeightedCounts => into[*column] += weight,
                        }
                    }
                }
            }
        }
    }
}
