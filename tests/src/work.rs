//! People at work, over HTTP: claims, decisions, undoing, appeals, second looks, a detector put into the shadow.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::service::{Service, unchunk};

/// Between two acts.
const PAUSE: Duration = Duration::from_millis(120);

/// The people of a service, as `observed` enters them.
pub struct Work<'service> {
    service: &'service Service,
    keys: u32,
}

impl<'service> Work<'service> {
    /// The people of this service.
    pub const fn new(service: &'service Service) -> Self {
        Self { service, keys: 0 }
    }

    /// What people do until the time is over.
    ///
    /// # Errors
    /// An act is refused that should not be.
    #[expect(clippy::disallowed_methods, reason = "people work for some seconds")]
    pub fn all_day(mut self, duration: Duration) -> Result<()> {
        let began = Instant::now();
        let mut decided = Vec::new();
        let (mut number, mut is_lowered) = (0_usize, false);
        while began.elapsed() < duration {
            sleep(PAUSE);
            if let Some(case) = self.claim("rita")? {
                // Some cases stay claimed, as people's do.
                if number % 20 != 19 {
                    self.decide("rita", &case, verdict(number))?;
                    decided.push((case, number, Instant::now()));
                }
                number += 1;
            }
            let due = |(_, number, at): &(String, usize, Instant)| {
                number.is_multiple_of(3) && at.elapsed() > Duration::from_millis(2_500)
            };
            if let Some(at) = decided.iter().position(due) {
                let (case, number, _) = decided.remove(at);
                self.appeal(&case, number.is_multiple_of(2))?;
            }
            self.look_around(number)?;
            if !is_lowered && began.elapsed() > duration / 2 {
                self.lower("enumeration")?;
                is_lowered = true;
            }
        }
        ensure!(number > 20, "only {number} cases came to people");
        Ok(())
    }

    fn claim(&mut self, person: &str) -> Result<Option<String>> {
        let claimed = self.send(person, "POST", "/api/v1/queue/claim", None, &json!({}))?;
        Ok(claimed["id"].as_str().map(str::to_owned))
    }

    fn decide(&mut self, person: &str, case: &str, (verdict, reason): (&str, &str)) -> Result<()> {
        let version = self.version(person, case)?;
        let path = format!("/api/v1/cases/{case}/decisions");
        let body = json!({"verdict": verdict, "reason": reason});
        let decided = self.send(person, "POST", &path, Some(version), &body)?;
        // Somebody else has to, or somebody was faster: as it happens to people.
        let is_left = matches!(decided["status"].as_u64(), Some(409 | 412));
        ensure!(
            decided["id"].is_string() || is_left,
            "not decided: {decided}"
        );
        Ok(())
    }

    /// Rita files an appeal, and Ron answers it.
    fn appeal(&mut self, case: &str, is_won: bool) -> Result<()> {
        let version = self.version("rita", case)?;
        let path = format!("/api/v1/cases/{case}/appeals");
        let body = json!({"ground": "legitimate_use"});
        let filed = self.send("rita", "POST", &path, Some(version), &body)?;
        // What was not confirmed leaves nothing to appeal against.
        if filed["status"].as_u64().is_some_and(|status| status >= 400) {
            return Ok(());
        }
        let answer = if is_won { verdict(1) } else { verdict(0) };
        self.decide("ron", case, answer)
    }

    /// Pages and lists that people open, a wrong token, and a second look.
    fn look_around(&mut self, number: usize) -> Result<()> {
        let pages = [
            "/api/v1/queue",
            "/api/v1/cases?limit=20",
            "/api/v1/detectors",
            "/api/v1/nothing",
        ];
        self.get("admin", pages[number % pages.len()]);
        if number.is_multiple_of(12) {
            self.service
                .request_with("wrong", "GET", "/api/v1/me", &[], "");
        }
        if number.is_multiple_of(4) {
            let looks = self.get("ron", "/api/v1/second-looks");
            if let Some(look) = looks["items"][0]["decision"].as_str() {
                let path = format!("/api/v1/second-looks/{look}");
                self.send(
                    "ron",
                    "POST",
                    &path,
                    None,
                    &json!({"agrees": !number.is_multiple_of(8)}),
                )?;
            }
        }
        Ok(())
    }

    fn lower(&mut self, behaviour: &str) -> Result<()> {
        let path = format!("/api/v1/detectors/{behaviour}/mode");
        self.send("admin", "PUT", &path, None, &json!({"mode": "shadow"}))
            .map(drop)
    }

    fn version(&self, person: &str, case: &str) -> Result<u64> {
        let case = self.get(person, &format!("/api/v1/cases/{case}"));
        let version = case["case"]["version"].as_u64();
        version.with_context(|| format!("a case without a version: {case}"))
    }

    fn get(&self, person: &str, path: &str) -> Value {
        let token = self.service.token_of(person);
        body(&self.service.request_with(token, "GET", path, &[], ""))
    }

    fn send(
        &mut self,
        person: &str,
        method: &str,
        path: &str,
        version: Option<u64>,
        content: &Value,
    ) -> Result<Value> {
        self.keys += 1;
        let key = format!("work-{}", self.keys);
        let version = version.map(|version| format!("\"{version}\""));
        let mut headers = vec![
            ("Content-Type", "application/json"),
            ("Idempotency-Key", key.as_str()),
        ];
        if let Some(version) = &version {
            headers.push(("If-Match", version));
        }
        let token = self.service.token_of(person);
        let answer = self
            .service
            .request_with(token, method, path, &headers, &content.to_string());
        let status = answer.split(' ').nth(1).unwrap_or("");
        ensure!(!status.starts_with('5'), "{method} {path}: {answer}");
        Ok(body(&answer))
    }
}

/// What a person decides about the case of this number: a tenth is rejected, and some need more.
const fn verdict(number: usize) -> (&'static str, &'static str) {
    match number % 10 {
        1 => ("reject", "legitimate_use"),
        7 => ("needs_more", "wait_for_activity"),
        4 => ("confirm", "linked_accounts"),
        _ => ("confirm", "pattern_clear"),
    }
}

fn body(answer: &str) -> Value {
    serde_json::from_str(&unchunk(answer)).unwrap_or_default()
}
