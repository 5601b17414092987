//! The command as its users see it: wrong configurations, the doctor, keys, and the generated documents.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;

use sealwatch_tests::service::Service;
use sealwatch_tests::system::{command, lines, replay, root, simulate, succeed, written};

/// A sound configuration with `change` applied to its text.
fn configuration(folder: &Path, change: impl FnOnce(String) -> String) -> PathBuf {
    let events = folder.join("events.ndjson");
    if !events.exists() {
        fs::write(&events, "").unwrap();
    }
    let policy = folder.join("policy.toml");
    fs::copy(root().join("config/demo.policy.toml"), policy).unwrap();
    let text = "platforms = [\"demo\"]\nissuers = [\"sister\"]\nbanks = [\"industry\"]\n\
         [source]\nkind = \"files\"\npaths = [\"events.ndjson\"]\n\
         [source.limits]\nprivileged_types = [\"label.given\", \"enforcement.applied\", \"signal.received\"]\n\
         [keys]\npseudonym = \"pseudonym.key\"\n[model]\npolicy = \"policy.toml\"\n\
         [store]\ndirectory = \"store\"\n[api]\nlisten = \"127.0.0.1:0\"\ndatabase = \"cases.sqlite\"\nfirst_people = { rita = \"analyst reviewer referral_officer auditor admin\" }\n";
    let path = folder.join("sealwatch.toml");
    fs::write(&path, change(text.to_owned())).unwrap();
    path
}

fn run(subcommand: &str, config: &Path) -> Output {
    command("sealwatch")
        .arg(subcommand)
        .arg("--config")
        .arg(config)
        .output()
        .unwrap()
}

/// One line on standard error that holds `part`, and exit code 2.
fn is_refused(output: &Output, part: &str) {
    let errors = String::from_utf8_lossy(&output.stderr);
    let messages: Vec<&str> = errors
        .lines()
        .filter(|line| line.starts_with("sealwatch: "))
        .collect();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        messages.iter().any(|line| line.contains(part)),
        "{part:?} is not in {errors}"
    );
}

/// A change of a configuration's text.
type Change = Box<dyn FnOnce(String) -> String>;

#[test]
fn a_wrong_configuration_is_one_clear_line_and_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap().to_string();
    let cases: Vec<(Change, &str)> = vec![
        (
            Box::new(|text| text.replace("[store]", "[store]\nspeed = 9")),
            "speed",
        ),
        (
            Box::new(|text| text.replace("platforms = [\"demo\"]", "platforms = []")),
            "platforms is empty",
        ),
        (
            Box::new(|text| text.replace("events.ndjson", "absent.ndjson")),
            "absent.ndjson",
        ),
        (
            Box::new(|text| text.replace("policy.toml", "absent.toml")),
            "absent.toml",
        ),
        (
            Box::new(|text| text.replace("[model]", "[model]\nartefact = \"absent.json\"")),
            "absent.json",
        ),
        (
            Box::new(|text| text.replace("[model]", "[model]\ndigest = \"00\"")),
            "digest",
        ),
        (
            Box::new(|text| text.replace("\"store\"", "\"/proc/store\"")),
            "/proc/store",
        ),
        (
            Box::new(move |text| text.replace("127.0.0.1:0", &address)),
            "api.listen",
        ),
        (
            Box::new(|text| text.replace("label.given", "message.sent")),
            "privileged_types",
        ),
        (
            Box::new(|text| text.replace("[keys]", "[keys]\nofficer = \"o.json\"")),
            "keys.officer",
        ),
        (
            Box::new(|text| text.replace("[store]", "[audit]\norigin = \"two words\"\n[store]")),
            "audit.origin",
        ),
        (
            Box::new(|text| text.replace("auditor admin", "auditor")),
            "api.first_people",
        ),
        (
            Box::new(|text| text.replace("[store]", "[telemetry]\notlp_endpoint = \"a\"\n[store]")),
            "telemetry.otlp_endpoint",
        ),
        (
            Box::new(|text| text + "[retention.days]\narchive = 89\n"),
            "retention.days.archive is 89",
        ),
        (Box::new(|_| "this is not TOML".to_owned()), "line 1"),
    ];
    for (change, part) in cases {
        let config = configuration(folder.path(), change);
        is_refused(&run("run", &config), part);
    }
    is_refused(
        &run("run", &folder.path().join("nowhere.toml")),
        "nowhere.toml",
    );
    drop(port);
}

