//! A real Kafka broker for a test: started with free ports, stopped when dropped or when the test process ends.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sealwatch_ingest::kafka_admin::{KafkaAdmin, Message, Producer};
use sealwatch_ingest::source::kafka::KafkaSettings;
use tempfile::TempDir;

/// Apache Kafka on this machine, with its data in a temporary folder.
pub struct Broker {
    folder: TempDir,
    port: u16,
    controller_port: u16,
    admin: KafkaAdmin,
    producer: Producer,
}

impl Broker {
    /// Starts a broker; the first start on a machine fetches it.
    ///
    /// # Errors
    /// What `tests/tools/kafka.sh` says.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let [port, controller_port] = free_ports()?;
        run_script(&[
            "start",
            path_text(folder.path())?,
            &port.to_string(),
            &controller_port.to_string(),
        ])?;
        let address = format!("127.0.0.1:{port}");
        let admin = KafkaAdmin::connect(&address)?;
        let producer = Producer::connect(&address, None)?;
        Ok(Self {
            folder,
            port,
            controller_port,
            admin,
            producer,
        })
    }

    /// Its address, `host:port`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Settings of a source that reads the topic.
    pub fn settings(&self, topic: &str) -> KafkaSettings {
        KafkaSettings {
            brokers: self.address(),
            topic: topic.to_owned(),
            ..KafkaSettings::default()
        }
    }

    /// The admin client: topics with settings, more partitions, deleted records.
    pub const fn admin(&self) -> &KafkaAdmin {
        &self.admin
    }

    /// Makes a topic.
    ///
    /// # Errors
    /// What the broker says.
    pub fn create_topic(&self, name: &str, partitions: u32) -> Result<()> {
        Ok(self.admin.create_topic(name, partitions, &[])?)
    }

    /// Produces a message; [`Broker::flush`] waits until all are there.
    ///
    /// # Errors
    /// What the client says.
    pub fn produce(
        &self,
        topic: &str,
        partition: u32,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[(&str, &[u8])],
    ) -> Result<()> {
        Ok(self.producer.send(&Message {
            topic,
            partition,
            key,
            value,
            headers,
            time: None,
        })?)
    }

    /// Waits until all messages are there.
    ///
    /// # Errors
    /// What the client says.
    pub fn flush(&self) -> Result<()> {
        Ok(self.producer.flush()?)
    }

    /// A producer of transactions.
    ///
    /// # Errors
    /// What the broker says.
    pub fn transactional_producer(&self, id: &str) -> Result<Producer> {
        Ok(Producer::connect(&self.address(), Some(id))?)
    }

    /// Ends the broker at once, as a power cut does. Its data stays for [`Broker::start_again`].
    ///
    /// # Errors
    /// What the script says.
    pub fn kill(&self) -> Result<()> {
        run_script(&["kill", path_text(self.folder.path())?])
    }

    /// Starts the broker on its data and ports.
    ///
    /// # Errors
    /// What the script says.
    pub fn start_again(&self) -> Result<()> {
        let (port, controller_port) = (self.port.to_string(), self.controller_port.to_string());
        run_script(&[
            "start",
            path_text(self.folder.path())?,
            &port,
            &controller_port,
        ])
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Ok(path) = path_text(self.folder.path()) {
            // Its data goes with the folder, so it need not stop with care.
            let _ = run_script(&["kill", path]);
        }
    }
}

fn run_script(arguments: &[&str]) -> Result<()> {
    let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tools", "kafka.sh"]
        .iter()
        .collect();
    let output = Command::new(&script)
        .args(arguments)
        .env("SEALWATCH_OWNER", std::process::id().to_string())
        .output()
        .with_context(|| format!("cannot run {}", script.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "kafka.sh {}: {}",
        arguments.join(" "),
        said.trim()
    );
    Ok(())
}

fn path_text(path: &Path) -> Result<&str> {
    path.to_str()
        .context("the path of the temporary folder is not UTF-8")
}

/// Ports that are free now. Both are held until both are known, so that they differ.
fn free_ports() -> Result<[u16; 2]> {
    let (first, second) = (
        TcpListener::bind("127.0.0.1:0")?,
        TcpListener::bind("127.0.0.1:0")?,
    );
    Ok([first.local_addr()?.port(), second.local_addr()?.port()])
}
