//! The reader against examples, and against the schema that is generated from the same types.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::schema::json_schema;
use super::values::Account;
use super::*;
use crate::identifier::PseudonymKey;

struct World {
    vocabulary: Vocabulary,
    pseudonymiser: Pseudonymiser,
}

impl World {
    fn new() -> Self {
        let platforms = vec!["demo".to_owned(), "sister".to_owned()];
        Self {
            pseudonymiser: Pseudonymiser::new(&PseudonymKey::new([3; 32]), &platforms),
            vocabulary: Vocabulary {
                platforms,
                issuers: vec!["sister".to_owned()],
                banks: vec!["industry".to_owned()],
            },
        }
    }

    fn edge(&self) -> Edge<'_> {
        Edge::new(&self.vocabulary, &self.pseudonymiser)
    }

    fn read(&self, record: &str, unknown: UnknownFields) -> Result<Read, Refusal> {
        read(&Fields::parse(record.as_bytes())?, &self.edge(), unknown)
    }
}

/// A full example of each type, made from the schema itself.
fn example(kind: EventType, edge: &Edge<'_>, left: bool) -> Json {
    let mut object = json!({"id": "e-1", "at": 1_767_225_600_000_i64, "platform": "demo", "type": kind.name(), "schema": 1});
    for field in kind.definitions() {
        let drop = kind
            .alternatives()
            .is_some_and(|(a, b)| field.name == if left { b } else { a });
        if !drop {
            object[field.name] = example_value(&(field.schema)(edge));
        }
    }
    object
}

fn example_value(schema: &Json) -> Json {
    if let Some(members) = schema.get("enum") {
        return members[0].clone();
    }
    if schema.get("oneOf").is_some() {
        return json!("2026-01-01T00:00:00Z");
    }
    match (schema["type"].as_str(), schema["pattern"].as_str()) {
        (Some("string"), Some(pattern)) if pattern.contains("{32}") => {
            json!("0123456789abcdef0123456789abcdef")
        }
        (Some("string"), _) => json!("+4915100000001"),
        (Some("boolean"), _) => json!(true),
        (Some("number"), _) => json!(0.25),
        _ => json!(3),
    }
}

#[test]
fn a_full_example_of_every_type_is_read() {
    let world = World::new();
    for kind in EventType::ALL {
        for left in [true, false] {
            let example = example(*kind, &world.edge(), left).to_string();
            let read = world.read(&example, UnknownFields::Refuse);
            assert_eq!(
                read.map(|read| read.event.body.event_type()),
                Ok(*kind),
                "{example}"
            );
        }
    }
}

