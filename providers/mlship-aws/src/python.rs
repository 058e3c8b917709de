//! Where a handler in Python runs: in Lambda's own runtime for Python, whose program the one in the
//! zip is started in the stead of; or in an image on Lambda's own base.

/// The versions that Lambda has, with the C library that packages for them may need: Amazon Linux
/// 2023 has 2.34 and Amazon Linux 2 has 2.26; packages are chosen for the next older common tag.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>, 2026-11-20.
const VERSIONS: [(&str, &str); 5] =
    [("3.10", "2_17"), ("3.11", "2_17"), ("3.12", "2_28"), ("3.13", "2_28"), ("3.14", "2_28")];

/// The C library that packages may need, as their tags write it: `2_28`; `None` when Lambda has no
/// such Python.
pub fn glibc(version: &str) -> Option<&'static str> {
    VERSIONS.iter().find(|(known, _)| *known == version).map(|(_, glibc)| *glibc)
}

/// The versions that there are.
pub fn versions() -> impl Iterator<Item = &'static str> {
    VERSIONS.iter().map(|(version, _)| *version)
}

/// The image that has that Python
/// (<https://docs.aws.amazon.com/lambda/latest/dg/python-image.html>).
pub fn base(version: &str) -> String {
    format!("public.ecr.aws/lambda/python:{version}")
}

/// What Lambda calls its runtime for that Python.
pub(crate) fn runtime(version: &str) -> String {
    format!("python{version}")
}
