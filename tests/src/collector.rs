//! A collector of what is posted in JSON over HTTP: of traces (OTLP), and of alerts.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

/// A collector on a port of its own, for as long as the process lives.
pub struct Collector {
    address: String,
    posted: Arc<Mutex<Vec<Post>>>,
}

/// What was posted.
#[derive(Debug, Clone)]
pub struct Post {
    /// The path.
    pub path: String,
    /// The body.
    pub body: String,
}

impl Collector {
    /// Starts it.
    ///
    /// # Panics
    /// There is no port.
    pub fn start() -> Self {
        let bound = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = match bound {
            Ok(bound) => bound,
            Err(error) => panic!("no port for a collector: {error}"),
        };
        let posted = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&posted);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || take(&stream, &kept));
            }
        });
        Self {
            address: address.to_string(),
            posted,
        }
    }

    /// The section of the configuration that sends traces here.
    pub fn section(&self) -> String {
        format!(
            "[telemetry]\notlp_endpoint = \"http://{}\"\nenvironment = \"test\"\n",
            self.address
        )
    }

    /// Where it listens, `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What was posted.
    pub fn posts(&self) -> Vec<Post> {
        let posted = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
        posted.clone()
    }

    /// The bodies that were posted.
    pub fn posted(&self) -> Vec<String> {
        self.posts().into_iter().map(|post| post.body).collect()
    }

    /// The spans that were posted.
    ///
    /// # Panics
    /// A body is not JSON.
    pub fn spans(&self) -> Vec<Value> {
        let mut spans = Vec::new();
        for body in self.posted() {
            let body: Value = serde_json::from_str(&body)
                .unwrap_or_else(|error| panic!("a body is not JSON: {error}"));
            let found = body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array();
            spans.extend(found.into_iter().flatten().cloned());
        }
        spans
    }
}

/// Takes posts until the connection ends.
fn take(stream: &TcpStream, posted: &Mutex<Vec<Post>>) {
    let mut reader = BufReader::new(stream);
    while let Some(post) = post(&mut reader) {
        posted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(post);
        let mut answer = stream;
        if answer
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            .is_err()
        {
            return;
        }
    }
}

fn post(reader: &mut impl BufRead) -> Option<Post> {
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let lower = line.to_ascii_lowercase();
        if let Some(digits) = lower.strip_prefix("content-length:") {
            length = digits.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    Some(Post { path, body })
}
