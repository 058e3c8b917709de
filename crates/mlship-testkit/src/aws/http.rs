//! As much of HTTP/1.1 as a test proxy needs.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// The largest body that is read, in bytes.
const BODY: u64 = 512 << 20;

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// A response to be sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// The value of a header, by its name in lower case.
pub(super) fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Reads one request; `None` when the client has hung up.
pub(super) fn read_request(
    from: &mut BufReader<TcpStream>,
    mut to: &TcpStream,
) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default().to_owned();
    let headers = read_headers(from)?;
    if header(&headers, "expect").is_some() {
        to.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = if header(&headers, "content-length").is_some()
        || header(&headers, "transfer-encoding").is_some()
    {
        read_body(from, &headers)?
    } else {
        Vec::new()
    };
    Ok(Some(Request { method, target, headers, body }))
}

/// Sends a request over a connection of its own, and reads the response.
pub(super) fn forward(to: SocketAddr, request: &Request) -> io::Result<Response> {
    let mut stream = TcpStream::connect(to)?;
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    for (name, value) in &request.headers {
        let hop = ["connection", "content-length", "transfer-encoding", "expect"];
        if !hop.contains(&name.as_str()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", request.body.len()));
    stream.write_all(&[head.as_bytes(), &request.body].concat())?;
    let mut from = BufReader::new(stream);
    let mut line = String::new();
    from.read_line(&mut line)?;
    let status = line.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    let headers = read_headers(&mut from)?;
    let body = match request.method.as_str() {
        "HEAD" => Vec::new(),
        _ => read_body(&mut from, &headers)?,
    };
    Ok(Response { status: status.unwrap_or(502), headers, body })
}

/// Sends a response and keeps the connection.
pub(super) fn write_response(
    mut to: &TcpStream,
    method: &str,
    response: &Response,
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {} -\r\n", response.status);
    for (name, value) in &response.headers {
        // A HEAD response tells the length of a body that does not follow.
        let ours = ["connection", "transfer-encoding"].contains(&name.as_str())
            || (name == "content-length" && method != "HEAD");
        if !ours {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    if method != "HEAD" && response.status != 204 {
        head.push_str(&format!("content-length: {}\r\n", response.body.len()));
    }
    head.push_str("\r\n");
    // In one piece: two small ones would wait for each other's acknowledgement.
    to.write_all(&[head.as_bytes(), &response.body].concat())
}

fn read_headers(from: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { return Ok(headers) };
        headers.push((name.trim().to_lowercase(), value.trim().to_owned()));
    }
}

fn read_body(from: &mut impl BufRead, headers: &[(String, String)]) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if header(headers, "transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
        loop {
            let mut line = String::new();
            from.read_line(&mut line)?;
            let size = u64::from_str_radix(line.trim(), 16).unwrap_or(0);
            from.by_ref().take(size).read_to_end(&mut body)?;
            from.read_line(&mut String::new())?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    let length = header(headers, "content-length").and_then(|length| length.parse().ok());
    from.take(length.unwrap_or(BODY)).read_to_end(&mut body)?;
    Ok(body)
}
