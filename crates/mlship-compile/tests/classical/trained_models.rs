//! Models trained by scikit-learn, xgboost and lightgbm, 200 rows each: labels as onnxruntime gives
//! them, numbers within 1e-5.

use crate::cases::{Apart, Case, compare, generate};

/// Models that the engine refuses, by what it says, and why that is right.
const REFUSED: &[(&str, &str)] = &[(
    "imputer_knn",
    "its converter writes functions of its own into the model, which the engine does not have",
)];

/// Models whose numbers may differ by more than 1e-5, how much, and why.
const LOOSE: &[(&str, f64, &str)] = &[
    ("other_kmeans", 3e-5, DISTANCE),
    ("other_mini_batch_kmeans", 3e-5, DISTANCE),
    ("other_kernel_centerer", 2e-5, "means of hundreds taken from one another, at 32 bits"),
];

/// The products are far larger than what is left of them.
const DISTANCE: &str = "distances as small differences of large 32-bit products";

/// The largest difference of numbers: absolute for those up to one, else relative.
const CLOSE: f64 = 1e-5;

struct Outcome {
    apart: Apart,
    gap: f64,
}

fn outcome(case: &Case) -> Result<Outcome, String> {
    let got = case.run()?;
    let expected = case.expected();
    let mut all = Outcome { apart: Apart::default(), gap: 0.0 };
    if got.len() != expected.len() {
        return Err(format!("{} outputs instead of {}", got.len(), expected.len()));
    }
    for (expected, got) in expected.iter().zip(&got) {
        let apart = compare(expected, got)?;
        all.apart.unequal += apart.unequal;
        all.apart.absolute = all.apart.absolute.max(apart.absolute);
        all.gap = all.gap.max(apart.scaled);
    }
    Ok(all)
}

#[test]
fn every_trained_model_answers_as_onnxruntime_does() {
    let cases = generate("models.py", &[]);
    assert!(cases.len() >= 165, "only {} models were converted", cases.len());
    let mut failures = Vec::new();
    println!("{:32} {:>5} {:>10} {:>10} {:>8}", "model", "rows", "absolute", "scaled", "labels");
    for case in &cases {
        let rows = case.expected().first().map_or(0, |tensor| tensor.shape[0]);
        let refused = REFUSED.iter().find(|(name, _)| *name == case.name);
        match (outcome(case), refused) {
            (Err(problem), Some((_, reason))) => {
                println!("{:32} {problem} ({reason})", case.name);
            }
            (Err(problem), None) => failures.push(format!("{}: {problem}", case.name)),
            (Ok(_), Some(_)) => failures.push(format!("{}: it is not refused", case.name)),
            (Ok(found), None) => {
                println!(
                    "{:32} {rows:5} {:10.1e} {:10.1e} {:8}",
                    case.name, found.apart.absolute, found.gap, found.apart.unequal
                );
                let loose = LOOSE.iter().find(|(name, ..)| *name == case.name);
                if found.apart.unequal > 0 {
                    failures.push(format!("{}: {} labels differ", case.name, found.apart.unequal));
                }
                if found.gap > loose.map_or(CLOSE, |(_, gap, _)| *gap) {
                    failures.push(format!("{}: {:.1e} apart", case.name, found.gap));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} fail:\n{}", failures.len(), failures.join("\n"));
}
