//! As much of HTTP/1.1 as the proxy needs: heads are read, bodies pass.

use std::io::{self, BufRead, Read, Write};

/// The first line and the headers of a request or an answer; names in lower case.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
}

impl Head {
    /// Reads a request's; `None` when the client has hung up.
    pub(super) fn of_request(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let method = words.next().unwrap_or_default();
        let target = words.next().unwrap_or_default();
        Ok(Some(Self { method, target, status: 0, headers: headers(from)? }))
    }

    /// Reads an answer's.
    pub(super) fn of_answer(from: &mut impl BufRead) -> io::Result<Self> {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let status = line.split_whitespace().nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("no answer"))?;
        Ok(Self { status, headers: headers(from)?, ..Self::default() })
    }

    /// A header's value.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// How long the body is, when it says.
    pub(super) fn length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// Reads the form that is its body, as if it had come in the address.
    pub(super) fn form_to_query(&mut self, from: &mut impl Read) -> io::Result<()> {
        let mut form = String::new();
        from.take(self.length().unwrap_or(0)).read_to_string(&mut form)?;
        self.headers.retain(|(name, _)| name != "content-length");
        self.target = format!("{}?{form}", self.target);
        Ok(())
    }

    /// Sends it on, with `Connection: close`.
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let mut text = match self.status {
            0 => format!("{} {} HTTP/1.1\r\n", self.method, self.target),
            status => format!("HTTP/1.1 {status} -\r\n"),
        };
        for (name, value) in self.headers.iter().filter(|(name, _)| name != "connection") {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("connection: close\r\n\r\n");
        to.write_all(text.as_bytes())
    }
}

/// An answer of the proxy's own.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) head: Head,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn new(status: u16) -> Self {
        let body = "{\"errors\":[{\"code\":\"TEST\",\"message\":\"as the test wants it\"}]}";
        Self { head: Head { status, ..Head::default() }, body: String::new() }
            .with_body(body.into())
    }

    pub(super) fn with_body(mut self, body: String) -> Self {
        self.body = body;
        self
    }

    pub(super) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.head.headers.push((name.into(), value.into()));
        self
    }

    /// Sends it; the length is told even when the body is not wanted.
    pub(super) fn write(&self, method: &str, to: &mut impl Write) -> io::Result<()> {
        let mut head = self.head.clone();
        head.headers.push(("content-length".into(), self.body.len().to_string()));
        head.write(to)?;
        if method != "HEAD" {
            to.write_all(self.body.as_bytes())?;
        }
        to.flush()
    }
}

/// Hands on at most `most` bytes, and tells of each piece how long it was.
pub(super) fn pass(
    from: &mut impl Read,
    to: &mut impl Write,
    most: u64,
    mut tell: impl FnMut(u64),
) -> io::Result<u64> {
    let mut buffer = vec![0; 64 << 10];
    let mut passed = 0;
    while passed < most {
        let wanted = buffer.len().min(usize::try_from(most - passed).unwrap_or(usize::MAX));
        let count = from.read(&mut buffer[..wanted])?;
        if count == 0 {
            break;
        }
        tell(count as u64);
        passed += count as u64;
        to.write_all(&buffer[..count])?;
    }
    Ok(passed)
}

fn headers(from: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { return Ok(headers) };
        headers.push((name.trim().to_lowercase(), value.trim().to_owned()));
    }
}
