//! A referral, from the event to the verified bag: two people with their own keys and machines.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use sealwatch_tests::canary;
use sealwatch_tests::referral::{Case, IDENTIFIER, Person, STATEMENT, files, require};
use sealwatch_tests::system::root;
use sealwatch_tests::tools::python;

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
    the_approver_is_asked_before_the_identity_is_opened(&case);
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
    let names = fs::read_dir(&case.olga.folder).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    let is_left = |name: &std::ffi::OsString| name.to_string_lossy().ends_with(".unfinished");
    assert!(names.iter().any(|name| name == "bag") && !names.iter().any(is_left));
    let mode = fs::metadata(&bag).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700, "a bag names people: nobody else enters it");
    let again = [&case.officer_arguments("export")[..], &["--out", "bag"]].concat();
    assert!(case.olga.refused(&again).contains("name a new folder"));
    // What the officer could read before signing is what is in the bag.
    let preview = case.olga.folder.join("preview");
    let payload = |folder: &Path| {
        let mut files = files(folder);
        files.retain(|path, _| path.starts_with("data/"));
        files
    };
    assert_eq!(payload(&preview), payload(&bag));
    fs::remove_dir_all(preview).unwrap();
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

/// Who does not say yes has opened nothing, and the log says nothing else.
fn the_approver_is_asked_before_the_identity_is_opened(case: &Case) {
    let mut unanswered = case.approver_arguments();
    unanswered.retain(|argument| *argument != "--yes");
    let said = case.anton.refused(&unanswered);
    assert!(said.contains("no terminal to ask on"), "{said}");
    let shown = case.olga.referral(&["show", &case.id, "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let opened_by = |person: &str| {
        let acts = shown["history"].as_array().unwrap().iter();
        acts.filter(|act| act["person"] == person && act["act"] == "identity_opened")
            .count()
    };
    assert!(opened_by("olga") > 0, "an opening would be seen");
    assert_eq!(opened_by("anton"), 0);
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
        fs::write(copy.join("data/more.txt"), "").unwrap();
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
        // Where Python leaves assertions out, too: no check may be one.
        python("export", &["python", "-c", script])
            .env("PYTHONOPTIMIZE", "1")
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
    fs::copy(bag.join("bag-info.txt"), copy.join("bag-info.txt")).unwrap();
    require(&verify(&copy));
    let attestation = copy.join("attestation.dsse.json");
    let mut envelope: serde_json::Value =
        serde_json::from_slice(&fs::read(&attestation).unwrap()).unwrap();
    envelope["signatures"].as_array_mut().unwrap().truncate(1);
    fs::write(&attestation, envelope.to_string()).unwrap();
    assert!(!verify(&copy).status.success(), "one person alone");
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
    // Until both have signed there is no export.
    let export = [&case.officer_arguments("export")[..], &["--out", "bag"]].concat();
    let said = case.olga.refused(&export);
    assert!(said.contains("no trusted approver signed"), "{said}");
    assert!(!case.olga.folder.join("bag").exists());
}
