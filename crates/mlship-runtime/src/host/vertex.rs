//! Problems as they go to callers of Vertex AI, which pass through Google's own service: one status
//! for every request that is at fault, and the place in words.

use super::routes::Reply;
use crate::problem::Problem;
use crate::service::Prediction;

/// What Google's services answer to a request that cannot be taken.
const AT_FAULT: u16 = 400;

/// The reply for a request to the container's route for predictions.
pub(super) fn reply(answer: Result<Prediction, Problem>) -> Reply {
    match answer {
        Ok(answer) => Reply::from(Ok(answer)),
        Err(problem) => refusal(problem),
    }
}

fn refusal(mut problem: Problem) -> Reply {
    if let Some(field) = &problem.field {
        problem.detail = format!("`{}`: {}", words(field), problem.detail);
    }
    let status = match problem.kind.status() {
        422 => AT_FAULT,
        status => status,
    };
    let body = problem.to_json_as(status);
    Reply { status, body, ..Reply::from(problem) }
}

/// `instances[3].age`, from a JSON pointer.
pub(super) fn words(pointer: &str) -> String {
    let mut words = String::new();
    for part in pointer.split('/').skip(1) {
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            words.extend(["[", part, "]"]);
            continue;
        }
        if !words.is_empty() {
            words.push('.');
        }
        words.push_str(&part.replace("~1", "/").replace("~0", "~"));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Kind;

    #[test]
    fn a_place_is_written_as_programs_do() {
        for (pointer, expected) in [
            ("/instances/3/age", "instances[3].age"),
            ("/instances/0/a~1b~0/2/11", "instances[0].a/b~[2][11]"),
            ("/instances", "instances"),
            ("/", ""),
        ] {
            assert_eq!(words(pointer), expected);
        }
    }

    #[test]
    fn what_is_at_fault_is_400_and_the_rest_keeps_its_status() {
        let problem = Problem::at(Kind::NullValue, "/instances/3/age".into(), "`age` is null");
        let reply = refusal(problem);
        assert_eq!(reply.status, 400);
        assert_eq!(
            String::from_utf8(reply.body).unwrap(),
            r#"{"type":"urn:mlship:problem:null","title":"A value is null","status":400,"detail":"`instances[3].age`: `age` is null","field":"/instances/3/age"}"#
        );
        assert_eq!(refusal(Problem::new(Kind::BodyTooLarge, "x")).status, 413);
        assert_eq!(refusal(Problem::new(Kind::Loading, "x")).status, 503);
    }
}
