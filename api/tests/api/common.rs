//! Realistic recommendations, and a server over them.

use std::sync::Arc;
use std::time::Duration;

use sealwatch_api::audit::LogIdentity;
use sealwatch_api::cases::ReviewSettings;
use sealwatch_api::people::{FirstToken, PersonName, Roles};
use sealwatch_api::{
    ApiConfig, ApiParts, ApiState, CaseStore, DetectorDescription, FeatureDescription, Location,
    Random,
};
use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::feature::{FEATURES, value_in_words};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::{
    Delivery, Evidence, EvidenceFacet, EvidenceLink, Population, Position, Reason, Recommendation,
    RecommendationId, SealedFor, SealedIdentity, Threshold,
};
use sealwatch_core::time::{HOUR, MINUTE, SECOND, Timestamp};
use sealwatch_custody::checkpoint::Origin;
use sealwatch_custody::signing::{SigningKey, SigningRole};
use sealwatch_custody::symmetric::NoteKey;

pub const START: i64 = 1_790_000_000_000;

/// Mixes a number (splitmix64), so that the samples look like something and are the same each time.
pub fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

pub fn pseudonym(seed: u64) -> Pseudonym {
    Pseudonym::parse(&format!("{:016x}{:016x}", mix(seed), mix(seed ^ 0xabcd))).unwrap()
}

pub fn threshold(behaviour: Behaviour, simulated: bool) -> Threshold {
    let population = if simulated {
        Population::Simulator("simulator 2026-11, seed 7".to_owned())
    } else {
        Population::Platform("chat".to_owned())
    };
    let margin = 3.0 + behaviour.index() as f64 / 4.0;
    Threshold {
        margin,
        alpha: 0.001,
        delta: 0.05,
        n: 12_480,
        window_days: 28,
        population,
    }
}

pub fn answer(behaviour: Behaviour) -> Answer {
    match behaviour {
        Behaviour::AutomatedRegistration => Answer::Ban,
        Behaviour::AccountTakeover => Answer::Protect,
        _ => Answer::Limit,
    }
}

fn facets(seed: u64, at: i64) -> Vec<EvidenceFacet> {
    let facet = |index: u64| {
        let roll = mix(seed ^ index << 8);
        let (what, values): (&str, Vec<(&str, f32)>) = match roll % 6 {
            0 => (
                "delivered",
                vec![("delay_seconds", (roll % 90) as f32), ("read", 0.0)],
            ),
            1 => ("blocked", vec![]),
            _ => (
                "message_sent",
                vec![
                    ("recipients", 1.0),
                    ("first_contact", 1.0),
                    ("typing_seconds", 0.4),
                ],
            ),
        };
        let back = (180 - index) as i64 * 5 * MINUTE - (roll % 240) as i64 * SECOND;
        let back = if index > 120 { back / 4 } else { back };
        EvidenceFacet {
            at: Timestamp(at - back),
            position: Position {
                sequence: 1_000_000 + index,
                partition: 0,
                offset: 500_000 + index,
            },
            what: what.to_owned(),
            counterpart: Some(pseudonym(seed ^ index)),
            values: values
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }
    };
    (0..180).map(facet).collect()
}

/// The `seed`th recommendation.
pub fn recommendation(seed: u64, simulated: bool) -> Recommendation {
    let behaviour = Behaviour::WITH_DETECTOR[seed as usize % 5];
    let at = START + seed as i64 * 7 * MINUTE;
    let features: Vec<Option<f32>> = (0..FEATURES.len() as u64)
        .map(|index| {
            (!mix(seed ^ index << 20).is_multiple_of(5))
                .then(|| (mix(seed + index) % 400) as f32 / 10.0)
        })
        .collect();
    let reason = |rank: usize| {
        let feature = &FEATURES[(seed as usize * 7 + rank * 11) % FEATURES.len()];
        let value = 12.0 + rank as f32;
        Reason {
            feature: feature.name.to_owned(),
            value: Some(value),
            unit: feature.unit.name().to_owned(),
            contribution: 2.4 / (rank as f64 + 1.2),
            words: format!(
                "{}: {}",
                feature.meaning,
                value_in_words(feature.unit, value)
            ),
        }
    };
    let link = |rank: u64| EvidenceLink {
        kind: ["device", "network", "number_range"][rank as usize].to_owned(),
        entity: pseudonym(seed ^ 0x9900 ^ rank),
        accounts: (37 - 9 * rank) as f32,
        banned: 4.2 - rank as f32,
        last_accounts: (0..3)
            .map(|other| pseudonym(seed ^ 0x7700 ^ other))
            .collect(),
    };
    let evidence = Evidence {
        facets: facets(seed, at),
        links: (0..3).map(link).collect(),
    };
    let threshold = threshold(behaviour, simulated);
    Recommendation {
        id: RecommendationId::parse(&format!(
            "{:016x}{:016x}",
            mix(seed ^ 0x11),
            mix(seed ^ 0x22)
        ))
        .unwrap(),
        platform: ["chat", "market"][usize::from(seed % 9 == 8)].to_owned(),
        account: pseudonym(seed / 2),
        incarnation: u32::from(seed % 4 == 3),
        behaviour,
        answer: answer(behaviour),
        mode: if simulated { Mode::Demo } else { Mode::Live },
        score: threshold.margin + 0.1 + (mix(seed ^ 0x33) % 300) as f64 / 100.0,
        threshold,
        model_digest: "3f9c".repeat(16),
        reasons: (0..6).map(reason).collect(),
        features,
        at: Timestamp(at),
        first: Position {
            sequence: 4_100,
            partition: 0,
            offset: 2_050,
        },
        deciding: Position {
            sequence: 1_000_179,
            partition: 0,
            offset: 500_179,
        },
        facets_seen: 431,
        evidence,
    }
}

