//! The service, asked over HTTP from a person's own machine. What it answers is material, never to be believed for a name, a
//! key or a digest that can be had here.

use std::path::Path;
use std::time::Duration;

use sealwatch_api::outbound::{TimeLimits, agent, is_this_machine};
use serde_json::Value;
use ureq::Agent;
use ureq::http::{Request, Response, Uri};
use zeroize::Zeroizing;

use crate::arguments::ServerArguments;
use crate::failure::Failure;
use crate::{clock, key_file, terminal};

/// Time for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Time for a whole request with its answer.
const WHOLE: Duration = Duration::from_mins(1);
/// Connections that are kept for the next request.
const IDLE: usize = 1;
/// The longest answer that is read, in bytes. A case's facts with all its events stay far below.
const ANSWER: u64 = 32 << 20;

/// The variables that stand for `--server` and `--token-file`.
const SERVER: &str = "SEALWATCH_SERVER";
const TOKEN: &str = "SEALWATCH_TOKEN";

/// The service, and the token with which it is asked.
pub struct Server {
    agent: Agent,
    base: String,
    token: Zeroizing<String>,
}

/// What the service answered.
pub struct Answer {
    /// The version of what was asked for, as its `ETag`.
    pub version: Option<String>,
    /// The body; nothing where there was none.
    pub body: Value,
}

impl Server {
    /// Takes address and token. Nothing is sent yet.
    ///
    /// # Errors
    /// An argument is missing or wrong.
    pub fn new(arguments: &ServerArguments) -> Result<Self, Failure> {
        let base = arguments
            .server
            .clone()
            .or_else(|| std::env::var(SERVER).ok())
            .ok_or_else(|| {
                Failure::configuration(format!("name the service: --server URL, or {SERVER}"))
            })?;
        let base = base.trim_end_matches('/').to_owned();
        let is_tls = check(&base)?;
        let limits = TimeLimits {
            connect: CONNECT,
            whole: WHOLE,
        };
        let agent = agent(is_tls, arguments.ca_file.as_deref(), limits, IDLE)
            .map_err(|error| Failure::Configuration(format!("--ca-file {error}")))?;
        Ok(Self {
            agent,
            base,
            token: token(arguments.token_file.as_deref())?,
        })
    }

    /// The service's address.
    pub fn address(&self) -> &str {
        &self.base
    }

    /// Reads.
    ///
    /// # Errors
    /// The service cannot be reached, or refuses.
    pub fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.ask("GET", path, None, "")
    }

    /// Acts: with the version that was seen, where the act changes something that has one.
    ///
    /// # Errors
    /// The service cannot be reached, or refuses.
    pub fn post(&self, path: &str, version: Option<&str>, body: &Value) -> Result<Answer, Failure> {
        self.ask("POST", path, version, &Zeroizing::new(body.to_string()))
    }

    /// Takes something away.
    ///
    /// # Errors
    /// The service cannot be reached, or refuses.
    pub fn delete(&self, path: &str) -> Result<Answer, Failure> {
        self.ask("DELETE", path, None, "")
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        version: Option<&str>,
        body: &str,
    ) -> Result<Answer, Failure> {
        let token = Zeroizing::new(format!("Bearer {}", self.token.as_str()));
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", token.as_str())
            .header("accept", "application/json");
        if method != "GET" {
            // One for each act: where an answer is lost, the state that is read next tells whether it was done.
            request = request.header("idempotency-key", random_key());
        }
        if let Some(version) = version {
            request = request.header("if-match", version);
        }
        let sent = if body.is_empty() {
            self.agent.run(request.body(()).map_err(|_| unsendable())?)
        } else {
            let request = request.header("content-type", "application/json");
            self.agent
                .run(request.body(body).map_err(|_| unsendable())?)
        };
        let mut answer = sent.map_err(|error| self.unreachable(&error))?;
        let text = answer
            .body_mut()
            .with_config()
            .limit(ANSWER)
            .read_to_string()
            .map(Zeroizing::new)
            .map_err(|error| self.unreachable(&error))?;
        if !answer.status().is_success() {
            return Err(refusal(answer.status().as_u16(), &text));
        }
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).map_err(|_| not_understood())?
        };
        Ok(Answer {
            version: etag(&answer),
            body,
        })
    }

    /// Never the error's own text: it may hold what was sent.
    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let why = match error {
            ureq::Error::Timeout(_) => "it did not answer in time",
            ureq::Error::HostNotFound => "there is no such host",
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::TlsRequired => {
                "its certificate does not hold (--ca-file names whose certificates are believed)"
            }
            ureq::Error::BodyExceedsLimit(_) => "its answer is too long",
            _ => "the connection failed",
        };
        Failure::running(format!("{}: {why}", self.base))
    }
}

