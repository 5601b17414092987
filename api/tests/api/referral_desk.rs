//! A desk for referrals: a server on either database with two officers, two approvers and a person who is both, their keys, and
//! threat signals with identities that are really sealed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::Method;
use sealwatch_api::audit::{HeadKeeper, HeadSettings};
use sealwatch_api::cases::ReviewSettings;
use sealwatch_api::people::{FirstToken, PersonName, Roles};
use sealwatch_api::referrals::{Provider, ReferralSettings};
use sealwatch_api::{ApiState, CaseStore, router};
use sealwatch_core::behaviour::Mode;
use sealwatch_core::credibility::corroboration::Corroboration;
use sealwatch_core::credibility::priority::{Priority, starts_clock};
use sealwatch_core::credibility::weigh;
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::{Position, SealedFor, SealedIdentity};
use sealwatch_core::threat::{SubjectKind, ThreatDelivery, ThreatId, ThreatKind, ThreatSignal};
use sealwatch_core::time::{MINUTE, Timestamp};
use sealwatch_custody::package::facts::ReportingPerson;
use sealwatch_custody::signing::{SigningKey, SigningRole};
use sealwatch_custody::{Binding, PrivateKey, Role, seal_twice};
use serde_json::{Value, json};

use crate::client::{Answer, Browser, send};
use crate::common::*;
use crate::databases::{Stores, open};

/// What the desk's clock says at first.
pub const NOW: i64 = START + 60 * MINUTE;

/// The identifier that no answer and no database ever holds.
pub const IDENTIFIER: &str = "+canary5e4a1w4tch";

/// Who works here, beside those of every server.
const PEOPLE: [(&str, &str); 6] = [
    ("admin", "admin"),
    ("anna", "approver"),
    ("anton", "approver"),
    ("both", "referral_officer approver"),
    ("olga", "referral_officer"),
    ("oskar", "referral_officer"),
];

/// The referral side's key of this role.
pub fn private_key(role: Role) -> PrivateKey {
    let byte = match role {
        Role::Enforcement => 1,
        Role::Officer => 2,
        Role::Approver => 3,
    };
    PrivateKey::from_bytes(role, &[byte; 32]).unwrap()
}

/// A person's signing key.
pub fn signing_key(person: &str, role: SigningRole) -> SigningKey {
    let digest = blake3::hash(format!("{person} {}", role.name()).as_bytes());
    SigningKey::from_bytes(role, digest.as_bytes())
}

/// The settings of a platform that refers.
pub fn settings() -> ReviewSettings {
    let provider = Provider {
        organization: "Example Messenger Ltd".to_owned(),
        service: "Example".to_owned(),
        contact_email: Some("referrals@example.org".to_owned()),
        contact_telephone: None,
        legal_process: None,
        terms_url: None,
        reporting_person: Some(ReportingPerson {
            first_name: "Pat".to_owned(),
            last_name: "Doe".to_owned(),
            email: "pat.doe@example.org".to_owned(),
        }),
    };
    ReviewSettings {
        referrals: ReferralSettings {
            provider: Some(provider),
            claims: 100,
            ..ReferralSettings::default()
        },
        ..review()
    }
}

/// To what the identity of a case is bound.
pub fn binding(case: ThreatId, pseudonym: Pseudonym) -> Binding {
    Binding {
        recommendation: case.to_bytes(),
        pseudonym: pseudonym.to_bytes(),
    }
}

/// A revision of the `seed`th case of a kind, at this priority.
pub fn threat(seed: u64, revision: u64, kind: ThreatKind, priority: Priority) -> ThreatDelivery {
    let subject = pseudonym(seed);
    let key = u128::from_be_bytes(subject.to_bytes());
    let case = ThreatId::case(SubjectKind::Account, key, 0, kind);
    let position = Position {
        sequence: revision - 1,
        partition: 0,
        offset: revision - 1,
    };
    let sealed = seal_twice(
        &private_key(Role::Officer).public(),
        &private_key(Role::Approver).public(),
        IDENTIFIER.as_bytes(),
        &binding(case, subject),
        &mut *random(),
    )
    .unwrap();
    ThreatDelivery {
        threat: ThreatSignal {
            id: case.revision(position),
            case,
            revision,
            platform: "chat".to_owned(),
            subject: SubjectKind::Account,
            pseudonym: subject,
            incarnation: 0,
            kind,
            mode: Mode::Live,
            priority,
            starts_clock: starts_clock(kind),
            credibility: weigh(kind, &[], &Corroboration::default()).credibility,
            reports: 1,
            reporters: Vec::new(),
            matches: None,
            signals: Vec::new(),
            at: Timestamp(NOW - MINUTE),
            first: position,
            position,
            evidence: recommendation(seed, false).evidence,
        },
        sealed_identity: Some(SealedIdentity {
            sealed_for: SealedFor::Referral,
            key_ids: vec!["a1b2c3d4e5f60718".to_owned(), "0f1e2d3c4b5a6978".to_owned()],
            sealed: sealed.to_base64(),
        }),
    }
}

