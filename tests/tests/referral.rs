//! A referral, from the event to the verified bag: two people with their own keys and machines, and a service that can do
//! nothing without both.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use sealwatch_custody::bag::{ATTESTATION, BagFiles, CHECKPOINT, PROOFS};
use sealwatch_custody::dsse::Envelope;
use sealwatch_custody::signing::{SigningKey, SigningRole};
use sealwatch_custody::trust::Trust;
use sealwatch_custody::verify::{Check, verify_bag};
use sealwatch_custody::{
    Binding, PrivateKey, Role, Sealed, open_for_review, open_identity, open_inner, open_outer,
};
use sealwatch_tests::canary;
use sealwatch_tests::referral::{IDENTIFIER, Person, STATEMENT, configure, require, threat};
use sealwatch_tests::service::Service;
use sealwatch_tests::system::root;
use sealwatch_tests::tools::python;
use serde_json::Value;

fn now_ms() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "events of today")]
    let now = std::time::SystemTime::now();
    now.duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// A service with one P1 threat, and two people who have enrolled their keys and compared them.
struct Case {
    service: Service,
    config: PathBuf,
    /// What the service has: its folder. The stream that it reads is elsewhere.
    server: PathBuf,
    olga: Person,
    anton: Person,
    both: Person,
    id: String,
    _folder: tempfile::TempDir,
}

impl Case {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let mut olga = Person::new(path, "olga", &["officer", "officer-signing"]);
        let mut anton = Person::new(path, "anton", &["approver", "approver-signing"]);
        let both = ["officer-signing", "approver-signing"];
        let mut both = Person::new(path, "both", &both);
        let lines: String = threat(now_ms())
            .iter()
            .map(|event| format!("{event}\n"))
            .collect();
        fs::write(path.join("events.ndjson"), lines).unwrap();
        let server = path.join("server");
        let source = "kind = \"files\"\npaths = [\"../events.ndjson\"]";
        let config = configure(&server, source, &olga, &anton);
        let service = Service::start(&config);
        for person in [&mut olga, &mut anton, &mut both] {
            let token = service.token_of(&person.name).to_owned();
            person.log_in(&service, &token);
        }
        olga.enrol("officer-signing.private.json");
        anton.enrol("approver-signing.private.json");
        for person in [&olga, &anton] {
            person.referral(&["trust", "--out", "trust.json"]);
        }
        // Each has the other side's public key from a safe place.
        for name in ["approver.public.json"] {
            fs::copy(anton.folder.join(name), olga.folder.join(name)).unwrap();
        }
        let id = first_id(&olga);
        Self {
            service,
            config,
            server,
            olga,
            anton,
            both,
            id,
            _folder: folder,
        }
    }

    /// The service is killed and starts again on what it has.
    fn kill_and_resume(&mut self) -> String {
        let said = self.service.kill();
        self.service = Service::start(&self.config);
        for person in [&mut self.olga, &mut self.anton, &mut self.both] {
            person.move_to(&self.service);
        }
        said
    }

    fn find(&self, officer: &Person) {
        officer.referral(&["claim", &self.id]);
        fs::write(officer.folder.join("statement.txt"), STATEMENT).unwrap();
        officer.referral(
            &[
                &[
                    "find",
                    &self.id,
                    "--verdict",
                    "founded",
                    "--statement-file",
                    "statement.txt",
                ][..],
                &[
                    "--ground",
                    "report_after_contact",
                    "--ground",
                    "pattern_of_contact",
                ],
                &[
                    "--regime",
                    "us_emergency",
                    "--recipient",
                    "us_government",
                    "--yes",
                ],
            ]
            .concat(),
        );
    }

    fn approve(&self) -> String {
        let key = "approver.private.json";
        self.anton
            .referral(&["approve", &self.id, "--key", key, "--yes"])
    }

    fn officer_arguments<'a>(&'a self, act: &'a str) -> Vec<&'a str> {
        vec![
            act,
            &self.id,
            "--key",
            "officer.private.json",
            "--trust",
            "trust.json",
            "--yes",
        ]
    }

    fn sign_as_officer(&self) -> String {
        let further = [
            "--signing-key",
            "officer-signing.private.json",
            "--approvers",
            "approver.public.json",
        ];
        self.olga
            .referral(&[&self.officer_arguments("sign")[..], &further].concat())
    }

    fn approver_arguments(&self) -> Vec<&str> {
        vec![
            "sign",
            &self.id,
            "--key",
            "approver.private.json",
            "--signing-key",
            "approver-signing.private.json",
            "--trust",
            "trust.json",
            "--yes",
        ]
    }

    fn export(&self, out: &str) -> PathBuf {
        self.olga
            .referral(&[&self.officer_arguments("export")[..], &["--out", out]].concat());
        self.olga.folder.join(out)
    }

    /// A request with a person's token, past the command: what a changed command could send.
    fn post(&self, person: &Person, part: &str, body: &Value) -> (u16, Value) {
        person.post(&self.id, part, body)
    }
}

