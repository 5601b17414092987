use proptest::prelude::*;

use super::*;

fn path(text: &str) -> BagPath {
    BagPath::new(text).unwrap()
}

fn info() -> BagInfo {
    BagInfo {
        source_organization: "Example Messenger".to_owned(),
        external_identifier: "R-7".to_owned(),
        external_description: "A referral".to_owned(),
        bagging_date: "2026-11-24".to_owned(),
        contact_email: Some("trust@example.org".to_owned()),
    }
}

fn payload() -> BTreeMap<BagPath, Vec<u8>> {
    [
        ("data/referral.json", "{}"),
        ("data/all.txt", "all of it"),
        ("data/events/1.ndjson", ""),
    ]
    .map(|(name, text)| (path(name), text.into()))
    .into()
}

fn bag() -> BagFiles {
    let tags = [
        (path("attestation.dsse.json"), b"{}".to_vec()),
        (path("audit/proofs.json"), b"[]".to_vec()),
    ];
    PreparedBag::new(&info(), payload())
        .unwrap()
        .seal(tags.into())
        .unwrap()
}

#[test]
fn a_bag_has_the_files_of_rfc_8493_and_verifies() {
    let bag = bag();
    assert_eq!(
        String::from_utf8_lossy(&bag["bag-info.txt"]),
        "BagIt-Profile-Identifier: urn:sealwatch:bagit-profile:referral:v1\n\
         Bag-Software-Agent: sealwatch\nBagging-Date: 2026-11-24\nContact-Email: trust@example.org\n\
         External-Description: A referral\nExternal-Identifier: R-7\nPayload-Oxum: 11.3\n\
         Source-Organization: Example Messenger\n"
    );
    let manifest = String::from_utf8_lossy(&bag["manifest-sha256.txt"]);
    assert!(manifest.contains(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  data/events/1.ndjson\n"
    ));
    assert!(manifest.contains("  data/all.txt\n"));
    assert_eq!(manifest.lines().count(), 3);
    assert_eq!(
        String::from_utf8_lossy(&bag["tagmanifest-sha512.txt"])
            .lines()
            .count(),
        6
    );
    let contents = verify(&bag).unwrap();
    assert_eq!(contents.external_identifier(), Some("R-7"));
    assert_eq!(
        contents.tag_files(),
        [path("attestation.dsse.json"), path("audit/proofs.json")]
    );
}

#[test]
fn the_same_input_gives_the_same_bytes_and_the_subjects_pin_them() {
    assert_eq!(bag(), bag());
    let subjects = PreparedBag::new(&info(), payload()).unwrap().subjects();
    assert_eq!(subjects.len(), SIGNED_FILES.len());
    for name in SIGNED_FILES {
        assert_eq!(subjects[name], FileDigest::of(&bag()[name]));
    }
}

#[test]
fn what_cannot_stand_in_a_bag_is_refused() {
    assert_eq!(
        PreparedBag::new(&info(), BTreeMap::new()),
        Err(BagError::Empty)
    );
    let prepare = |name: &str| {
        let mut payload = payload();
        payload.insert(path(name), Vec::new());
        PreparedBag::new(&info(), payload)
    };
    assert_eq!(
        prepare("other.txt"),
        Err(BagError::Place(path("other.txt")))
    );
    for name in [
        "data/Referral.json",
        "data/referral.json/a",
        "data/EVENTS",
        "data/Events/2.ndjson",
    ] {
        assert!(
            matches!(prepare(name), Err(BagError::Collision(_))),
            "{name}"
        );
    }
    let seal = |name: &str| {
        let tags = [(path(name), Vec::new())];
        PreparedBag::new(&info(), payload())
            .unwrap()
            .seal(tags.into())
    };
    for name in [
        "data/late.txt",
        "bagit.txt",
        "tagmanifest-sha256.txt",
        "manifest-sha512.txt",
    ] {
        assert_eq!(seal(name), Err(BagError::Place(path(name))));
    }
    assert_eq!(
        seal("Bagit.txt"),
        Err(BagError::Collision(path("bagit.txt")))
    );
}

#[test]
fn values_that_would_forge_a_line_of_bag_info_are_refused() {
    for value in ["", "a\nPayload-Oxum: 0.0", " a", &"a".repeat(1001)] {
        let info = BagInfo {
            source_organization: value.to_owned(),
            ..info()
        };
        assert_eq!(
            PreparedBag::new(&info, payload()),
            Err(BagError::InfoValue("Source-Organization"))
        );
    }
    for date in [
        "2026-13-01",
        "2026-1-01",
        "24.11.2026",
        "2026-11-32",
        "20261-1-01",
    ] {
        let info = BagInfo {
            bagging_date: date.to_owned(),
            ..info()
        };
        assert_eq!(PreparedBag::new(&info, payload()), Err(BagError::Date));
    }
}

