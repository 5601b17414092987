//! The running service, driven over HTTP with nothing but a socket.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::http::ask;
use crate::system::command;

/// A running `sealwatch run`. Ended when dropped.
pub struct Service {
    child: Option<Child>,
    /// What it writes to standard error: a pipe that nobody reads would stop it when full.
    log: File,
    address: String,
    token: String,
    printed: String,
}

impl Service {
    /// Starts the service with a configuration that listens on port 0, and waits until it says where it serves.
    ///
    /// # Panics
    /// It does not start.
    pub fn start(config: &Path) -> Self {
        Self::start_logging(config, "info")
    }

    /// The same with so much in its log, as `RUST_LOG` says it.
    ///
    /// # Panics
    /// It does not start.
    pub fn start_logging(config: &Path, filter: &str) -> Self {
        let (mut child, mut log) = match spawn(config, filter) {
            Ok(started) => started,
            Err(error) => panic!("the service cannot be started: {error}"),
        };
        let mut printed = String::new();
        let mut byte = [0];
        if let Some(stdout) = child.stdout.as_mut() {
            while !printed.ends_with("\n\n") || !printed.contains("\n    ") {
                match stdout.read(&mut byte) {
                    Ok(1) => printed.push(char::from(byte[0])),
                    _ => break,
                }
                if printed.contains("sealwatch token create") && printed.ends_with('\n') {
                    break;
                }
            }
        }
        let address = printed
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        let Some(address) = address.map(str::to_owned) else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the service did not start: {printed} {}", whole(&mut log));
        };
        let token = printed
            .lines()
            .filter(|line| line.starts_with("    "))
            .find(|line| line.contains("reviewer") || !printed.contains("reviewer"))
            .and_then(|line| line.split_whitespace().next())
            .unwrap_or("")
            .to_owned();
        Self {
            child: Some(child),
            log,
            address,
            token,
            printed,
        }
    }

    /// Starts the service again, with the token that it printed at its first start.
    ///
    /// # Panics
    /// It does not start.
    pub fn resume(config: &Path, token: &str) -> Self {
        let mut service = Self::start(config);
        token.clone_into(&mut service.token);
        service
    }

    /// Where it serves, `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The token of the person with this name, as printed at the first start.
    ///
    /// # Panics
    /// None was printed.
    pub fn token_of(&self, person: &str) -> &str {
        let line = |line: &&str| {
            line.starts_with("    ") && line.split_whitespace().nth(1) == Some(person)
        };
        match self.printed.lines().find(line) {
            Some(line) => line.split_whitespace().next().unwrap_or(""),
            None => panic!("no token of {person} was printed"),
        }
    }

    /// The token of the first reviewer that it printed.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Sends further requests with another token.
    pub fn use_token(&mut self, token: &str) {
        token.clone_into(&mut self.token);
    }

    /// The process's number.
    pub fn process(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Sends a request with the token. Returns the whole answer, head and body.
    ///
    /// # Panics
    /// The service does not answer.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> String {
        self.request_with(&self.token, method, path, headers, body)
    }

    /// The same with this token.
    ///
    /// # Panics
    /// The service does not answer.
    pub fn request_with(
        &self,
        token: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> String {
        ask(&self.address, token, (method, path), headers, body)
    }

    /// Sends a GET request with the token.
    ///
    /// # Panics
    /// The service does not answer.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> String {
        self.request("GET", path, headers, "")
    }

    /// The body of a GET request as JSON.
    ///
    /// # Panics
    /// The body is not JSON.
    pub fn json(&self, path: &str) -> Value {
        let answer = self.get(path, &[]);
        let body = unchunk(&answer);
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {answer}"))
    }

    /// Waits until a metric has at least this value.
    ///
    /// # Panics
    /// It does not within a minute.
    pub fn wait_for_metric(&self, name: &str, least: f64) {
        for _ in 0..600 {
            let metrics = self.get("/metrics", &[]);
            let value = metrics
                .lines()
                .find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
            if value.is_some_and(|value| value >= least) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{name} did not reach {least}");
    }

    /// Waits until the list has at least this many recommendations.
    ///
    /// # Panics
    /// It does not within a minute.
    pub fn wait_for_recommendations(&self, least: usize) {
        for _ in 0..600 {
            let page = self.json("/api/v1/recommendations?limit=200");
            if page["items"]
                .as_array()
                .is_some_and(|items| items.len() >= least)
            {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("there are fewer than {least} recommendations");
    }

    /// The id of the newest recommendation.
    ///
    /// # Panics
    /// There is none.
    pub fn first_recommendation(&self) -> String {
        let page = self.json("/api/v1/recommendations?limit=1");
        let found = find_id(&page["items"][0]);
        found.unwrap_or_else(|| panic!("a recommendation has no id"))
    }

    /// Kills the service (SIGKILL), and returns what it wrote to standard error.
    pub fn kill(&mut self) -> String {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        whole(&mut self.log)
    }

    /// Asks the service to stop, and returns what it wrote to standard output and error.
    ///
    /// # Panics
    /// It does not stop with exit code 0.
    pub fn stop(&mut self) -> (String, String) {
        let Some(child) = self.child.take() else {
            return Default::default();
        };
        let number = child.id().to_string();
        let _ = std::process::Command::new("kill")
            .args(["-TERM", &number])
            .status();
        let output = match child.wait_with_output() {
            Ok(output) => output,
            Err(error) => panic!("the service did not stop: {error}"),
        };
        assert!(
            output.status.success(),
            "the service ended with {:?}",
            output.status
        );
        let stdout = format!(
            "{}{}",
            self.printed
                .lines()
                .filter(|line| !line.starts_with("    "))
                .collect::<Vec<_>>()
                .join("\n"),
            String::from_utf8_lossy(&output.stdout)
        );
        (stdout, whole(&mut self.log))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(child) = self.child.as_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn spawn(config: &Path, filter: &str) -> std::io::Result<(Child, File)> {
    let log = tempfile::tempfile()?;
    let child = command("sealwatch")
        .arg("run")
        .arg("--config")
        .arg(config)
        .env("RUST_LOG", filter)
        .stdout(Stdio::piped())
        .stderr(log.try_clone()?)
        .spawn()?;
    Ok((child, log))
}

/// All that was written to a file.
fn whole(file: &mut File) -> String {
    let mut bytes = Vec::new();
    let _ = file.rewind();
    let _ = file.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn find_id(item: &Value) -> Option<String> {
    let id = item
        .get("id")
        .or_else(|| item["recommendation"].get("id"))?;
    id.as_str().map(str::to_owned)
}

/// The body of an answer, put together from chunks where it came in chunks.
pub fn unchunk(answer: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or(("", ""));
    if !head
        .to_ascii_lowercase()
        .contains("transfer-encoding: chunked")
    {
        return body.to_owned();
    }
    let (mut rest, mut whole) = (body, String::new());
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 {
            break;
        }
        whole.push_str(after.get(..size).unwrap_or(after));
        rest = after.get(size + 2..).unwrap_or("");
    }
    whole
}