#[test]
fn a_policy_that_would_go_live_on_the_simulators_threshold_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), |text| text);
    let policy = folder.path().join("policy.toml");
    let live =
        fs::read_to_string(&policy)
            .unwrap()
            .replacen("mode = \"demo\"", "mode = \"live\"", 1);
    fs::write(&policy, live).unwrap();
    is_refused(&run("run", &config), "cannot be live");
}

#[test]
fn the_doctor_says_what_is_right_and_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), |text| text);
    let sound = succeed(
        command("sealwatch")
            .arg("doctor")
            .arg("--config")
            .arg(&config),
    );
    let text = String::from_utf8(sound.stdout).unwrap();
    assert!(
        text.lines().all(|line| line.starts_with("ok ")) && text.lines().count() == 13,
        "{text}"
    );
    let broken = configuration(folder.path(), |text| {
        text.replace(
            "kind = \"files\"\npaths = [\"events.ndjson\"]",
            "kind = \"kafka\"\nbrokers = \"127.0.0.1:9\"\ntopic = \"t\"",
        )
    });
    let output = run("doctor", &broken);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stdout)
            .contains("WRONG  no kafka broker answers at 127.0.0.1:9")
    );
}

#[test]
fn the_doctor_reads_what_pages_people_and_what_a_referral_needs() {
    let folder = tempfile::tempdir().unwrap();
    let diagnosis = |further: &str| {
        let config = configuration(folder.path(), |text| format!("{text}{further}"));
        let output = run("doctor", &config);
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), text)
    };
    let (code, bare) = diagnosis("");
    assert_eq!(code, Some(0), "{bare}");
    for missing in [
        "referrals.webhooks",
        "[provider]",
        "keys.officer",
        "api.tls",
    ] {
        assert!(bare.contains(missing), "{missing}: {bare}");
    }
    let hook = "name = \"pager\"\nurl = \"https://a.example/\"\nsecret_file = \"absent\"\n";
    for section in ["enforcement", "audit", "referrals"] {
        let (code, text) = diagnosis(&format!("[[{section}.webhooks]]\n{hook}"));
        let said = format!("WRONG  {section}.webhooks pager: secret file");
        assert!(code == Some(2) && text.contains(&said), "{text}");
    }
    let (code, text) = diagnosis("[api.tls]\ncertificate = \"a.pem\"\nkey = \"absent.pem\"\n");
    assert!(code == Some(2) && text.contains("WRONG  api.tls"), "{text}");
    let named = "[provider]\norganization = \"Example\"\nservice = \"Example\"\n";
    let (code, text) = diagnosis(named);
    assert!(
        code == Some(0) && text.contains("provider.reporting_person"),
        "{text}"
    );
}

#[test]
fn the_doctor_names_a_live_detector_whose_threshold_has_expired() {
    let folder = tempfile::tempdir().unwrap();
    // The demo's artefact as if a platform had calibrated it, and let it grow old.
    let artefact = fs::read_to_string(root().join("models/demo.artefact.json")).unwrap();
    let platform = artefact.replace("\"kind\":\"simulator\"", "\"kind\":\"platform\"");
    let diagnosis = |expires: i64| {
        let mut document: serde_json::Value = serde_json::from_str(&platform).unwrap();
        document["expires"] = expires.into();
        fs::write(folder.path().join("own.json"), document.to_string()).unwrap();
        let config = configuration(folder.path(), |text| {
            text.replace("[model]", "[model]\nartefact = \"own.json\"")
        });
        let policy = folder.path().join("policy.toml");
        let live =
            fs::read_to_string(&policy)
                .unwrap()
                .replacen("mode = \"demo\"", "mode = \"live\"", 1);
        fs::write(&policy, live).unwrap();
        String::from_utf8(run("doctor", &config).stdout).unwrap()
    };
    let old = diagnosis(1_000);
    assert!(
        old.contains("WRONG  the thresholds of bulk_messaging expired on 1970-01-01"),
        "{old}"
    );
    let valid = diagnosis(4_000_000_000_000);
    assert!(valid.contains("thresholds hold until 2096"), "{valid}");
}

