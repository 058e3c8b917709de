//! The page to try the model with: one file for all models. It holds nothing of the model and asks
//! `openapi.json` for that, so that it may be shown to a browser, which cannot show a key when it
//! opens an address: with a key set, it is the page that asks for it.

use super::routes::Reply;

/// The page, with its style and its script inside.
const PAGE: &str = include_str!("page/page.html");

/// What the page may do: run its own script and style, known by their SHA-256, and ask the service
/// that it came from. A test says the digests when the page has others.
const POLICY: &str = "default-src 'none'; \
    script-src 'sha256-RPCF/f+K+7oan58chXzbfPWEdQNKuQ97SHQULWx0rTI='; \
    style-src 'sha256-E3PxFvceoAyoo4zO5qNGMavwFX8RkNCf8shED8FC2fc='; \
    connect-src 'self'; img-src blob: data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page as it is sent.
pub(super) fn reply() -> Reply {
    let headers = [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ];
    let others = headers.map(|(name, value)| (name, value.to_owned())).to_vec();
    Reply { others, ..Reply::ok("text/html; charset=utf-8", PAGE.as_bytes().to_vec()) }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn digest(element: &str) -> String {
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        let parts: Vec<&str> = PAGE.split(open.as_str()).collect();
        assert_eq!(parts.len(), 2, "one `{element}` without attributes");
        let (inside, _) = parts[1].split_once(close.as_str()).unwrap();
        STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, inside.as_bytes()))
    }

    #[test]
    fn the_policy_names_the_script_and_the_style_that_are_in_the_page() {
        for (source, element) in [("script-src", "script"), ("style-src", "style")] {
            let digest = digest(element);
            let wanted = format!("{source} 'sha256-{digest}';");
            assert!(POLICY.contains(&wanted), "the digest of the {element} is {digest}");
        }
    }

    #[test]
    fn nothing_of_the_page_is_elsewhere() {
        for mark in ["src=", "@import", "url(", "http://", "https://", "//cdn"] {
            assert!(!PAGE.contains(mark), "{mark}");
        }
        for handler in [" onclick=", " onload=", " onsubmit=", " style=", "innerHTML", "eval("] {
            assert!(!PAGE.contains(handler), "{handler}");
        }
    }
}