/// A server with its clock.
pub struct Desk {
    pub name: &'static str,
    pub url: String,
    pub store: CaseStore,
    pub router: Router,
    pub registry: prometheus::Registry,
    clock: Arc<AtomicI64>,
    tokens: Vec<FirstToken>,
}

/// A desk on each database.
pub async fn desks() -> (Stores, Vec<Desk>) {
    desks_with(&settings()).await
}

/// The same with other settings.
pub async fn desks_with(settings: &ReviewSettings) -> (Stores, Vec<Desk>) {
    desks_where(settings, true).await
}

/// Desks in processes that do not have the log's key.
pub async fn desks_without_the_logs_key() -> (Stores, Vec<Desk>) {
    desks_where(&settings(), false).await
}

async fn desks_where(settings: &ReviewSettings, has_key: bool) -> (Stores, Vec<Desk>) {
    let stores = Stores::empty();
    let mut desks = Vec::new();
    for ((name, location), url) in stores.locations.iter().zip(&stores.urls) {
        let store = open(location, settings.clone()).await;
        desks.push(desk(name, url, store, has_key).await);
    }
    (stores, desks)
}

async fn desk(name: &'static str, url: &str, store: CaseStore, has_key: bool) -> Desk {
    let clock = Arc::new(AtomicI64::new(NOW));
    let mut parts = parts(store.clone(), false, true);
    let (told, minutes) = (Arc::clone(&clock), AtomicU64::new(0));
    parts.now_ms = Arc::new(move || told.load(Ordering::SeqCst));
    parts.monotonic =
        Arc::new(move || Duration::from_mins(minutes.fetch_add(1, Ordering::Relaxed)));
    let person = |(name, roles): &(&str, &str)| {
        let roles = Roles::parse(roles).unwrap();
        (PersonName::parse(name).unwrap(), roles)
    };
    parts.config.first_people = PEOPLE.iter().map(person).collect();
    let registry = parts.registry.clone();
    if has_key {
        let settings = HeadSettings {
            interval: Duration::from_mins(1),
            file: None,
        };
        HeadKeeper::new(&store, log().origin, log_key(), settings, &registry).unwrap();
    }
    let (state, tokens) = ApiState::new(parts).await.unwrap();
    Desk {
        name,
        url: url.to_owned(),
        store,
        router: router(state),
        registry,
        clock,
        tokens,
    }
}

