//! Connections that this program opens over HTTP: with time-outs, no redirect is ever followed, no proxy of the environment is
//! used, and either every certificate of a file is believed or nothing is set up.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// Why a file of certificate authorities is not believed. Messages name the file; whoever shows them names the setting.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    /// It cannot be read.
    #[error("{}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A part of it is broken: believing the rest would leave out an authority that somebody named.
    #[error("{}: a certificate in it is broken; copy it anew, as PEM", .path.display())]
    Broken {
        /// The file.
        path: PathBuf,
    },
    /// It holds none.
    #[error("{}: no certificate in it; it must be PEM", .path.display())]
    Nothing {
        /// The file.
        path: PathBuf,
    },
}

/// How long is waited.
#[derive(Debug, Clone, Copy)]
pub struct TimeLimits {
    /// For a connection.
    pub connect: Duration,
    /// For a whole request with its answer.
    pub whole: Duration,
}

/// What sends requests: by TLS alone where `is_tls`. `authorities` is a PEM file of the certificate authorities that are
/// believed in place of Mozilla's; `idle` connections of a host are kept for the next request.
///
/// # Errors
/// [`AuthoritiesError`].
pub fn agent(
    is_tls: bool,
    authorities: Option<&Path>,
    limits: TimeLimits,
    idle: usize,
) -> Result<Agent, AuthoritiesError> {
    let roots = match authorities {
        Some(path) => RootCerts::from(certificates(path)?),
        None => RootCerts::WebPki,
    };
    let config = Agent::config_builder()
        .https_only(is_tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_connect(Some(limits.connect))
        .timeout_global(Some(limits.whole))
        .max_idle_connections_per_host(idle)
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .user_agent(concat!("sealwatch/", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(config.into())
}

/// Whether a host is this machine, without asking anybody.
pub fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address: Result<IpAddr, _> = bare.parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, AuthoritiesError> {
    let pem = std::fs::read(path).map_err(|source| AuthoritiesError::Unreadable {
        path: path.to_path_buf(),
        source,
    })?;
    let broken = |_| AuthoritiesError::Broken {
        path: path.to_path_buf(),
    };
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(broken)? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        let path = path.to_path_buf();
        return Err(AuthoritiesError::Nothing { path });
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: TimeLimits = TimeLimits {
        connect: Duration::from_secs(1),
        whole: Duration::from_secs(1),
    };

    #[test]
    fn authorities_are_believed_all_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let read = |text: &str| {
            std::fs::write(&file, text).unwrap();
            agent(true, Some(&file), LIMITS, 1).map(drop)
        };
        let absent = agent(true, Some(&file), LIMITS, 1).map(drop);
        assert!(matches!(absent, Err(AuthoritiesError::Unreadable { .. })));
        let part = |name: &str, body: &str| {
            format!("-----BEGIN {name}-----\n{body}\n-----END {name}-----\n")
        };
        let sound = part("CERTIFICATE", "MAA=");
        let other = part("PUBLIC KEY", "MAA=");
        let broken = part("CERTIFICATE", "M?A=");
        assert!(read(&sound.repeat(2)).is_ok());
        assert!(read(&format!("{other}{sound}")).is_ok());
        for text in ["no certificate", &other] {
            let refused = read(text);
            assert!(
                matches!(refused, Err(AuthoritiesError::Nothing { .. })),
                "{text}"
            );
        }
        // Wherever it stands: neither those before it nor those behind it are believed alone.
        for text in [
            broken.clone(),
            format!("{sound}{broken}"),
            format!("{broken}{sound}"),
            format!("{sound}{broken}{sound}"),
        ] {
            let refused = read(&text);
            assert!(
                matches!(refused, Err(AuthoritiesError::Broken { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn this_machine_is_known_by_its_address_and_not_by_how_a_name_begins() {
        for host in ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "localhost.example",
            "127.0.0.1.example",
            "10.0.0.1",
            "[::2]",
            "",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
