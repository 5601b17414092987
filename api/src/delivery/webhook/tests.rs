//! Addresses, and what an answer means. What goes over the network is in the integration tests.

use ureq::http::StatusCode;

use super::{Webhook, WebhookError, check, judge};
use crate::delivery::failure::FailureKind;
use crate::delivery::signature::WebhookSecret;
use crate::outbound::AuthoritiesError;

#[test]
fn plain_http_is_for_this_machine_alone() {
    for url in [
        "http://127.0.0.1:9/x",
        "http://localhost/",
        "http://[::1]:80/",
    ] {
        assert!(matches!(check(url), Ok(false)), "{url}");
    }
    assert!(matches!(check("https://platform.example/hook"), Ok(true)));
    for url in [
        "http://platform.example/",
        "http://127.0.0.1.example/",
        "http://localhost.example/",
        "http://10.0.0.1/",
    ] {
        assert!(matches!(check(url), Err(WebhookError::Plain)), "{url}");
    }
    for url in ["ftp://127.0.0.1/", "/hook", "", "https://", "127.0.0.1:80"] {
        assert!(matches!(check(url), Err(WebhookError::Address)), "{url}");
    }
    assert!(matches!(
        check("https://me:secret@platform.example/"),
        Err(WebhookError::UserName)
    ));
}

#[test]
fn an_answer_is_judged_by_its_status_alone() {
    let judge = |status| judge(StatusCode::from_u16(status).unwrap());
    for status in [200, 202, 204, 299] {
        assert_eq!(judge(status), Ok(()));
    }
    for (status, kind) in [
        (301, FailureKind::Redirected),
        (308, FailureKind::Redirected),
        (410, FailureKind::Gone),
        (429, FailureKind::Busy),
        (400, FailureKind::Refused),
        (409, FailureKind::Refused),
        (503, FailureKind::ServerError),
    ] {
        assert_eq!(judge(status), Err(kind), "{status}");
    }
}

#[test]
fn authorities_that_are_not_there_or_are_none_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let new = || Webhook::new("https://platform.example/", secret.clone(), Some(&file));
    let said = new().unwrap_err().to_string();
    assert!(
        said.starts_with("ca_file ") && said.contains("ca.pem"),
        "{said}"
    );
    std::fs::write(&file, "no certificate").unwrap();
    assert!(matches!(
        new(),
        Err(WebhookError::Authorities(AuthoritiesError::Nothing { .. }))
    ));
}
