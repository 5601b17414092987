//! A real PostgreSQL server for a test, and fresh databases in it.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// PostgreSQL on this machine, with its data in a temporary folder. Ended when dropped, or when the test process ends.
pub struct Postgres {
    folder: TempDir,
    port: u16,
    databases: AtomicU32,
}

impl Postgres {
    /// Starts a server of the test's own, which writes through to the disk; the first start on a machine installs it.
    ///
    /// # Errors
    /// What `tests/tools/postgres.sh` says.
    pub fn start() -> Result<Self> {
        Self::start_with("on")
    }

    /// The server that the tests of this process share. Not to be killed: it would end for the others, too.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| {
            Self::start_with("off").unwrap_or_else(|error| panic!("no PostgreSQL: {error:#}"))
        })
    }

    fn start_with(fsync: &str) -> Result<Self> {
        // A port that is free now.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let server = Self {
            folder: tempfile::tempdir()?,
            port,
            databases: AtomicU32::new(0),
        };
        run_script("start", server.folder.path(), &[&port.to_string()], fsync)?;
        Ok(server)
    }

    /// Makes a fresh, empty database. Returns its URL.
    ///
    /// # Errors
    /// What the server says.
    pub fn database(&self) -> Result<String> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        let url = run_script("database", self.folder.path(), &[&name], "on")?;
        Ok(url.trim().to_owned())
    }

    /// Ends the server at once, as a power cut does. Its data stays for [`Postgres::start_again`].
    ///
    /// # Errors
    /// What the script says.
    pub fn kill(&self) -> Result<()> {
        run_script("kill", self.folder.path(), &[], "on").map(drop)
    }

    /// Starts the server on its data and port.
    ///
    /// # Errors
    /// What the script says.
    pub fn start_again(&self) -> Result<()> {
        let port = self.port.to_string();
        run_script("start", self.folder.path(), &[&port], "on").map(drop)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = run_script("remove", self.folder.path(), &[], "on");
    }
}

/// Runs a command of the script. Returns what it printed.
fn run_script(command: &str, folder: &Path, further: &[&str], fsync: &str) -> Result<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/postgres.sh");
    let output = Command::new("bash")
        .arg(script)
        .arg(command)
        .arg(folder)
        .args(further)
        .env("SEALWATCH_OWNER", std::process::id().to_string())
        .env("SEALWATCH_FSYNC", fsync)
        .output()
        .context("cannot run bash")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "postgres.sh {command}: {}",
        said.trim()
    );
    Ok(String::from_utf8(output.stdout)?)
}