impl Answer {
    /// A field that must be text.
    ///
    /// # Errors
    /// It is not there, or is something else.
    pub fn text(&self, name: &str) -> Result<&str, Failure> {
        self.body[name].as_str().ok_or_else(not_understood)
    }

    /// A field that is text or nothing.
    ///
    /// # Errors
    /// It is something else.
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>, Failure> {
        match &self.body[name] {
            Value::Null => Ok(None),
            value => value.as_str().map(Some).ok_or_else(not_understood),
        }
    }
}

/// An answer of another form than this version knows.
pub fn not_understood() -> Failure {
    Failure::running(
        "the service's answer is not understood; service and command must be of the same version",
    )
}

fn token(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    let text = match file {
        Some(path) => key_file::read(path, "token")?.ok_or_else(|| {
            Failure::configuration(format!("token {}: there is no such file", path.display()))
        })?,
        None => std::env::var(TOKEN).map(Zeroizing::new).map_err(|_| {
            Failure::configuration(format!("give your token: --token-file FILE, or {TOKEN}"))
        })?,
    };
    let token = Zeroizing::new(text.trim().to_owned());
    let is_one = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    if is_one {
        Ok(token)
    } else {
        Err(Failure::configuration("the token is no token"))
    }
}

fn random_key() -> String {
    let mut bytes = [0; 16];
    clock::random()(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn etag<T>(answer: &Response<T>) -> Option<String> {
    let value = answer.headers().get("etag")?;
    value.to_str().ok().map(str::to_owned)
}

/// The service's own words, which say what to do.
fn refusal(status: u16, text: &str) -> Failure {
    let problem: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    let word = |name: &str| problem[name].as_str().map(terminal::line);
    let title = word("title").unwrap_or_else(|| "no reason given".to_owned());
    let detail = word("detail").map_or_else(String::new, |detail| format!("; {detail}"));
    Failure::running(format!("the service refused ({status}): {title}{detail}"))
}

fn unsendable() -> Failure {
    Failure::configuration("the request cannot be sent: an argument holds what no address can hold")
}

/// Whether the address is one of TLS.
fn check(base: &str) -> Result<bool, Failure> {
    let wrong = |what: &str| Failure::configuration(format!("--server: {what}"));
    let form = "it is of the form https://host, without a path";
    let uri: Uri = base.parse().map_err(|_| wrong(form))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(wrong(form));
    };
    if authority.as_str().contains('@') || uri.path() != "/" || uri.query().is_some() {
        return Err(wrong(form));
    }
    match scheme {
        "https" => Ok(true),
        "http" if is_this_machine(authority.host()) => Ok(false),
        "http" => Err(wrong(
            "use https: your token would be read on the way; http is for this machine alone",
        )),
        _ => Err(wrong(form)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_by_tls_or_to_this_machine() {
        assert!(check("https://sealwatch.example").unwrap());
        assert!(!check("http://127.0.0.1:8080").unwrap());
        assert!(!check("http://[::1]:8080").unwrap());
        assert!(!check("http://localhost:8080").unwrap());
        for wrong in [
            "http://sealwatch.example",
            "https://ana:secret@sealwatch.example",
            "https://sealwatch.example/path",
            "ftp://sealwatch.example",
            "sealwatch.example",
            "",
        ] {
            let message = check(wrong).unwrap_err().to_string();
            assert!(message.contains("https") && !message.contains("secret"));
        }
    }

    #[test]
    fn a_refusal_says_the_services_words_on_one_line_and_nothing_else() {
        let problem = r#"{"title":"Not\u001b[2J you","detail":"read\nit again","canary":"canary"}"#;
        let message = refusal(412, problem).to_string();
        assert_eq!(
            message,
            "the service refused (412): Not\u{fffd}[2J you; read\u{fffd}it again"
        );
        assert!(!refusal(500, "canary").to_string().contains("canary"));
    }
}
