//! Merges planted lines into the host's, in the order of time. The host's lines stay as they are, byte for byte.

use std::io::{self, BufRead, Write};

use serde_json::Value as Json;

use crate::calendar::parse_rfc3339;
use crate::event::Sink;

/// The host's lines, and where they go.
pub(super) struct Merge<R, W> {
    host: R,
    out: W,
    line: Vec<u8>,
    at: Option<i64>,
}

impl<R: BufRead, W: Write> Merge<R, W> {
    /// A merge that has read nothing.
    pub(super) const fn new(host: R, out: W) -> Self {
        Self {
            host,
            out,
            line: Vec::new(),
            at: None,
        }
    }

    /// The time of the next host line, which is then in `line`; `None` at the end.
    fn peek(&mut self) -> io::Result<Option<i64>> {
        while self.at.is_none() {
            self.line.clear();
            if self.host.read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            if self.line.trim_ascii().is_empty() {
                continue;
            }
            if !self.line.ends_with(b"\n") {
                self.line.push(b'\n');
            }
            // Only the time matters here; the first pass has checked the rest.
            let event: Json = serde_json::from_slice(&self.line).map_err(io::Error::from)?;
            let at = event["at"]
                .as_i64()
                .or_else(|| event["at"].as_str().and_then(parse_rfc3339));
            self.at =
                Some(at.ok_or_else(|| {
                    io::Error::other("the host traffic changed while it was read")
                })?);
        }
        Ok(self.at)
    }

    fn pass(&mut self) -> io::Result<()> {
        self.at = None;
        self.out.write_all(&self.line)
    }
}

impl<R: BufRead, W: Write> Sink for Merge<R, W> {
    fn line(&mut self, at: i64, planted: &[u8]) -> io::Result<()> {
        while self.peek()?.is_some_and(|host| host <= at) {
            self.pass()?;
        }
        self.out.write_all(planted)
    }

    fn finish(&mut self) -> io::Result<()> {
        while self.peek()?.is_some() {
            self.pass()?;
        }
        self.out.flush()
    }
}
