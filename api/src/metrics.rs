//! The server's own metrics. Labels are members of closed sets: route templates, methods and status classes.

use axum::http::{Method, StatusCode};
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

/// The server's own metrics.
pub struct Metrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
    wrong_tokens: prometheus::IntCounter,
}

impl Metrics {
    /// Makes and registers them.
    ///
    /// # Errors
    /// The registry has them already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new(
                "sealwatch_api_requests_total",
                "Requests answered, by route template, method and status class.",
            ),
            &["route", "method", "status"],
        )?;
        let buckets = vec![
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
        ];
        let seconds = HistogramVec::new(
            HistogramOpts::new(
                "sealwatch_api_request_seconds",
                "Time to an answer, by route template.",
            )
            .buckets(buckets),
            &["route"],
        )?;
        let wrong_tokens =
            prometheus::IntCounter::new("sealwatch_api_wrong_tokens_total", "Wrong tokens given.")?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        registry.register(Box::new(wrong_tokens.clone()))?;
        Ok(Self {
            requests,
            seconds,
            wrong_tokens,
        })
    }

    /// Notes an answer. `route` is a template of ours or `other`.
    pub fn note(&self, route: &str, method: &Method, status: StatusCode, seconds: f64) {
        let method = match *method {
            Method::GET => "GET",
            Method::HEAD => "HEAD",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::DELETE => "DELETE",
            _ => "other",
        };
        let class = match status.as_u16() {
            100..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        self.requests
            .with_label_values(&[route, method, class])
            .inc();
        self.seconds.with_label_values(&[route]).observe(seconds);
    }

    /// Notes a wrong token.
    pub fn note_wrong_token(&self) {
        self.wrong_tokens.inc();
    }
}
