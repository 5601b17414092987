//! A real Alertmanager for a test: it runs the configuration of `deploy/` and tells a receiver on this machine.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::prometheus::run_script;
use crate::system::root;

/// Alertmanager on this machine, with its data in a temporary folder. Ended when dropped, or when the test process ends.
pub struct Alertmanager {
    folder: TempDir,
    port: u16,
}

impl Alertmanager {
    /// Starts one whose receivers are at this address, `host:port`; the first start on a machine installs it.
    ///
    /// The configuration is that of `deploy/alertmanager.yml` with another address and shorter times to wait.
    ///
    /// # Errors
    /// A place of the configuration is not there any more, or what `tests/tools/prometheus.sh` says.
    pub fn start(receiver: &str) -> Result<Self> {
        let mut text = fs::read_to_string(root().join("deploy/alertmanager.yml"))?;
        for (there, here) in [
            ("127.0.0.1:9099", receiver),
            ("group_wait: 30s", "group_wait: 1s"),
            ("group_wait: 10s", "group_wait: 1s"),
            ("group_interval: 5m", "group_interval: 1s"),
        ] {
            ensure!(
                text.contains(there),
                "deploy/alertmanager.yml has no {there} any more"
            );
            text = text.replace(there, here);
        }
        let server = Self {
            folder: tempfile::tempdir()?,
            // A port that is free now.
            port: TcpListener::bind("127.0.0.1:0")?.local_addr()?.port(),
        };
        let config = server.folder.path().join("alertmanager.yml");
        fs::write(&config, text)?;
        let config = config.display().to_string();
        let port = server.port.to_string();
        run_script("alertmanager", server.folder.path(), &[&port, &config])?;
        Ok(server)
    }

    /// Gives it alerts, as Prometheus does: a list of their labels.
    ///
    /// # Errors
    /// It refuses, or does not answer.
    pub fn give(&self, labels: &[Value]) -> Result<()> {
        let alerts: Vec<Value> = labels
            .iter()
            .map(|labels| json!({ "labels": labels }))
            .collect();
        let body = Value::from(alerts).to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        write!(
            stream,
            "POST /api/v2/alerts HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.contains(" 200 OK"), "Alertmanager refuses: {answer}");
        Ok(())
    }

    /// As a list of Prometheus' configuration.
    pub fn as_list(&self) -> String {
        format!("[\"127.0.0.1:{}\"]", self.port)
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = run_script("stop", self.folder.path(), &[]);
    }
}
