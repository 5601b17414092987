//! The detectors: which there are, how far each goes, and what its threshold promises.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sealwatch_core::behaviour::Behaviour;

use super::draw;
use super::frame::Frame;
use super::words::Threshold;
use crate::people::Actor;
use crate::problem::Problem;
use crate::state::{ApiState, DetectorDescription};

struct Detector {
    behaviour: &'static str,
    status: &'static str,
    mode: &'static str,
    answer: &'static str,
    is_demonstration: bool,
    threshold: Option<Threshold>,
}

#[derive(Template)]
#[template(path = "detectors.html")]
struct DetectorsPage {
    frame: Frame,
    detectors: Vec<Detector>,
}

/// The page of the detectors.
pub async fn detectors(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let describe = |behaviour: &Behaviour| {
        let found = state
            .detectors
            .iter()
            .find(|detector| detector.behaviour == *behaviour);
        Detector {
            behaviour: behaviour.title(),
            status: match found {
                Some(_) => "on",
                None if behaviour.has_detector() => "off",
                None => "absent",
            },
            mode: found.map_or("", |detector| detector.mode.name()),
            answer: found.map_or("", |detector| detector.answer.name()),
            is_demonstration: found.is_some_and(DetectorDescription::is_demonstration),
            threshold: found.map(|detector| Threshold::new(&detector.threshold)),
        }
    };
    let detectors = Behaviour::ALL.iter().map(describe).collect();
    draw(&DetectorsPage {
        frame: Frame::new(&state, Some(&actor), &headers, "detectors"),
        detectors,
    })
}
