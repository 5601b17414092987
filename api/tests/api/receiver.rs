//! A receiver of webhooks for tests: it answers as it is told, and keeps what it was sent.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a request is answered with.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// This status, with this header.
    Status(u16, &'static str),
    /// Nothing: the connection is closed when the request was read.
    Nothing,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    pub at: Duration,
}

/// A receiver that answers with each of a list in turn, and then always with 204.
pub struct Receiver {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    pub fn start(answers: &[Answer], clock: Arc<dyn Fn() -> Duration + Send + Sync>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (kept, answers) = (Arc::clone(&received), answers.to_vec());
        std::thread::spawn(move || {
            let mut answers = answers.into_iter();
            for stream in listener.incoming().flatten() {
                let Some(request) = read(&stream, clock()) else {
                    continue;
                };
                kept.lock().unwrap().push(request);
                answer(stream, answers.next().unwrap_or(Answer::Status(204, "")));
            }
        });
        Self { address, received }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream, at: Duration) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length: usize = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Received { headers, body, at })
}

fn answer(mut stream: TcpStream, answer: Answer) {
    if let Answer::Status(status, header) = answer {
        let end = if header.is_empty() { "" } else { "\r\n" };
        let head = format!(
            "HTTP/1.1 {status} Answer\r\n{header}{end}content-length: 0\r\nconnection: close\r\n\r\n"
        );
        let _ = stream.write_all(head.as_bytes());
    }
}
