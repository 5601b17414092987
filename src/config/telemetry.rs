//! The `[telemetry]` section of the configuration.

use serde::Deserialize;

use crate::failure::Failure;

/// Where traces go.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// The address of an OpenTelemetry collector that takes OTLP over HTTP, as `http://127.0.0.1:4318`: spans are posted to
    /// `/v1/traces` under it. Without it there are no traces.
    pub otlp_endpoint: Option<String>,
    /// The environment's name, as it stands in every trace: `production`, `staging`.
    pub environment: Option<String>,
}

impl TelemetryConfig {
    /// The address that spans are posted to.
    ///
    /// # Errors
    /// It is none.
    pub fn traces_url(&self) -> Result<Option<String>, Failure> {
        let Some(endpoint) = &self.otlp_endpoint else {
            return Ok(None);
        };
        let rest = endpoint
            .strip_prefix("http://")
            .or_else(|| endpoint.strip_prefix("https://"));
        let is_address = rest.is_some_and(|rest| {
            let host = rest.split('/').next().unwrap_or_default();
            let is_plain = rest
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'@'));
            !host.is_empty() && is_plain
        });
        if !is_address {
            return Err(Failure::configuration(
                "telemetry.otlp_endpoint is not of the form http://host:port",
            ));
        }
        Ok(Some(format!(
            "{}/v1/traces",
            endpoint.trim_end_matches('/')
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::TelemetryConfig;

    #[test]
    fn spans_are_posted_under_the_endpoint_and_what_is_no_address_is_refused() {
        let url = |endpoint: &str| {
            let config = TelemetryConfig {
                otlp_endpoint: Some(endpoint.to_owned()),
                environment: None,
            };
            config.traces_url().ok().flatten()
        };
        for endpoint in ["http://127.0.0.1:4318", "http://127.0.0.1:4318/"] {
            let expected = "http://127.0.0.1:4318/v1/traces".to_owned();
            assert_eq!(url(endpoint), Some(expected));
        }
        for endpoint in ["", "127.0.0.1:4318", "http://", "https://a@b", "http://a b"] {
            assert_eq!(url(endpoint), None, "{endpoint}");
        }
        assert!(TelemetryConfig::default().traces_url().unwrap().is_none());
    }
}
