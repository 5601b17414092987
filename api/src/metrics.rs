//! The server's own metrics. Labels are members of closed sets: route templates, methods and status classes.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};

use crate::access::{Met, access, rules};

/// What is no route of ours, and a method that a route does not have.
const OTHER: &str = "other";

/// Classes of statuses.
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// Methods of what is no route of ours.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", OTHER];

/// Bounds of the time to an answer, in seconds.
const SECONDS: [f64; 9] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

sealwatch_core::metrics! {
    /// The server's own metrics.
    pub struct ServerMetrics {
        /// Requests answered, by route template, method and status class.
        requests: IntCounterVec = "sealwatch_api_requests_total" ["route", "method", "status"],
        /// Time to an answer, by route template.
        seconds: HistogramVec = "sealwatch_api_request_seconds" ["route"] buckets SECONDS,
        /// Wrong tokens given.
        wrong_tokens: IntCounter = "sealwatch_api_wrong_tokens_total",
    }
}

impl ServerMetrics {
    /// Makes the series of every route.
    pub fn prepare(&self) {
        let routes: BTreeSet<&str> = rules().map(|(_, route, _)| *route).collect();
        let of_rules = rules().map(|(method, route, _)| (*route, *method));
        let of_others = routes.iter().map(|route| (*route, OTHER));
        let elsewhere = METHODS.iter().map(|method| (OTHER, *method));
        for (route, method) in of_rules.chain(of_others).chain(elsewhere) {
            for class in CLASSES {
                self.requests.with_label_values(&[route, method, class]);
            }
        }
        for route in routes.iter().chain([&OTHER]) {
            self.seconds.with_label_values(&[route]);
        }
    }

    /// Notes an answer. `route` is a template of ours or `other`.
    pub fn note(&self, route: &str, method: &Method, status: StatusCode, seconds: f64) {
        let (route, method) = labels(route, method);
        let class = match status.as_u16() {
            ..=299 => "2xx",
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

/// The labels of a request. HEAD is GET without its body.
pub(crate) fn labels<'route>(route: &'route str, method: &Method) -> (&'route str, &'static str) {
    let name = match *method {
        Method::GET | Method::HEAD => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => OTHER,
    };
    match access(method, route) {
        Met::Rule(_) => (route, name),
        Met::OtherMethod => (route, OTHER),
        Met::Nothing => (OTHER, name),
    }
}

#[cfg(test)]
mod tests {
    use super::{OTHER, labels};
    use axum::http::Method;

    #[test]
    fn the_labels_of_a_request_are_those_of_a_route_or_other() {
        assert_eq!(labels("/queue", &Method::HEAD), ("/queue", "GET"),);
        assert_eq!(labels("/queue", &Method::PATCH), ("/queue", OTHER));
        assert_eq!(labels("/queue", &Method::DELETE), ("/queue", OTHER));
        assert_eq!(labels("/of/somebody", &Method::GET), (OTHER, "GET"));
        let own = Method::from_bytes(b"CANARY").unwrap();
        assert_eq!(labels("/of/somebody", &own), (OTHER, OTHER));
    }
}