#[test]
fn another_pseudonym_key_refuses_to_start_and_a_made_key_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), |text| text);
    let mut first = command("sealwatch");
    first.env_remove("SEALWATCH_PSEUDONYM_KEY");
    succeed(first.arg("doctor").arg("--config").arg(&config));
    let key = folder.path().join("pseudonym.key");
    assert_eq!(
        fs::metadata(&key).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let events = simulate(folder.path(), 50, 2, 1);
    let (out, state) = (
        folder.path().join("out"),
        folder.path().join("state").display().to_string(),
    );
    succeed(&mut replay(&events, &out, &["--state", &state]));
    let mut other = replay(&events, &out, &["--state", &state]);
    let output = other
        .env("SEALWATCH_PSEUDONYM_KEY", "1".repeat(64))
        .output()
        .unwrap();
    is_refused(&output, "pseudonym key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let mut open = command("sealwatch");
    open.env_remove("SEALWATCH_PSEUDONYM_KEY");
    let output = open
        .arg("run")
        .arg("--config")
        .arg(&config)
        .output()
        .unwrap();
    is_refused(&output, "chmod 600");
}

fn open(key: &Path, recommendation: &Value, sealed: &str) -> Output {
    let mut child = command("sealwatch")
        .args([
            "keys",
            "open",
            "--recommendation",
            recommendation["id"].as_str().unwrap(),
        ])
        .args([
            "--account",
            recommendation["account"].as_str().unwrap(),
            "--key",
        ])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(sealed.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn enforcement_opens_an_identity_alone_and_the_referral_side_needs_two() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    for role in ["enforcement", "officer", "approver"] {
        succeed(
            command("sealwatch")
                .args(["keys", "generate", "--role", role, "--out"])
                .arg(&keys),
        );
    }
    let events = simulate(folder.path(), 400, 5, 2);
    let config = configuration(folder.path(), |text| {
        text.replace("[keys]", "[keys]\nenforcement = \"keys/enforcement.public.json\"\nofficer = \"keys/officer.public.json\"\napprover = \"keys/approver.public.json\"")
    });
    let out = folder.path().join("out");
    succeed(&mut replay(
        &events,
        &out,
        &[
            "--config",
            &config.display().to_string(),
            "--state",
            &folder.path().join("state").display().to_string(),
        ],
    ));
    let (recommendations, _) = written(&out);
    let recommendations = lines(&recommendations);
    let identities = lines(&fs::read(folder.path().join("out.identities")).unwrap());
    let mut referred = 0;
    for (recommendation, identity) in recommendations.iter().zip(&identities) {
        let sides: Vec<&str> = identity["sealed_identities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|sealed| sealed["sealed_for"].as_str().unwrap())
            .collect();
        // What is only for the referral side is not sealed to the enforcement side.
        if recommendation["answer"] == "refer" {
            referred += 1;
            assert_eq!(sides, ["referral"]);
        } else {
            assert_eq!(sides, ["enforcement", "referral"]);
        }
    }
    assert!(referred > 0, "somebody was referred");
    let first = recommendations
        .iter()
        .position(|recommendation| recommendation["answer"] != "refer")
        .unwrap();
    let recommendation = &recommendations[first];
    let sealed = |side: &str| {
        let all = identities[first]["sealed_identities"].as_array().unwrap();
        let found = all
            .iter()
            .find(|sealed| sealed["sealed_for"] == side)
            .unwrap();
        found["sealed"].as_str().unwrap().to_owned()
    };
    let private = |role: &str| keys.join(format!("{role}.private.json"));
    let raw = open(
        &private("enforcement"),
        recommendation,
        &sealed("enforcement"),
    );
    let raw = String::from_utf8(raw.stdout).unwrap();
    let names_it = fs::read_to_string(&events)
        .unwrap()
        .contains(&format!("\"{}\"", raw.trim()));
    assert!(
        !raw.trim().is_empty() && names_it,
        "the identity is an account of the stream"
    );

    let referral = sealed("referral");
    assert!(
        !open(&private("officer"), recommendation, &referral)
            .status
            .success(),
        "an officer alone"
    );
    assert!(
        !open(&private("enforcement"), recommendation, &referral)
            .status
            .success(),
        "enforcement"
    );
    let inner = open(&private("approver"), recommendation, &referral);
    let inner = String::from_utf8(inner.stdout).unwrap();
    assert!(
        !inner.contains(raw.trim()),
        "an approver alone sees nothing"
    );
    let opened = open(&private("officer"), recommendation, &inner);
    assert_eq!(
        String::from_utf8(opened.stdout).unwrap(),
        raw,
        "both together"
    );
    let other = &recommendations[usize::from(first == 0)];
    assert!(
        !open(&private("enforcement"), other, &sealed("enforcement"))
            .status
            .success(),
        "another recommendation"
    );
}

#[test]
fn the_service_stops_after_its_epoch_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), 400, 6, 3);
    let config = configuration(folder.path(), |text| {
        text + "metrics_open = true\n[engine]\nepoch_records = 200\n"
    });
    let mut service = Service::start(&config);
    service.wait_for_metric("sealwatch_records_total{outcome=\"accepted\"}", 400.0);
    let (stdout, _) = service.stop();
    assert!(
        !stdout.contains(service.token()),
        "the token is not in what tests keep"
    );
    let mut again = Service::resume(&config, service.token());
    let total = fs::read_to_string(folder.path().join("events.ndjson"))
        .unwrap()
        .lines()
        .count() as f64;
    again.wait_for_metric("sealwatch_records_total{outcome=\"accepted\"}", total);
    again.wait_for_recommendations(1);
    again.stop();
    let out = folder.path().join("out");
    succeed(&mut replay(
        &folder.path().join("events.ndjson"),
        &out,
        &["--config", &config.display().to_string()],
    ));
    let expected = lines(&written(&out).0).len();
    let mut last = Service::resume(&config, service.token());
    let page = last.json("/api/v1/recommendations?limit=200");
    assert_eq!(
        page["items"].as_array().unwrap().len(),
        expected,
        "each recommendation once"
    );
    last.stop();
}

#[test]
fn the_generated_documents_are_up_to_date() {
    for (flag, file) in [
        ("--events", "docs/EVENTS.md"),
        ("--features", "docs/FEATURES.md"),
    ] {
        let output = succeed(command("sealwatch").args(["schema", flag]));
        assert!(
            output.stdout == fs::read(root().join(file)).unwrap(),
            "{file} is old; run `make docs`"
        );
    }
    let schema: Value =
        serde_json::from_slice(&succeed(command("sealwatch").arg("schema")).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let events = fs::read(simulate(folder.path(), 60, 3, 4)).unwrap();
    assert!(
        lines(&events).iter().all(|event| validator.is_valid(event)),
        "simulated events fit the printed schema"
    );
}

#[test]
fn every_field_of_the_schema_stands_in_the_privacy_document() {
    let text = fs::read_to_string(root().join("docs/PRIVACY.md")).unwrap();
    for field in sealwatch_core::event::FIELD_NAMES {
        assert!(
            text.contains(&format!("| `{field}` |")),
            "{field} is missing in docs/PRIVACY.md"
        );
    }
}
