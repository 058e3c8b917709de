//! What requests are counted and told of by: a handful of routes and methods, whatever callers
//! write.

/// A route as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(usize);

/// The routes, each once. The last is for every other path.
const PLACES: [&str; 13] = [
    "/predict",
    "/healthz",
    "/readyz",
    "/metrics",
    "/",
    "/openapi.json",
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
    "/v2/models/{name}",
    "/v2/models/{name}/ready",
    "/v2/models/{name}/infer",
    "other",
];

/// What is counted by, of HTTP's own methods; the last is for every other.
const METHODS: [&str; 8] = ["POST", "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "other"];

impl Place {
    /// How many there are.
    pub(super) const COUNT: usize = PLACES.len();

    /// Where predictions are asked for.
    pub(super) const PREDICT: Self = Self(0);

    /// The route of a path of our own.
    pub(super) fn of(path: &str) -> Self {
        let route = match path.strip_prefix("/v2/models/") {
            Some(rest) => model(rest),
            None => path,
        };
        let last = PLACES.len() - 1;
        Self(PLACES[..last].iter().position(|known| *known == route).unwrap_or(last))
    }

    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        PLACES[self.0]
    }

    /// Whether it is asked whether the process lives, or the model is loaded.
    pub(super) fn is_probe(self) -> bool {
        let name = self.name();
        name.ends_with("/ready") || ["/healthz", "/readyz", "/v2/health/live"].contains(&name)
    }

    /// Its number, from 0 on.
    pub(super) fn number(self) -> usize {
        self.0
    }
}

/// The route of what follows `/v2/models/`.
fn model(rest: &str) -> &'static str {
    let (_, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let rest = match rest.strip_prefix("versions/") {
        Some(rest) => rest.split_once('/').map_or("", |(_, rest)| rest),
        None => rest,
    };
    match rest {
        "" => "/v2/models/{name}",
        "ready" => "/v2/models/{name}/ready",
        "infer" => "/v2/models/{name}/infer",
        _ => "other",
    }
}

/// The name of a method.
pub(super) fn method(said: &str) -> &'static str {
    METHODS.into_iter().find(|known| *known == said).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart_and_never_repeated() {
        for (path, expected) in [
            ("/predict", "/predict"),
            ("/", "/"),
            ("/v2", "/v2"),
            ("/v2/models/heart", "/v2/models/{name}"),
            ("/v2/models/heart/versions/1", "/v2/models/{name}"),
            ("/v2/models/heart/infer", "/v2/models/{name}/infer"),
            ("/v2/models/heart/versions/1/infer", "/v2/models/{name}/infer"),
            ("/v2/models/heart/ready", "/v2/models/{name}/ready"),
            ("/v2/models/heart/a/b/c", "other"),
            ("/predict/", "other"),
            ("/wp-login.php", "other"),
            ("other", "other"),
        ] {
            assert_eq!(Place::of(path).name(), expected, "{path}");
        }
        assert_eq!(Place::PREDICT.name(), "/predict");
        assert_eq!([method("POST"), method("post"), method("BREW")], ["POST", "other", "other"]);
    }
}
