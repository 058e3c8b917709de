//! A handler in Python: values of libraries in its answers, and what it refuses itself.
#![cfg(feature = "worker")]
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use serde_json::json;
use support::handlers::{predict, serve};

#[test]
fn worker_knows_dates_and_what_is_missing_and_what_to_give_instead_of_a_table() {
    let (_folder, server) = serve(
        "
import datetime, decimal
import numpy as np, pandas as pd
def predict(asked):
    return {
        'dates': lambda: [datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2, 3),
            pd.Timestamp('2026-01-02T03'), np.datetime64('2026-01-02T03:04', 'ns'),
            np.array(['2026-01-02'], dtype='datetime64[D]')],
        'missing': lambda: [pd.NaT, pd.NA, float('nan'), np.datetime64('NaT')],
        'long': lambda: np.longdouble(0.5),
        'table': lambda: {'rows': pd.DataFrame({'a': [1]})},
        'decimal': lambda: decimal.Decimal('1.5'),
    }[asked]()
",
    );
    for (asked, answer) in [
        (
            "dates",
            json!([
                "2026-01-02",
                "2026-01-02T03:00:00",
                "2026-01-02T03:00:00",
                "2026-01-02T03:04:00",
                ["2026-01-02T00:00:00"]
            ]),
        ),
        ("missing", json!([null, null, null, null])),
        ("long", json!(0.5)),
    ] {
        assert_eq!(predict(&server, &json!(asked)).json(), answer, "{asked}");
    }
    for (asked, fault) in [
        (
            "table",
            "a value of the type `pandas.DataFrame` at `/rows`; give its `.to_dict(\"records\")`",
        ),
        ("decimal", "a value of the type `decimal.Decimal`"),
    ] {
        let reply = predict(&server, &json!(asked));
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert_eq!(reply.status, 500);
        assert!(detail.contains(fault), "{detail}");
    }
}

#[test]
fn worker_refuses_what_a_handler_says_it_cannot_take() {
    let (_folder, server) = serve(
        "
class Unfit(ValueError):
    status = 422
def predict(asked):
    raise Unfit('`km` is below 0')
",
    );
    let reply = predict(&server, &json!({"km": -1}));
    let problem = reply.json();
    assert_eq!((reply.status, &problem["type"]), (422, &json!("urn:mlship:problem:unfit")));
    assert_eq!(problem["detail"], "`km` is below 0");
}
