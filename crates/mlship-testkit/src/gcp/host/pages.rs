//! The pages that Google's front end answers with itself, before a container is asked.

use crate::cloud::http::Response;

/// A page with a title and a line.
fn page(status: u16, title: &str, line: &str) -> Response {
    let body = format!(
        "\n<html><head>\n<meta http-equiv=\"content-type\" content=\"text/html;charset=utf-8\">\n\
         <title>{status} {title}</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n\
         <h1>Error: {title}</h1>\n<h2>{line}</h2>\n<h2></h2>\n</body></html>\n"
    );
    Response::typed(status, "text/html; charset=UTF-8", body.into_bytes())
}

/// No token, or one of somebody who may not call the service.
pub(super) fn forbidden(path: &str) -> Response {
    let line = format!(
        "Your client does not have permission to get URL <code>{}</code> from this server.",
        plain(path)
    );
    page(403, "Forbidden", &line)
}

/// A token that is none, is for another audience, or is too old.
pub(super) fn unauthorized(path: &str) -> Response {
    let line = format!(
        "Your client does not have permission to the requested URL <code>{}</code>.",
        plain(path)
    );
    let challenge = "Bearer error=\"invalid_token\" error_description=\"The access token could \
                     not be verified\"";
    page(401, "Unauthorized", &line).with("www-authenticate", challenge)
}

/// No such service, or one that takes no calls from here.
pub(super) fn not_found(path: &str) -> Response {
    let line =
        format!("The requested URL <code>{}</code> was not found on this server.", plain(path));
    page(404, "Page not found", &line)
}

/// A service without a revision that can be called.
pub(super) fn unavailable() -> Response {
    Response::text(503, "Service Unavailable")
}

fn plain(path: &str) -> String {
    path.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