fn first_id(officer: &Person) -> String {
    for _ in 0..100 {
        let listed = officer.referral(&["list"]);
        if let Some(line) = listed.lines().nth(1) {
            assert!(line.contains("\tp1\tthreat_to_life\t"), "{line}");
            return line.split('\t').next().unwrap().to_owned();
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("no referral came");
}

/// The files of a folder, read simply: the test made it.
fn files(folder: &Path) -> BagFiles {
    let mut found = BagFiles::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn verify(person: &Person, bag: &Path) -> (i32, String) {
    let bag = bag.to_str().unwrap();
    let output = person.run(&["verify", bag, "--trust", "trust.json"]);
    let printed = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), printed)
}

#[test]
fn two_people_bring_a_threat_from_the_event_to_a_bag_that_verifies_and_the_service_never_sees_who_it_is()
 {
    let mut case = Case::start();
    case.find(&case.olga);
    let shown = case.approve();
    for part in [
        "threat to life, P1",
        STATEMENT,
        "finding     founded, by olga",
        "SHA-256 of these facts",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    // The officer looks before signing: on a terminal, and nowhere else.
    let unseal = ["unseal", &case.id, "--key", "officer.private.json", "--yes"];
    assert!(case.olga.refused(&unseal).contains("on a terminal only"));
    let seen = on_a_terminal(&case.olga, &unseal);
    assert!(seen.contains(IDENTIFIER), "{seen}");

    let mut said = case.kill_and_resume();
    let signed = case.sign_as_officer();
    said.push_str(&case.kill_and_resume());
    let countersigned = case.anton.referral(&case.approver_arguments());
    for subject in [
        "bag-info.txt",
        "bagit.txt",
        "manifest-sha256.txt",
        "manifest-sha512.txt",
    ] {
        let digest = |text: &str| {
            let line = text.lines().find(|line| line.ends_with(subject)).unwrap();
            line.trim().to_owned()
        };
        assert_eq!(digest(&signed), digest(&countersigned));
    }
    let bag = case.export("bag");
    let (code, printed) = verify(&case.anton, &bag);
    assert_eq!(code, 0, "{printed}");
    assert_eq!(printed.matches("ok     ").count(), 6, "{printed}");
    assert!(printed.contains("officer    olga") && printed.contains("approver   anton"));
    assert!(!fs::exists(case.olga.folder.join(".bag")).unwrap());
    let mode = fs::metadata(&bag).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700, "a bag names people: nobody else enters it");
    let again = [&case.officer_arguments("export")[..], &["--out", "bag"]].concat();
    assert!(case.olga.refused(&again).contains("name a new folder"));
    changes_fail(&case, &bag);
    public_tools_agree(&case, &bag);

    let acknowledge = [
        "acknowledge",
        &case.id,
        "--reference",
        "NCIC-2026-7",
        "--yes",
    ];
    case.olga.referral(&acknowledge);
    // Read once more by both: these answers are searched, too.
    let mut answers = case.olga.referral(&["show", &case.id, "--json"]);
    answers.push_str(&case.anton.referral(&["show", &case.id]));
    answers.push_str(&case.olga.referral(&["list"]));
    let (stdout, stderr) = case.service.stop();
    for text in [
        &answers,
        &stdout,
        &stderr,
        &said,
        &signed,
        &countersigned,
        &shown,
    ] {
        assert_eq!(canary::search_bytes(text.as_bytes(), IDENTIFIER), None);
    }
    assert_eq!(canary::search(&case.server, IDENTIFIER), []);
    let named = canary::search(&bag, IDENTIFIER);
    assert!(!named.is_empty(), "the bag names the account");
    let holds = |part: &str| {
        files(&bag)
            .values()
            .any(|bytes| String::from_utf8_lossy(bytes).contains(part))
    };
    assert!(holds("the account is in use"), "the bag has the statement");
    let other_files = canary::search(&case.olga.folder, IDENTIFIER);
    assert_eq!(
        other_files.len(),
        named.len(),
        "nothing but the bag has it: {other_files:?}"
    );
    assert_eq!(canary::search(&case.anton.folder, IDENTIFIER), []);
}

/// The real bag with one thing changed, given to the real command.
fn changes_fail(case: &Case, bag: &Path) {
    let sound = files(bag);
    let check = |name: &str, change: &dyn Fn(&Path)| {
        let copy = case.olga.folder.join("changed");
        for (path, bytes) in &sound {
            let place = copy.join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, bytes).unwrap();
        }
        change(&copy);
        let (code, printed) = verify(&case.anton, &copy);
        assert_eq!(code, 1, "{name}: {printed}");
        assert!(printed.contains("FAILS  "), "{name}: {printed}");
        fs::remove_dir_all(&copy).unwrap();
    };
    for (path, bytes) in &sound {
        check(path, &|copy| {
            let mut changed = bytes.clone();
            changed[bytes.len() / 2] ^= 1;
            fs::write(copy.join(path), changed).unwrap();
        });
        check(path, &|copy| fs::remove_file(copy.join(path)).unwrap());
    }
    check("an added file", &|copy| {
        fs::write(copy.join("data/more.txt"), "").unwrap()
    });
    check("a link", &|copy| {
        std::os::unix::fs::symlink("/etc/hostname", copy.join("data/link")).unwrap();
    });
    let (code, _) = verify(&case.anton, &case.olga.folder.join("absent"));
    assert_eq!(code, 2);
}

