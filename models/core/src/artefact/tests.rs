//! The artefact, written, read, damaged, of other versions.

use super::*;
use crate::inference::{ModelDocument, NodeDocument, TreeDocument, TreesDocument};
use crate::recommendation::Population;
use crate::time::Timestamp;

fn document() -> ArtefactDocument {
    let trees = vec![TreeDocument {
        nodes: vec![NodeDocument::Leaf { v: 0.1, c: 1.0 }],
    }];
    let part = BehaviourDocument {
        model: ModelDocument::Trees(TreesDocument { base: -2.0, trees }),
        calibration: vec![(0.0, 0.5)],
        platt: None,
        thresholds: vec![Threshold {
            margin: 1.5,
            alpha: 1e-3,
            delta: 0.05,
            n: 3_000,
            window_days: 7,
            population: Population::Simulator("test".to_owned()),
        }],
        metrics: BTreeMap::from([("auc".to_owned(), 0.9)]),
        distributions: None,
    };
    ArtefactDocument {
        version: VERSION,
        command: "test".to_owned(),
        code_version: "0".to_owned(),
        seed: 1,
        feature_schema: schema_digest(),
        data: String::new(),
        population: Population::Simulator("test".to_owned()),
        expires: Timestamp(0),
        behaviours: BTreeMap::from([(Behaviour::BulkMessaging, part)]),
        renewals: Vec::new(),
    }
}

#[test]
fn an_artefact_survives_writing_and_reading_bit_for_bit() {
    let bytes = Artefact::write(&document()).unwrap();
    let artefact = Artefact::parse(&bytes).unwrap();
    assert_eq!(artefact.document(), &document());
    assert_eq!(Artefact::write(artefact.document()).unwrap(), bytes);
    assert_eq!(
        artefact
            .model(Behaviour::BulkMessaging)
            .unwrap()
            .margin(&[0.0; COUNT]),
        -2.0 + f64::from(0.1_f32)
    );
}

#[test]
fn another_schema_version_or_damage_is_refused_by_name() {
    let other = ArtefactDocument {
        feature_schema: "other".to_owned(),
        ..document()
    };
    let refused = Artefact::parse(&Artefact::write(&other).unwrap()).err();
    assert!(matches!(refused, Some(ArtefactError::FeatureSchema { .. })));
    let newer = ArtefactDocument {
        version: 3,
        ..document()
    };
    let refused = Artefact::parse(&Artefact::write(&newer).unwrap()).err();
    assert_eq!(refused, Some(ArtefactError::Version { found: 3 }));
    let bytes = Artefact::write(&document()).unwrap();
    assert!(matches!(
        Artefact::parse(&bytes[..bytes.len() / 2]),
        Err(ArtefactError::Damaged { .. })
    ));
}

#[test]
fn a_threshold_from_too_few_accounts_is_refused_with_the_number_needed() {
    let mut document = document();
    for part in document.behaviours.values_mut() {
        part.thresholds[0].n = 2_994;
    }
    let refused = Artefact::parse(&Artefact::write(&document).unwrap()).err();
    assert!(
        matches!(
            refused,
            Some(ArtefactError::Unfounded { needed: 2_995, .. })
        ),
        "{refused:?}"
    );
}

/// The golden file of version 1 as that version wrote it, but with this program's feature schema.
fn version_1(schema: &str) -> Vec<u8> {
    let golden = include_str!("../../tests/artefacts/version-1.json");
    golden.replace("FEATURE-SCHEMA", schema).into_bytes()
}

#[test]
fn an_artefact_of_version_1_still_loads_and_scores_the_same() {
    let artefact = Artefact::parse(&version_1(&schema_digest())).unwrap();
    assert_eq!(artefact.document().version, VERSION);
    assert_eq!(artefact.document().seed, 7);
    assert_eq!(artefact.document().expires, Timestamp(1_778_630_400_000));
    let part = &artefact.document().behaviours[&Behaviour::BulkMessaging];
    assert_eq!(part.platt, None);
    assert_eq!(part.thresholds[0].n, 4_603);
    let model = artefact.model(Behaviour::BulkMessaging).unwrap();
    let mut row = [0.0; COUNT];
    assert_eq!(model.margin(&row), -2.0 - 0.5);
    row[3] = 11.0;
    assert_eq!(model.margin(&row), -2.0 + 1.25);
    row[3] = f32::NAN;
    assert_eq!(model.margin(&row), -2.0 - 0.5);
}

#[test]
fn an_artefact_of_version_1_with_another_schema_or_a_field_too_many_is_refused_by_name() {
    assert!(matches!(
        Artefact::parse(&version_1("other")),
        Err(ArtefactError::FeatureSchema { .. })
    ));
    let text = String::from_utf8(version_1(&schema_digest())).unwrap();
    let more = text.replacen('{', "{\"renewals\":[],", 1);
    assert!(matches!(
        Artefact::parse(more.as_bytes()),
        Err(ArtefactError::Damaged { .. })
    ));
}

#[test]
fn when_thresholds_were_calibrated_is_told_by_the_last_renewal_or_else_by_the_command() {
    let demo = include_bytes!("../../../demo.artefact.json");
    let mut document = Artefact::parse(demo).unwrap().document().clone();
    let days_90 = 90 * crate::time::DAY;
    assert_eq!(
        document.calibrated(),
        Some(Timestamp(document.expires.0 - days_90))
    );
    document.command = "sealwatch-lab train".to_owned();
    assert_eq!(document.calibrated(), None);
    document.renewals.push(Renewal {
        command: String::new(),
        before: String::new(),
        data: String::new(),
        at: Timestamp(5),
    });
    assert_eq!(document.calibrated(), Some(Timestamp(5)));
}

#[test]
fn an_artefact_without_distributions_still_loads_and_is_written_as_it_was() {
    let golden = include_str!("../../tests/artefacts/version-2-without-distributions.json");
    let golden = golden.replace("FEATURE-SCHEMA", &schema_digest());
    let artefact = Artefact::parse(golden.as_bytes()).unwrap();
    assert_eq!(artefact.distributions(Behaviour::BulkMessaging), None);
    assert_eq!(artefact.document().renewals[0].at.0, 1_778_000_000_000);
    let written = Artefact::write(artefact.document()).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), golden);
}

#[test]
fn distributions_survive_writing_and_damaged_ones_are_refused_with_their_behaviour() {
    let bins = crate::drift::Bins {
        edges: vec![-1.5, 0.1],
        counts: vec![100, 200, 100, 0],
    };
    let distributions = Distributions {
        scores: bins.clone(),
        features: BTreeMap::from([("messages_day".to_owned(), bins)]),
    };
    let mut document = document();
    let part = document
        .behaviours
        .get_mut(&Behaviour::BulkMessaging)
        .unwrap();
    part.distributions = Some(distributions.clone());
    let artefact = Artefact::parse(&Artefact::write(&document).unwrap()).unwrap();
    assert_eq!(artefact.document(), &document);
    assert_eq!(
        artefact.distributions(Behaviour::BulkMessaging),
        Some(&distributions)
    );
    let part = document
        .behaviours
        .get_mut(&Behaviour::BulkMessaging)
        .unwrap();
    part.distributions.as_mut().unwrap().scores.counts.pop();
    let refused = Artefact::parse(&Artefact::write(&document).unwrap()).err();
    let refused = refused.unwrap().to_string();
    assert!(refused.contains("`bulk_messaging`"), "{refused}");
    assert!(refused.contains("two more counts than edges"), "{refused}");
}
