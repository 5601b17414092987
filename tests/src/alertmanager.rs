//! A real Alertmanager for a test: it runs the configuration of `deploy/` and tells a receiver on this machine.

use std::fs;
use std::net::TcpListener;

use anyhow::{Result, ensure};
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