#[test]
fn each_refusal_has_an_example() {
    let world = World::new();
    let base = r#""id":"1","at":1,"platform":"demo","type":"account.closed""#;
    for (record, refusal) in [
        ("{".to_owned(), Refusal::NotJson),
        ("{} x".to_owned(), Refusal::NotJson),
        ("[1]".to_owned(), Refusal::NotAnObject),
        ("7".to_owned(), Refusal::NotAnObject),
        (format!(r#"{{{base},"account":"a","account":"a"}}"#), Refusal::DuplicateField),
        (format!(r#"{{{base},"account":"a","other":1}}"#), Refusal::UnknownField),
        (format!(r#"{{{base},"account":"a","device":"d"}}"#), Refusal::UnknownField),
        (r#"{"id":"1","at":1,"platform":"demo","type":"account.sold","account":"a"}"#.to_owned(), Refusal::UnknownType),
        (format!(r#"{{{base},"account":"a","schema":2}}"#), Refusal::UnknownSchema),
        (r#"{"id":"1","at":1,"platform":"x","type":"account.closed","account":"a"}"#.to_owned(), Refusal::UnknownPlatform),
        (format!("{{{base}}}"), Refusal::MissingField),
        (format!(r#"{{{base},"account":"a b"}}"#), Refusal::InvalidIdentifier),
        (format!(r#"{{{base},"account":7}}"#), Refusal::InvalidIdentifier),
        (r#"{"id":"1","at":"yesterday","platform":"demo","type":"account.closed","account":"a"}"#.to_owned(), Refusal::InvalidTime),
        (r#"{"id":"1","at":1,"platform":"demo","type":"contact.looked_up","account":"a","numbers":-1,"hits":0}"#.to_owned(), Refusal::InvalidValue),
    ] {
        assert_eq!(world.read(&record, UnknownFields::Refuse), Err(refusal), "{record}");
    }
    assert_eq!(
        Fields::parse(b"{\"id\":\"\xff\"}").err(),
        Some(Refusal::NotJson)
    );
}

#[test]
fn unknown_fields_are_dropped_where_the_source_says_strip() {
    let world = World::new();
    let record = r#"{"id":"1","at":1,"platform":"demo","type":"account.closed","account":"a","body":{"text":[1]},"device":"d"}"#;
    let read = world.read(record, UnknownFields::Strip).unwrap();
    assert!(read.stripped);
    assert_eq!(read.event.body.event_type(), EventType::AccountClosed);
}

#[test]
fn the_raw_identifier_of_an_account_is_found_again_in_its_record_only() {
    let world = World::new();
    let record = br#"{"id":"1","at":1,"platform":"demo","type":"user.blocked","account":"+491","target":"+492"}"#;
    let fields = Fields::parse(record).unwrap();
    let Body::UserBlocked(blocked) = read(&fields, &world.edge(), UnknownFields::Refuse)
        .unwrap()
        .event
        .body
    else {
        panic!("another type");
    };
    let raw = find_account(&fields, &world.edge(), blocked.target.0).unwrap();
    assert_eq!(raw.expose_to_edge(), b"+492");
    assert!(find_account(&fields, &world.edge(), Pseudonym::from_bytes([9; 16])).is_none());
}

/// Values that a mutation puts in place of a field's value.
fn replacement() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (0_u64..100).prop_map(Json::from),
        any::<f64>().prop_map(|number| if number.is_finite() {
            json!(number)
        } else {
            json!(0.5)
        }),
        (0_u32..9).prop_map(|number| json!(f64::from(number))),
        Just(json!(1e15)),
        Just(json!(4_294_967_296.0)),
        Just(json!(-0.0)),
        Just(json!(1.0)),
        Just(json!(63.5)),
        "[A-Za-z0-9+@._:-]{0,130}".prop_map(Json::from),
        "\\PC{0,20}".prop_map(Json::from),
        prop::sample::select(vec![
            "2024-02-29T23:59:59Z",
            "2023-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2400-02-29T00:00:00Z",
            "2026-01-01T00:00:00+14:00",
            "2026-01-01T00:00:00.1234567890Z",
            "2026-01-01t00:00:00z",
            "DE",
            "de",
            "spam",
            "demo",
            "industry",
            "0123456789abcdef0123456789abcdef",
            "0123456789ABCDEF0123456789ABCDEF",
            "a\n",
            "direct",
        ])
        .prop_map(Json::from),
        Just(json!([])),
        Just(json!({"a": [1]})),
    ]
}

#[derive(Debug, Clone)]
enum Mutation {
    Replace(usize, Json),
    Remove(usize),
    Add(String, Json),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        3 => (any::<usize>(), replacement()).prop_map(|(place, value)| Mutation::Replace(place, value)),
        1 => any::<usize>().prop_map(Mutation::Remove),
        1 => ("[a-z_]{1,12}", replacement()).prop_map(|(name, value)| Mutation::Add(name, value)),
        1 => (prop::sample::select(FIELD_NAMES), replacement()).prop_map(|(name, value)| Mutation::Add(name.to_owned(), value)),
    ]
}

#[test]
fn schema_and_reader_accept_and_refuse_the_same_documents() {
    let world = World::new();
    let validator = jsonschema::validator_for(&json_schema(&world.edge())).unwrap();
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        ProptestConfig {
            cases: 20_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        },
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let accepted = std::cell::Cell::new(0_u32);
    let strategy = (
        0..EventType::ALL.len(),
        any::<bool>(),
        prop::collection::vec(mutation(), 0..3),
    );
    runner
        .run(&strategy, |(kind, left, mutations)| {
            let mut document = example(EventType::ALL[kind], &world.edge(), left);
            let object = document.as_object_mut().unwrap();
            for mutation in mutations {
                let names: Vec<String> = object.keys().cloned().collect();
                match mutation {
                    Mutation::Replace(place, value) => {
                        object.insert(names[place % names.len()].clone(), value);
                    }
                    Mutation::Remove(place) => {
                        object.remove(&names[place % names.len()]);
                    }
                    Mutation::Add(name, value) => {
                        object.insert(name, value);
                    }
                }
            }
            let by_schema = validator.is_valid(&document);
            let by_reader = world
                .read(&document.to_string(), UnknownFields::Refuse)
                .is_ok();
            accepted.set(accepted.get() + u32::from(by_reader));
            prop_assert_eq!(by_schema, by_reader, "{}", document);
            Ok(())
        })
        .unwrap();
    assert!(
        (2_000..18_000).contains(&accepted.get()),
        "both sides were tried: {}",
        accepted.get()
    );
}

#[test]
fn a_structured_cloud_event_is_the_same_event() {
    let world = World::new();
    let native = br#"{"id":"1","at":"2026-01-01T00:00:00Z","platform":"demo","type":"account.closed","account":"a"}"#;
    let envelope = br#"{"specversion":"1.0","id":"1","source":"/p","type":"account.closed","time":"2026-01-01T00:00:00Z","datacontenttype":"application/json","data":{"platform":"demo","account":"a"}}"#;
    let read_native = read(
        &Fields::parse(native).unwrap(),
        &world.edge(),
        UnknownFields::Refuse,
    )
    .unwrap();
    let fields = Fields::parse_cloud_event(envelope).unwrap();
    assert_eq!(
        read(&fields, &world.edge(), UnknownFields::Refuse).unwrap(),
        read_native
    );
    for (broken, refusal) in [
        (
            r#"{"specversion":"0.3","id":"1","source":"/p","type":"account.closed","data":{}}"#,
            Refusal::InvalidEnvelope,
        ),
        (
            r#"{"specversion":"1.0","id":"1","type":"account.closed","data":{}}"#,
            Refusal::InvalidEnvelope,
        ),
        (
            r#"{"specversion":"1.0","source":"/p","id":"1","type":"account.closed"}"#,
            Refusal::InvalidEnvelope,
        ),
        (
            r#"{"specversion":"1.0","source":"/p","id":"1","data":{"id":"2"}}"#,
            Refusal::DuplicateField,
        ),
        (
            r#"{"specversion":"1.0","source":"/p","id":"1","data":"text"}"#,
            Refusal::NotAnObject,
        ),
    ] {
        assert_eq!(
            Fields::parse_cloud_event(broken.as_bytes()).err(),
            Some(refusal),
            "{broken}"
        );
    }
}

#[test]
fn a_record_of_pseudonyms_is_read_as_it_is_written_and_raw_identifiers_are_refused_in_it() {
    let world = World::new();
    let edge = world.edge().of_pseudonyms();
    let with = |account: &str| {
        let text = format!(
            r#"{{"id":"1","at":1,"platform":"demo","type":"account.closed","account":"{account}"}}"#
        );
        read(
            &Fields::parse(text.as_bytes()).unwrap(),
            &edge,
            UnknownFields::Refuse,
        )
        .map(|read| (read.event.id, read.event.body))
    };
    let pseudonym = Pseudonym::from_bytes([0xa7; 16]);
    let (id, body) = with(&pseudonym.to_hexadecimal()).unwrap();
    let account = Account(pseudonym);
    assert_eq!(body, Body::AccountClosed(AccountClosed { account }));
    let raw = RawIdentifier::new("1").unwrap();
    let hashed = world
        .pseudonymiser
        .pseudonym(IdentifierKind::EventId, 0, raw);
    assert_eq!(id, hashed);
    for refused in ["+4915100000001", &"0".repeat(32), &"A7".repeat(16)] {
        assert_eq!(with(refused), Err(Refusal::InvalidIdentifier), "{refused}");
    }
}