impl Desk {
    /// The clock goes on.
    pub fn wait(&self, milliseconds: i64) {
        self.clock.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// What the clock says.
    pub fn now(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    /// Takes signals in now.
    pub async fn deliver(&self, threats: &[ThreatDelivery]) {
        self.store
            .deliver_threats(threats, self.now())
            .await
            .unwrap();
    }

    pub async fn ask(
        &self,
        who: &str,
        method: Method,
        path: &str,
        version: Option<&str>,
        body: &str,
    ) -> Answer {
        let bearer = format!("Bearer {}", token_of(&self.tokens, who));
        let mut headers = vec![
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        headers.extend(version.map(|version| ("if-match", version)));
        send(&self.router, method, path, &headers, body).await
    }

    /// A person's browser, signed in.
    pub async fn browser(&self, who: &str) -> Browser {
        Browser::sign_in(&self.router, &token_of(&self.tokens, who)).await
    }

    /// Reads as a person.
    pub async fn get(&self, who: &str, path: &str) -> Answer {
        self.ask(who, Method::GET, path, None, "").await
    }

    /// Posts as a person, with the version that the referral has now, and as having read its newest signal, where the body
    /// names no other.
    pub async fn act(&self, who: &str, id: &str, act: &str, body: &Value) -> Answer {
        let referral = self.get("olga", &format!("/api/v1/referrals/{id}")).await;
        let version = referral.headers["etag"].to_str().unwrap().to_owned();
        let mut body = body.clone();
        if matches!(act, "findings" | "withdraw") && body["case_revision"].is_null() {
            body["case_revision"] = referral.json()["case_revision"].clone();
        }
        let path = format!("/api/v1/referrals/{id}/{act}");
        self.ask(who, Method::POST, &path, Some(&version), &body.to_string())
            .await
    }

    /// The same, where it must be done.
    pub async fn done(&self, who: &str, id: &str, act: &str, body: &Value) -> Value {
        let answer = self.act(who, id, act, body).await;
        let status = answer.status.as_u16();
        assert!(
            matches!(status, 200 | 201),
            "{} {act}: {}",
            self.name,
            answer.text
        );
        answer.json()
    }

    /// The queue's items, as an officer sees them.
    pub async fn queue(&self, query: &str) -> Vec<Value> {
        let page = self
            .get("olga", &format!("/api/v1/referrals?{query}"))
            .await;
        assert_eq!(page.status, 200, "{}", page.text);
        page.json()["items"].as_array().unwrap().clone()
    }

    /// The id of the one referral that is not over.
    pub async fn only(&self) -> String {
        let queue = self.queue("").await;
        assert_eq!(queue.len(), 1, "{}", self.name);
        queue[0]["id"].as_str().unwrap().to_owned()
    }

    /// Enrols a person's key of this role.
    pub async fn enrol(&self, who: &str, role: SigningRole) -> Answer {
        let key = signing_key(who, role);
        let body = json!({
            "key": key.verifying_key().to_document(),
            "proof": proof(&key, who),
        });
        let path = "/api/v1/signing-keys";
        self.ask(who, Method::POST, path, None, &body.to_string())
            .await
    }

    /// A referral that was found credible by `officer`, for the police of a Member State.
    pub async fn founded(&self, officer: &str, seed: u64) -> String {
        let delivery = threat(seed, 1, ThreatKind::ThreatToLife, Priority::P1);
        self.deliver(&[delivery]).await;
        let id = self.only().await;
        self.done(officer, &id, "claim", &json!({})).await;
        self.done(officer, &id, "findings", &founded()).await;
        id
    }

    /// A number out of the database.
    pub async fn count(&self, sql: &str) -> i64 {
        let pool = self.beside().await;
        let count = sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned()))
            .fetch_one(&pool)
            .await
            .unwrap();
        pool.close().await;
        count
    }

    /// A connection beside the store.
    pub async fn beside(&self) -> sqlx::AnyPool {
        sqlx::any::install_default_drivers();
        sqlx::AnyPool::connect(&self.url).await.unwrap()
    }
}

/// The proof that whoever enrols a key holds it, as anyone can make it who knows the documented text.
pub fn proof(key: &SigningKey, person: &str) -> String {
    let (role, id) = (key.role().name(), key.verifying_key().id());
    let text = format!("sealwatch signing key enrolment v1\n{role}\n{id}\n{person}\n");
    key.sign(text.as_bytes()).to_base64()
}

/// A finding that can be made about a threat to life.
pub fn founded() -> Value {
    json!({
        "verdict": "founded",
        "statement": "Two people who do not know each other say that a named person is to be killed tonight.",
        "grounds": ["independent_reports", "report_after_contact"],
        "regime": "eu_threat_to_life",
        "recipient": "member_state",
        "member_states": ["IE"],
        "member_states_because": "offender_residence",
    })
}

/// A finding that there is nothing in it.
pub fn unfounded() -> Value {
    json!({
        "verdict": "unfounded",
        "statement": "The message quoted a song; the reporter took it back.",
        "grounds": ["explained"],
    })
}

/// A finding that can be made about a case that a detector brought.
pub fn minor_founded() -> Value {
    json!({
        "verdict": "founded",
        "statement": "The pattern of contacts is that of a stranger who looks for children.",
        "grounds": ["pattern_of_contact"],
        "regime": "us_child_safety",
        "recipient": "ncmec",
        "incident_type": "Online Enticement of Children for Sexual Acts",
    })
}
