//! How an alias says the way the traffic is divided. Pure.

use std::collections::HashMap;

use mlship_core::share::Share;
use mlship_core::traffic::Traffic;

/// As the alias says it, which divides it between no more than two. A weight that is no whole
/// percent is rounded.
pub(crate) fn read(live: &str, weights: Option<&HashMap<String, f64>>) -> Traffic {
    let beside = weights.into_iter().flatten().next();
    let beside = beside.map(|(version, weight)| (version.clone(), share_of(*weight)));
    Traffic { live: live.to_owned(), beside }
}

/// What the alias is told of the version beside the live one.
pub(crate) fn weights(traffic: &Traffic) -> HashMap<String, f64> {
    let weight = |share: Share| f64::from(share.as_percent()) / 100.0;
    traffic.beside.iter().map(|(version, share)| (version.clone(), weight(*share))).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is between 0 and 100"
)]
fn share_of(weight: f64) -> Share {
    let percent = (weight * 100.0).round().clamp(0.0, 100.0) as u8;
    Share::percent(percent).unwrap_or(Share::ALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(percent: u8) -> Share {
        Share::percent(percent).unwrap_or(Share::ALL)
    }

    #[test]
    fn every_percent_survives_the_way_to_aws_and_back() {
        for share in 0..=99 {
            let traffic = Traffic::whole("1").giving("2", percent(share));
            assert_eq!(read("1", Some(&weights(&traffic))), traffic);
        }
        assert_eq!(read("1", Some(&HashMap::new())), Traffic::whole("1"));
        assert_eq!(read("1", None), Traffic::whole("1"));
    }
}