#[test]
fn each_defect_is_named() {
    let defects = |change: &dyn Fn(&mut BagFiles)| {
        let mut altered = bag();
        change(&mut altered);
        verify(&altered).unwrap_err()
    };
    let edit = |name: &'static str, from: &'static str, to: &'static str| {
        move |bag: &mut BagFiles| {
            let text = String::from_utf8(bag[name].clone()).unwrap();
            assert!(text.contains(from));
            bag.insert(name.to_owned(), text.replace(from, to).into_bytes());
        }
    };
    assert_eq!(
        defects(&|bag| bag.get_mut("data/referral.json").unwrap()[0] ^= 1),
        [Defect::Altered(path("data/referral.json"))]
    );
    assert_eq!(
        defects(&|bag| drop(bag.remove("data/events/1.ndjson"))),
        [
            Defect::Missing(path("data/events/1.ndjson")),
            Defect::PayloadOxum
        ]
    );
    assert_eq!(
        defects(&|bag| drop(bag.insert("data/x".to_owned(), Vec::new()))),
        [Defect::Unlisted(path("data/x")), Defect::PayloadOxum]
    );
    assert_eq!(
        defects(&|bag| drop(bag.insert("fetch.txt".to_owned(), Vec::new()))),
        [Defect::Unlisted(path("fetch.txt"))]
    );
    assert_eq!(
        defects(&|bag| drop(bag.insert("../x".to_owned(), Vec::new()))),
        [Defect::Path(1)]
    );
    assert_eq!(
        defects(&|bag| drop(bag.remove("tagmanifest-sha256.txt"))),
        [Defect::MissingOwn("tagmanifest-sha256.txt")]
    );
    let declaration = defects(&edit("bagit.txt", "1.0", "0.9"));
    assert_eq!(
        declaration,
        [Defect::Altered(path("bagit.txt")), Defect::Declaration]
    );
    let oxum = defects(&edit("bag-info.txt", "11.3", "11.4"));
    assert_eq!(
        oxum,
        [Defect::Altered(path("bag-info.txt")), Defect::PayloadOxum]
    );
    let profile = defects(&edit("bag-info.txt", "referral:v1", "referral:v2"));
    assert_eq!(
        profile,
        [Defect::Altered(path("bag-info.txt")), Defect::Profile]
    );
    let line = defects(&edit("bag-info.txt", "Bagging-Date:", "Bagging-Date"));
    assert_eq!(
        line,
        [Defect::Altered(path("bag-info.txt")), Defect::InfoLine(3)]
    );
    let line = defects(&edit("tagmanifest-sha512.txt", "  bagit.txt", " bagit.txt"));
    assert_eq!(
        line,
        [Defect::ManifestLine {
            manifest: "tagmanifest-sha512.txt",
            line: 4
        }]
    );
}

#[test]
fn a_bag_that_was_altered_on_a_system_without_case_is_refused() {
    let mut bag = bag();
    bag.insert("data/REFERRAL.json".to_owned(), b"{}".to_vec());
    assert!(
        verify(&bag)
            .unwrap_err()
            .contains(&Defect::Collision(path("data/referral.json")))
    );
}

proptest! {
    #[test]
    fn a_changed_byte_of_any_file_is_found(
        file in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut altered = bag();
        let name = altered.keys().nth(file.index(altered.len())).unwrap().clone();
        let bytes = altered.get_mut(&name).unwrap();
        prop_assume!(!bytes.is_empty());
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        prop_assert!(verify(&altered).is_err());
    }

    #[test]
    fn a_missing_or_additional_file_is_found(
        file in any::<prop::sample::Index>(), name in "[a-z./]{1,12}", bytes in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let mut altered = bag();
        let removed = altered.keys().nth(file.index(altered.len())).unwrap().clone();
        altered.remove(&removed);
        prop_assert!(verify(&altered).is_err());
        let mut altered = bag();
        prop_assume!(!altered.contains_key(&name));
        altered.insert(name, bytes);
        prop_assert!(verify(&altered).is_err());
    }

    #[test]
    fn random_files_never_panic(
        files in prop::collection::btree_map("\\PC{0,8}|bagit.txt|bag-info.txt|manifest-sha256.txt",
            prop::collection::vec(any::<u8>(), 0..90), 0..6),
    ) {
        prop_assert!(verify(&files).is_err());
    }

    #[test]
    fn a_manifest_that_parses_is_written_the_same(text in "([0a]{64}  [a-c./]{1,4}\n){0,4}") {
        if let Ok(digests) = manifest::parse(Algorithm::Sha256, text.as_bytes()) {
            let mut again = String::new();
            for (path, digest) in &digests {
                again.push_str(&format!("{digest}  {path}\n"));
            }
            prop_assert_eq!(again, text);
        }
    }
}
