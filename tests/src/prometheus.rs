//! A real Prometheus for a test: it runs the configuration of `deploy/` and the rules of `dashboards/` against a service.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::enforcement::write_private;
use crate::system::root;

/// Seconds between two scrapes, and between two evaluations of the rules.
pub const SCRAPE_SECONDS: u32 = 1;

/// Prometheus on this machine, with its data in a temporary folder. Ended when dropped, or when the test process ends.
pub struct Prometheus {
    folder: TempDir,
    port: u16,
}

impl Prometheus {
    /// Starts a server that scrapes the service at this address with this token; the first start on a machine installs it.
    ///
    /// The configuration is that of `deploy/prometheus.yml` with other addresses and shorter intervals.
    ///
    /// # Errors
    /// A place of the configuration is not there any more, or what `tests/tools/prometheus.sh` says.
    pub fn start(service: &str, token: &str) -> Result<Self> {
        // Nobody is to be told of this run.
        Self::start_telling(service, token, &root().join("dashboards/rules"), "[]")
    }

    /// The same with rules of this folder, and with these Alertmanagers: a list as it stands in the configuration.
    ///
    /// # Errors
    /// As [`Prometheus::start`].
    pub fn start_telling(
        service: &str,
        token: &str,
        rules: &Path,
        alertmanagers: &str,
    ) -> Result<Self> {
        // A port that is free now.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let server = Self {
            folder: tempfile::tempdir()?,
            port,
        };
        let folder = server.folder.path();
        let token_file = folder.join("token");
        write_private(&token_file, token)?;
        let mut text = fs::read_to_string(root().join("deploy/prometheus.yml"))?;
        for (there, here) in [
            ("127.0.0.1:8080", service.to_owned()),
            (
                "/etc/prometheus/sealwatch.token",
                token_file.display().to_string(),
            ),
            ("/etc/prometheus/rules", rules.display().to_string()),
            ("_interval: 15s", format!("_interval: {SCRAPE_SECONDS}s")),
            ("[\"127.0.0.1:9093\"]", alertmanagers.to_owned()),
        ] {
            ensure!(
                text.contains(there),
                "deploy/prometheus.yml has no {there} any more"
            );
            text = text.replace(there, &here);
        }
        let config = folder.join("prometheus.yml");
        fs::write(&config, text)?;
        run_script("start", folder, &[&port.to_string(), &text_of(&config)])?;
        Ok(server)
    }

    /// The `data` of an answer of its HTTP interface.
    ///
    /// # Errors
    /// It refuses, or does not answer.
    pub fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value> {
        let parameters: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        // HTTP/1.0, so that the answer does not come in chunks.
        let request = format!(
            "GET /api/v1/{path}?{} HTTP/1.0\r\nHost: localhost\r\n\r\n",
            parameters.join("&")
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        let mut body: Value = serde_json::from_str(body).context("no JSON")?;
        ensure!(
            body["status"] == "success",
            "{path}: {}",
            body["error"].as_str().unwrap_or("refused")
        );
        Ok(body["data"].take())
    }

    /// The series of a query between two times, in seconds since 1970.
    ///
    /// # Errors
    /// It is refused.
    pub fn range(&self, query: &str, from: f64, to: f64, step: f64) -> Result<Vec<Value>> {
        let [from, to, step] = [from, to, step].map(|number| format!("{number:.3}"));
        let parameters = [
            ("query", query),
            ("start", &from),
            ("end", &to),
            ("step", &step),
        ];
        Ok(list(self.get("query_range", &parameters)?["result"].take()))
    }

    /// The series of a query at a time, in seconds since 1970.
    ///
    /// # Errors
    /// It is refused.
    pub fn instant(&self, query: &str, at: f64) -> Result<Vec<Value>> {
        let at = format!("{at:.3}");
        let parameters = [("query", query), ("time", &at)];
        Ok(list(self.get("query", &parameters)?["result"].take()))
    }

    /// How many series match a selector.
    ///
    /// # Errors
    /// It is refused.
    pub fn count(&self, selector: &str) -> Result<usize> {
        Ok(list(self.get("series", &[("match[]", selector)])?).len())
    }

    /// The names of the labels of a metric.
    ///
    /// # Errors
    /// It is refused.
    pub fn labels(&self, metric: &str) -> Result<Vec<String>> {
        let labels = self.get("labels", &[("match[]", metric)])?;
        Ok(list(labels)
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect())
    }

    /// Every rule: recording rules and alerts.
    ///
    /// # Errors
    /// It is refused.
    pub fn rules(&self) -> Result<Vec<Value>> {
        let groups = list(self.get("rules", &[])?["groups"].take());
        Ok(groups
            .into_iter()
            .flat_map(|mut group| list(group["rules"].take()))
            .collect())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = run_script("stop", self.folder.path(), &[]);
    }
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

fn text_of(path: &Path) -> String {
    path.display().to_string()
}

/// Percent-encoding of all but the unreserved (RFC 3986, section 2.3).
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// Runs `tests/tools/prometheus.sh`.
pub(crate) fn run_script(command: &str, folder: &Path, further: &[&str]) -> Result<()> {
    let output = Command::new("bash")
        .arg(root().join("tests/tools/prometheus.sh"))
        .arg(command)
        .arg(folder)
        .args(further)
        .env("SEALWATCH_OWNER", std::process::id().to_string())
        .output()
        .context("cannot run bash")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "prometheus.sh {command}: {}",
        said.trim()
    );
    Ok(())
}
