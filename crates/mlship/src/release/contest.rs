//! Two engines over one bundle: how soon each answers first, how fast then, and which is better for
//! the stated traffic.

use std::fs;
use std::path::Path;
use std::time::Duration;

use mlship_bundle::EngineKind;
use mlship_core::sample::Sample;
use mlship_package::{Pace, pace};

use super::PROOF_NAME;
use super::engine::Manned;
use crate::failure::Failure;

/// ONNX Runtime makes the artifact larger by tens of megabytes: it has to be better by this much, in
/// percent, so that noise decides nothing either.
const MARGIN_PERCENT: u128 = 10;

/// How it ended.
pub(super) struct Contest {
    /// What was measured and chosen, in one line.
    pub(super) line: String,
    /// The engine to take.
    pub(super) better: EngineKind,
}

/// Lets the native engine and ONNX Runtime answer `sample` in the folder `work`.
pub(super) fn contest(
    [native, other]: [&Manned; 2],
    work: &Path,
    sample: &Sample,
    calls_per_start: u32,
    bound: Duration,
) -> Result<Contest, Failure> {
    let folder = work.join("contest");
    let run = |manned: &Manned| {
        manned.whole(PROOF_NAME).write(&folder)?;
        let folder = fs::canonicalize(&folder)
            .map_err(|error| Failure::internal(format!("the bundle is gone: {error}")))?;
        Ok::<_, Failure>(pace(&folder.join(PROOF_NAME), &folder, sample, bound)?)
    };
    let paces = run(native).and_then(|native| Ok((native, run(other)?)));
    // Whatever was measured, nobody looks at it again.
    let _ = fs::remove_dir_all(&folder);
    let (native, other) = paces?;
    Ok(judge(native, other, calls_per_start))
}

/// The better one when a start answers so many calls.
fn judge(native: Pace, other: Pace, calls: u32) -> Contest {
    let whole = |pace: Pace| {
        pace.start.as_micros() + pace.warm.as_micros() * u128::from(calls.saturating_sub(1))
    };
    let [native_us, other_us] = [native, other].map(whole);
    let wins = other_us * (100 + MARGIN_PERCENT) < native_us * 100;
    let (name, better) = match wins {
        true => ("onnxruntime", EngineKind::OnnxRuntime),
        false => ("native", EngineKind::Neural),
    };
    let milliseconds = |took: Duration| took.as_secs_f64() * 1e3;
    let line = format!(
        "engine: {name}; with {calls} calls a start native takes {:.1} ms a call ({:.0} ms the first, \
         {:.2} ms then), onnxruntime {:.1} ms ({:.0}, {:.2})",
        native_us as f64 / 1e3 / f64::from(calls.max(1)),
        milliseconds(native.start),
        milliseconds(native.warm),
        other_us as f64 / 1e3 / f64::from(calls.max(1)),
        milliseconds(other.start),
        milliseconds(other.warm),
    );
    Contest { line, better }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(start_ms: u64, warm_us: u64) -> Pace {
        Pace { start: Duration::from_millis(start_ms), warm: Duration::from_micros(warm_us) }
    }

    #[test]
    fn traffic_decides() {
        // A convolution net and a transformer, as docs/reference/runtime.md has them.
        let (mobilenet, minilm) =
            ((pace(41, 24_400), pace(87, 6_200)), (pace(27, 7_700), pace(127, 6_200)));
        for ((native, other), calls, better) in [
            (mobilenet, 1, EngineKind::Neural),
            (mobilenet, 100, EngineKind::OnnxRuntime),
            (minilm, 50, EngineKind::Neural),
            (minilm, 100_000, EngineKind::OnnxRuntime),
        ] {
            assert_eq!(judge(native, other, calls).better, better, "{calls}");
        }
        let close = (pace(40, 1_000), pace(40, 950));
        assert_eq!(judge(close.0, close.1, 1_000).better, EngineKind::Neural, "within the margin");
    }

    #[test]
    fn the_line_says_why() {
        let said = judge(pace(41, 24_400), pace(87, 6_200), 100).line;
        assert_eq!(
            said,
            "engine: onnxruntime; with 100 calls a start native takes 24.6 ms a call (41 ms the \
             first, 24.40 ms then), onnxruntime 7.0 ms (87, 6.20)"
        );
    }
}
