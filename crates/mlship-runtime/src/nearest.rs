//! The name that was probably meant.

/// Names longer than this are not compared: the distance takes their product.
const LONGEST: usize = 64;

/// How many names are compared at most.
const MOST: usize = 1000;

/// The known name nearest to `given`, when one is near.
pub(crate) fn nearest<'n>(given: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    if given.len() > LONGEST {
        return None;
    }
    let near = (given.chars().count() / 3).max(1);
    known
        .take(MOST)
        .filter(|name| name.len() <= LONGEST)
        .map(|name| (strsim::levenshtein(&given.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= near)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}
