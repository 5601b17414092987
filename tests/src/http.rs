//! A request to the service by a bare socket: nothing but what is written here goes over it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Time for an answer.
const WAIT: Duration = Duration::from_secs(20);

/// Sends a request with a token to `host:port`. Returns the whole answer, head and body.
///
/// # Panics
/// There is no answer.
pub fn ask(
    address: &str,
    token: &str,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: &str,
) -> String {
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(body);
    let mut answer = Vec::new();
    let result = TcpStream::connect(address).and_then(|mut stream| {
        stream.set_read_timeout(Some(WAIT))?;
        stream.write_all(text.as_bytes())?;
        stream.read_to_end(&mut answer)
    });
    if let Err(error) = result {
        panic!("{method} to the service failed: {error}");
    }
    String::from_utf8_lossy(&answer).into_owned()
}