/// What docs/REFERRALS.md gives a receiver who does not have this program, run as it stands there.
fn public_tools_agree(case: &Case, bag: &Path) {
    let guide = fs::read_to_string(root().join("docs/REFERRALS.md")).unwrap();
    let script = guide
        .split("```python\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    // Its trusted keys lie beside the bag, as they do in the officer's folder.
    let verify = |bag: &Path| {
        python("export", &["python", "-c", script])
            .current_dir(bag)
            .output()
            .unwrap()
    };
    assert_eq!(require(&verify(bag)), "officer olga\napprover anton\n");
    let copy = case.olga.folder.join("copy");
    for (path, bytes) in files(bag) {
        let place = copy.join(&path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
    }
    let validate = || {
        python("export", &["bagit.py", "--validate", "."])
            .current_dir(&copy)
            .output()
            .unwrap()
    };
    require(&validate());
    let report = copy.join("data/report.html");
    let mut changed = fs::read(&report).unwrap();
    changed[100] ^= 1;
    fs::write(&report, changed).unwrap();
    assert!(!validate().status.success());
    fs::write(copy.join("bag-info.txt"), "another").unwrap();
    assert!(!verify(&copy).status.success());
    fs::remove_dir_all(copy).unwrap();
}

/// What a command shows on a terminal.
fn on_a_terminal(person: &Person, arguments: &[&str]) -> String {
    let inner = person.command(&[&["referral"], arguments].concat());
    let mut line = inner.get_program().to_str().unwrap().to_owned();
    for argument in inner.get_args() {
        line.push(' ');
        line.push_str(argument.to_str().unwrap());
    }
    let mut command = Command::new("script");
    command
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .current_dir(&person.folder);
    for (name, value) in inner.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    require(&command.output().unwrap())
}

#[test]
fn the_service_with_its_database_and_all_its_keys_opens_no_identity_and_makes_no_bag_that_verifies()
{
    let case = Case::start();
    case.find(&case.olga);
    let empty = serde_json::json!({});
    let outer = case.post(&case.anton, "/identity/outer", &empty).1;
    case.approve();
    let inner = case.post(&case.olga, "/identity/inner", &empty).1;
    case.sign_as_officer();
    let signature = case.anton.get(&case.id, "/signature");
    case.anton.referral(&case.approver_arguments());
    let bag = files(&case.export("bag"));
    let trust = fs::read_to_string(case.anton.folder.join("trust.json")).unwrap();
    let trust = Trust::from_document(&trust).unwrap();
    assert!(verify_bag(&bag, &trust).passed());

    // Everything in the service's folder that could be a key of 32 bytes, used in every role that there is.
    let secrets = secrets(&case.server);
    assert!(
        secrets.len() >= 3,
        "pseudonyms', notes' and log's keys are found"
    );
    let facts = case.anton.get(&case.id, "/facts");
    let facts: Value = serde_json::from_str(facts["facts"].as_str().unwrap()).unwrap();
    let bytes = |value: &Value| -> [u8; 16] {
        u128::from_str_radix(value.as_str().unwrap(), 16)
            .unwrap()
            .to_be_bytes()
    };
    let binding = Binding {
        recommendation: bytes(&facts["threat"]["case"]),
        pseudonym: bytes(&facts["threat"]["pseudonym"]),
    };
    let sealed = [&outer["sealed"], &inner["inner"], &signature["review"]]
        .map(|value| Sealed::from_base64(value.as_str().unwrap()).unwrap());
    for secret in &secrets {
        for role in [Role::Officer, Role::Approver, Role::Enforcement] {
            let Ok(key) = PrivateKey::from_bytes(role, secret) else {
                continue;
            };
            for sealed in &sealed {
                assert!(open_outer(&key, sealed, &binding).is_err());
                assert!(open_inner(&key, sealed, &binding).is_err());
                assert!(open_for_review(&key, sealed, &binding).is_err());
                assert!(open_identity(&key, sealed, &binding).is_err());
            }
        }
    }
    // The right keys do open them, so that the test would see it.
    let key = |person: &Person, name: &str| {
        PrivateKey::from_document(&fs::read_to_string(person.folder.join(name)).unwrap()).unwrap()
    };
    let (officer, approver) = (
        key(&case.olga, "officer.private.json"),
        key(&case.anton, "approver.private.json"),
    );
    let opened = open_inner(
        &officer,
        &open_outer(&approver, &sealed[0], &binding).unwrap(),
        &binding,
    );
    assert_eq!(opened.unwrap().expose_to_recipient(), IDENTIFIER.as_bytes());
    assert!(open_inner(&officer, &sealed[1], &binding).is_ok());
    assert!(open_for_review(&approver, &sealed[2], &binding).is_ok());

    // Two signatures of its own making, over the same statement, in the roles that are asked for.
    let envelope = Envelope::parse(&bag[ATTESTATION]).unwrap();
    for first in &secrets {
        for second in &secrets {
            let mut forged = Envelope::new(envelope.payload_type(), envelope.payload().to_vec());
            forged
                .sign(&SigningKey::from_bytes(SigningRole::Officer, first))
                .unwrap();
            if first != second {
                let key = SigningKey::from_bytes(SigningRole::Approver, second);
                forged.sign(&key).unwrap();
            }
            let report = verify_bag(&with_envelope(&bag, &forged), &trust);
            assert!(!report.passed());
            assert!(report.failure(Check::Signatures).is_some());
        }
    }
    // And with one person's real signature, it still lacks the other's.
    for kept in 0..2 {
        let mut json: Value = serde_json::from_slice(&bag[ATTESTATION]).unwrap();
        let signature = json["signatures"][kept].take();
        json["signatures"] = serde_json::json!([signature]);
        let single = Envelope::parse(json.to_string().as_bytes()).unwrap();
        let report = verify_bag(&with_envelope(&bag, &single), &trust);
        assert!(report.failure(Check::Signatures).is_some());
    }
    assert!(verify_bag(&with_envelope(&bag, &envelope), &trust).passed());
}

/// The bag with another envelope, and its tag manifests made anew: by coreutils, as anybody can.
fn with_envelope(bag: &BagFiles, envelope: &Envelope) -> BagFiles {
    let folder = tempfile::tempdir().unwrap();
    let mut files = bag.clone();
    files.insert(
        ATTESTATION.to_owned(),
        envelope.to_json().unwrap().into_bytes(),
    );
    for (algorithm, program) in [("sha256", "sha256sum"), ("sha512", "sha512sum")] {
        let names: Vec<&String> = files
            .keys()
            .filter(|name| !name.starts_with("data/") && !name.starts_with("tagmanifest"))
            .collect();
        for name in &names {
            let place = folder.path().join(name);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, &files[*name]).unwrap();
        }
        let output = Command::new(program)
            .args(&names)
            .current_dir(folder.path())
            .output()
            .unwrap();
        files.insert(format!("tagmanifest-{algorithm}.txt"), output.stdout);
    }
    files
}

/// 64 hexadecimal digits in a file are taken for a key, as are bare 32 bytes.
fn secrets(folder: &Path) -> Vec<[u8; 32]> {
    let mut found = std::collections::BTreeSet::new();
    for (name, bytes) in files(folder) {
        // The database's and the store's pages hold no keys in files of their own; every file that is small is tried.
        if bytes.len() > 4_096 || name.ends_with(".toml") {
            continue;
        }
        if let Ok(key) = <[u8; 32]>::try_from(&bytes[..]) {
            found.insert(key);
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for word in text.split(|character: char| !character.is_ascii_hexdigit()) {
            if word.len() == 64 {
                let mut key = [0; 32];
                for (place, byte) in key.iter_mut().enumerate() {
                    *byte = u8::from_str_radix(&word[2 * place..2 * place + 2], 16).unwrap();
                }
                found.insert(key);
            }
        }
    }
    found.into_iter().collect()
}

#[test]
fn one_person_with_both_roles_completes_no_referral_by_any_route() {
    let case = Case::start();
    let both = &case.both;
    both.enrol("officer-signing.private.json");
    both.enrol("approver-signing.private.json");
    // They even have both sides' private keys.
    for (owner, name) in [
        (&case.olga, "officer.private.json"),
        (&case.anton, "approver.private.json"),
        (&case.anton, "approver.public.json"),
    ] {
        fs::copy(owner.folder.join(name), both.folder.join(name)).unwrap();
    }
    both.referral(&["trust", "--out", "trust.json"]);
    case.find(both);
    let empty = serde_json::json!({});
    let approve = [
        "approve",
        &case.id,
        "--key",
        "approver.private.json",
        "--yes",
    ];
    both.refused(&approve);
    assert_eq!(case.post(both, "/identity/outer", &empty).0, 409);
    let facts = both.get(&case.id, "/facts");
    let approval = serde_json::json!({"facts_sha256": facts["sha256"], "inner": null});
    assert!(case.post(both, "/approval", &approval).0 >= 400);
    // Another person approves; then the officer signs, and tries to sign as approver, too.
    case.approve();
    let sign = |key: &'static str, signing_key: &'static str| {
        let keys = ["sign", &case.id, "--key", key, "--signing-key", signing_key];
        let others = [
            "--approvers",
            "approver.public.json",
            "--trust",
            "trust.json",
            "--yes",
        ];
        [&keys[..], &others].concat()
    };
    both.referral(&sign(
        "officer.private.json",
        "officer-signing.private.json",
    ));
    let said = both.refused(&sign(
        "approver.private.json",
        "approver-signing.private.json",
    ));
    assert!(said.contains("another person approves it"), "{said}");
    // Past the command, with a signature that holds.
    let signature = both.get(&case.id, "/signature");
    let mut envelope = Envelope::parse(signature["envelope"].as_str().unwrap().as_bytes()).unwrap();
    let key = fs::read_to_string(both.folder.join("approver-signing.private.json")).unwrap();
    envelope
        .sign(&SigningKey::from_document(&key).unwrap())
        .unwrap();
    let body = serde_json::json!({"envelope": envelope.to_json().unwrap(), "review": null});
    let (status, problem) = case.post(both, "/signatures", &body);
    assert!((400..500).contains(&status), "{status} {problem}");
    assert!(case.post(both, "/export", &empty).0 >= 400);
    // And the database itself refuses, whoever writes to it.
    drop(case.service);
    let database = case.server.join("cases.sqlite");
    let forged = Command::new("sqlite3")
        .arg(&database)
        .arg("UPDATE referral_packages SET approver = officer")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&forged.stderr).into_owned();
    assert!(said.contains("CHECK constraint failed"), "{said}");
}

#[test]
fn a_private_key_that_others_can_read_and_a_changed_package_are_refused_before_anything_is_signed()
{
    let case = Case::start();
    case.find(&case.olga);
    let key = case.anton.folder.join("approver.private.json");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let approve = [
        "approve",
        &case.id,
        "--key",
        "approver.private.json",
        "--yes",
    ];
    assert!(case.anton.refused(&approve).contains("others can read"));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let ask = ["approve", &case.id, "--key", "approver.private.json"];
    assert!(
        case.anton
            .refused(&ask)
            .contains("there is no terminal to ask on")
    );
    case.approve();
    case.sign_as_officer();
    // A trust file in which the officer's key is another's: the approver signs nothing.
    let path = case.anton.folder.join("trust.json");
    let trust = fs::read_to_string(&path).unwrap();
    fs::write(&path, trust.replace("\"olga\"", "\"mallory\"")).unwrap();
    let said = case.anton.refused(&case.approver_arguments());
    assert!(
        said.contains("not that of the officer who made the finding"),
        "{said}"
    );
    fs::write(&path, &trust).unwrap();
    // A file in the place of the signing key that is of the other kind.
    let mut arguments = case.approver_arguments();
    arguments[5] = "approver.private.json";
    assert!(
        case.anton
            .refused(&arguments)
            .contains("kind is not that of a signing key")
    );
    for tag in [CHECKPOINT, PROOFS] {
        assert!(!case.olga.folder.join(tag).exists());
    }
    // Until both have signed there is no export.
    let export = [&case.officer_arguments("export")[..], &["--out", "bag"]].concat();
    let said = case.olga.refused(&export);
    assert!(said.contains("no trusted approver signed"), "{said}");
    assert!(!case.olga.folder.join("bag").exists());
}