pub fn delivery(seed: u64, simulated: bool) -> Delivery {
    let identity = |sealed_for, keys: &[&str]| SealedIdentity {
        sealed_for,
        key_ids: keys.iter().map(|key| (*key).to_owned()).collect(),
        sealed: "c2VhbGVk".repeat(20),
    };
    Delivery {
        recommendation: recommendation(seed, simulated),
        sealed_identities: vec![
            identity(SealedFor::Enforcement, &["5d1e0c7a9b224f10"]),
            identity(
                SealedFor::Referral,
                &["a1b2c3d4e5f60718", "0f1e2d3c4b5a6978"],
            ),
        ],
    }
}

pub fn detectors(simulated: bool) -> Vec<DetectorDescription> {
    let describe = |behaviour: &Behaviour| DetectorDescription {
        behaviour: *behaviour,
        answer: answer(*behaviour),
        mode: if simulated { Mode::Demo } else { Mode::Live },
        threshold: threshold(*behaviour, simulated),
    };
    Behaviour::WITH_DETECTOR
        .iter()
        .take(4)
        .map(describe)
        .collect()
}

/// The parts of a server. Its clock stands still and its randomness counts.
pub fn parts(store: CaseStore, simulated: bool, metrics_open: bool) -> ApiParts {
    ApiParts {
        store,
        config: ApiConfig {
            metrics_open,
            secure_cookies: false,
            trusted_proxies: Vec::new(),
            platforms: vec!["chat".to_owned(), "market".to_owned()],
            first_people: PEOPLE
                .iter()
                .map(|(name, roles)| {
                    (
                        PersonName::parse(name).unwrap(),
                        Roles::parse(roles).unwrap(),
                    )
                })
                .collect(),
        },
        log: log(),
        note_key: NoteKey::generate(&mut *random()),
        detectors: detectors(simulated),
        features: FeatureDescription::registry(),
        ready: Arc::new(|| true),
        now_ms: Arc::new(|| START + 9 * HOUR),
        monotonic: Arc::new(|| Duration::from_secs(1_000)),
        pseudonymise: Some(Arc::new(pseudonymise)),
        registry: prometheus::Registry::new(),
    }
}

/// The tested log's key.
pub fn log_key() -> SigningKey {
    SigningKey::from_bytes(SigningRole::Log, &[7; 32])
}

/// What the tested log is known by.
pub fn log() -> LogIdentity {
    LogIdentity {
        origin: Origin::new("test.example/sealwatch").unwrap(),
        key: log_key().verifying_key(),
    }
}

/// The edge of the tests: identifiers of digits alone.
fn pseudonymise(platform: &str, identifier: &str) -> Option<Pseudonym> {
    let number: u64 = identifier.strip_prefix('+')?.parse().ok()?;
    ["chat", "market"]
        .contains(&platform)
        .then(|| pseudonym(number))
}

/// Who works at the tested server.
pub const PEOPLE: [(&str, &str); 8] = [
    ("admin", "admin"),
    ("all", "analyst reviewer auditor admin"),
    ("ana", "analyst"),
    ("anton", "approver"),
    ("audrey", "auditor"),
    ("olga", "referral_officer"),
    ("rita", "reviewer"),
    ("ron", "reviewer"),
];

/// Settings of review: nothing is held, every decision is looked at again.
pub fn review() -> ReviewSettings {
    ReviewSettings {
        second_look_share: 1.0,
        quota: 1_000_000,
        ..ReviewSettings::default()
    }
}

/// Randomness that counts.
pub fn random() -> Random {
    random_from(0)
}

/// Randomness that counts from here on: another process's.
pub fn random_from(mut counter: u64) -> Random {
    Box::new(move |buffer| {
        for byte in buffer {
            counter += 1;
            *byte = mix(counter) as u8;
        }
    })
}

/// The database's file in this folder.
pub fn file(folder: &std::path::Path) -> Location {
    Location::file(&folder.join("cases.sqlite")).unwrap()
}

/// A store with so many recommendations, in a folder that goes when the first value does.
pub async fn store(count: u64, simulated: bool) -> (tempfile::TempDir, CaseStore) {
    let folder = tempfile::tempdir().unwrap();
    let location = file(folder.path());
    let store = CaseStore::open(&location, review(), random())
        .await
        .unwrap();
    let deliveries: Vec<Delivery> = (0..count).map(|seed| delivery(seed, simulated)).collect();
    store.deliver(&deliveries, START + HOUR).await.unwrap();
    (folder, store)
}

/// A server's state and the token of someone who may do most things.
pub async fn server(store: CaseStore, simulated: bool) -> (ApiState, String) {
    let (state, tokens) = people(store, simulated).await;
    let token = token_of(&tokens, "all");
    (state, token)
}

/// A server's state and the tokens of all its people.
pub async fn people(store: CaseStore, simulated: bool) -> (ApiState, Vec<FirstToken>) {
    ApiState::new(parts(store, simulated, false)).await.unwrap()
}

/// A person's token.
pub fn token_of(tokens: &[FirstToken], person: &str) -> String {
    let token = tokens.iter().find(|token| token.person.as_str() == person);
    token.unwrap().secret.clone()
}
