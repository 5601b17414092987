//! A confirmed decision as it leaves, with a real sealed identity, and a receiver of webhooks: `sealwatch enforce`.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::system::{command, lines, replay, root, simulate, start, succeed, written};

/// The bytes of the webhooks' secret.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A folder with the enforcement key, a webhook's secret, and a recommendation with its identity sealed to that key.
pub struct Platform {
    folder: PathBuf,
    recommendation: Value,
    identity: Value,
    /// The account's identifier, as the enforcement side alone knows it.
    pub identifier: String,
}

impl Platform {
    /// Simulates a platform, and takes the first account that something is recommended about.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn new(folder: &Path) -> Result<Self> {
        let keys = folder.join("keys");
        for role in ["enforcement", "officer", "approver"] {
            let mut make = command("sealwatch");
            make.args(["keys", "generate", "--role", role, "--out"]);
            succeed(make.arg(&keys));
        }
        let events = simulate(folder, 400, 5, 2);
        let demo = fs::read_to_string(root().join("config/demo.toml"))?;
        let sealed = "[keys]\nenforcement = \"keys/enforcement.public.json\"";
        let config = folder.join("replay.toml");
        let own = demo
            .replace("[keys]", sealed)
            .replace("../demo/officer", "keys/officer")
            .replace("../demo/approver", "keys/approver");
        fs::write(&config, own)?;
        let policy = root().join("config/demo.policy.toml");
        fs::copy(policy, folder.join("demo.policy.toml"))?;
        let out = folder.join("out");
        let config = config.display().to_string();
        succeed(&mut replay(&events, &out, &["--config", &config]));
        let recommendations = lines(&written(&out).0);
        let identities = lines(&fs::read(folder.join("out.identities"))?);
        let (recommendation, identity) = recommendations
            .into_iter()
            .zip(identities)
            .find(|(recommendation, _)| recommendation["answer"] != "refer")
            .context("nothing is recommended")?;
        let identity = identity["sealed_identities"][0].clone();
        let mut platform = Self {
            folder: folder.to_path_buf(),
            recommendation,
            identity,
            identifier: String::new(),
        };
        platform.identifier = platform.open()?;
        write_private(&platform.secret(), &format!("whsec_{}", base64(SECRET)?))?;
        Ok(platform)
    }

    /// The event of a decision: the same decision gives the same event.
    pub fn event(&self, decision: u32, mode: &str) -> Value {
        let recommendation = &self.recommendation;
        let mut event = json!({
            "type": "enforcement.requested",
            "version": 1,
            "id": format!("{decision:032x}"),
            "at": "2026-11-24T08:00:00.000Z",
            "platform": recommendation["platform"],
            "account": recommendation["account"],
            "incarnation": recommendation["incarnation"],
            "behaviour": recommendation["behaviour"],
            "action": "ban",
            "mode": mode,
            "case": recommendation["id"],
            "recommendation": recommendation["id"],
            "decision": format!("{decision:032x}"),
            "statement": "The account wrote to many people who do not know it.",
            "identity": {
                "scheme": "sealwatch-sealed-identity-v1",
                "key": self.identity["key_ids"][0],
                "binding": {"recommendation": recommendation["id"], "account": recommendation["account"]},
                "sealed": self.identity["sealed"],
            },
        });
        if mode == "demo" {
            event["notice"] = json!("This is a demonstration: nobody may be acted against.");
        }
        event
    }

    /// The enforcement service's private key.
    pub fn key(&self) -> PathBuf {
        self.folder.join("keys/enforcement.private.json")
    }

    /// The file of the webhooks' secret.
    pub fn secret(&self) -> PathBuf {
        self.folder.join("webhook.secret")
    }

    fn open(&self) -> Result<String> {
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let opened = succeed(
            command("sealwatch")
                .args(["keys", "open", "--key"])
                .arg(self.key())
                .args(["--recommendation", &text(&self.recommendation["id"])])
                .args(["--account", &text(&self.recommendation["account"])])
                .args(["--sealed", &text(&self.identity["sealed"])]),
        );
        Ok(String::from_utf8(opened.stdout)?.trim().to_owned())
    }
}

/// Writes a file that its owner alone can read.
///
/// # Errors
/// It cannot be written.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(())
}

/// A running `sealwatch enforce --listen`. Killed when dropped.
pub struct Receiver {
    child: Child,
    address: String,
}

impl Receiver {
    /// Starts it with these further arguments, and waits until it receives.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(platform: &Platform, further: &[&str]) -> Result<Self> {
        Self::start_at(platform, "127.0.0.1:0", further)
    }

    /// Starts it at this address.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_at(platform: &Platform, address: &str, further: &[&str]) -> Result<Self> {
        let child = start(
            command("sealwatch")
                .args(["enforce", "--listen", address, "--key"])
                .arg(platform.key())
                .arg("--secret-file")
                .arg(platform.secret())
                .args(further),
        );
        let mut receiver = Self {
            child,
            address: String::new(),
        };
        let mut line = String::new();
        let stdout = receiver.child.stdout.take().context("no output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim_end().split("http://").nth(1);
        let address = address.context("it does not say where it receives")?;
        address
            .trim_end_matches('/')
            .clone_into(&mut receiver.address);
        Ok(receiver)
    }

    /// Where it receives.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Sends an event, signed as openssl signs, at this time in seconds since 1970. Returns the status of the answer; nothing
    /// where there was none.
    ///
    /// # Errors
    /// openssl fails.
    pub fn send(&self, event: &Value, seconds: u64) -> Result<Option<u16>> {
        let id = event["id"].as_str().unwrap_or("");
        let signature = sign(&format!("{id}.{seconds}.{event}"))?;
        self.post(
            event,
            &[id, &seconds.to_string(), &format!("v1,{signature}")],
        )
    }

    /// Sends an event with these three signature headers.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn post(&self, event: &Value, headers: &[&str; 3]) -> Result<Option<u16>> {
        let body = event.to_string();
        let [id, timestamp, signature] = headers;
        let request = format!(
            "POST / HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\nwebhook-id: {id}\r\n\
             webhook-timestamp: {timestamp}\r\nwebhook-signature: {signature}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let mut stream = std::net::TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        let status = answer
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Ok(status.filter(|_| read.is_ok()))
    }

    /// The process's number.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Kills it (SIGKILL).
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.kill();
    }
}

/// HMAC-SHA256 with the secret, in base64, by openssl: another implementation than ours.
fn sign(text: &str) -> Result<String> {
    let code = openssl(
        &["dgst", "-sha256", "-hmac", SECRET, "-binary"],
        text.as_bytes(),
    )?;
    Ok(String::from_utf8(openssl(&["base64", "-A"], &code)?)?)
}

fn base64(text: &str) -> Result<String> {
    Ok(String::from_utf8(openssl(
        &["base64", "-A"],
        text.as_bytes(),
    )?)?)
}

fn openssl(arguments: &[&str], input: &[u8]) -> Result<Vec<u8>> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("no input")?.write_all(input)?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "openssl failed");
    Ok(output.stdout)
}
