//! `README.txt`: what each file is, and how anyone verifies the package with tools that are not ours.

use super::part::Part;
use super::referral::{Referral, Subject};
use super::words;
use crate::bag::{ATTESTATION, CHECKPOINT, PROFILE_IDENTIFIER, PROOFS};

const INDEPENDENT: &str = "\
HOW TO VERIFY, WITH PUBLIC TOOLS

1. Nothing is missing or altered (BagIt, RFC 8493; needs Python's package bagit, or only coreutils):

     bagit.py --validate BAG
     cd BAG && sha256sum --check --strict tagmanifest-sha256.txt manifest-sha256.txt

   These find damage. Whoever can write the files could also write the lists anew, so go on to 2.

2. Two people of the platform signed (DSSE envelope, in-toto statement, Ed25519; needs Python's package cryptography). Both
   lines of the program's output must name a key that you trust, one of an officer and one of an approver. You must have these
   keys from the platform on another way than this package. KEYS is their file.

     python3 verify.py BAG KEYS

   with this as verify.py:

   --- verify.py ---
   import base64, hashlib, json, pathlib, sys
   from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

   bag, keys = pathlib.Path(sys.argv[1]), json.load(open(sys.argv[2]))[\"people\"]
   envelope = json.loads((bag / \"attestation.dsse.json\").read_text())
   payload, kind = base64.b64decode(envelope[\"payload\"]), envelope[\"payloadType\"].encode()
   signed = b\"DSSEv1 %d %s %d %s\" % (len(kind), kind, len(payload), payload)
   for subject in json.loads(payload)[\"subject\"]:
       found = hashlib.sha256((bag / subject[\"name\"]).read_bytes()).hexdigest()
       if found != subject[\"digest\"][\"sha256\"]:
           sys.exit(subject[\"name\"] + \" is not the signed file\")
   roles = set()
   for signature in envelope[\"signatures\"]:
       key = next(key for key in keys if key[\"key_id\"] == signature[\"keyid\"])
       public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key[\"public\"]))
       public.verify(base64.b64decode(signature[\"sig\"]), signed)
       print(\"signed by\", key[\"person\"], \"as\", key[\"role\"])
       roles.add((key[\"role\"], key[\"person\"]))
   if {role for role, _ in roles} != {\"officer\", \"approver\"} or len({person for _, person in roles}) != 2:
       sys.exit(\"one officer and, as approver, another person must have signed\")
   --- end ---

3. The platform's audit log recorded both acts: the package's audit folder holds the log's entries with inclusion proofs
   (RFC 9162) and the signed tree head (C2SP tlog-checkpoint).

HOW TO VERIFY, IN ONE STEP

     sealwatch verify BAG --trust KEYS

   makes all these checks offline, and fails where one of them cannot be made.
";

/// The whole text.
pub(super) fn readme(referral: &Referral) -> String {
    let facts = referral.facts;
    let mut text = format!(
        "REFERRAL {} REVISION {}\n\nFrom {} to: {}.\nRead data/report.html first: any browser shows it, and it prints on A4.\n\n\
         This package holds personal data. It is for the authority named above, and for nobody else.\n",
        facts.referral,
        facts.revision,
        one_line(&facts.provider.organization),
        words::recipient(facts.duty.recipient)
    );
    if let Some(amendment) = &facts.amendment {
        text.push_str(&format!(
            "It replaces revision {}: {}.\n",
            amendment.replaces,
            one_line(&amendment.reason.replace('_', " "))
        ));
    }
    text.push_str("\nWHAT EACH FILE IS\n\n");
    for part in Part::of(referral) {
        text.push_str(&format!("  data/{:<20} {}\n", part.name(), part.what()));
    }
    for (name, what) in [
        (
            "bagit.txt, bag-info.txt",
            "the form of the package, and who made it when",
        ),
        ("manifest-*.txt", "digests of every file below data/"),
        ("tagmanifest-*.txt", "digests of every other file"),
        (
            ATTESTATION,
            "the statement that two people signed: these files, this referral",
        ),
        (CHECKPOINT, "the audit log's signed tree head"),
        (
            PROOFS,
            "the log's entries about the referral, with inclusion proofs",
        ),
    ] {
        text.push_str(&format!("  {name:<25} {what}\n"));
    }
    if referral.subject == Subject::Group {
        text.push_str("\nThe subject is a group, so events.ndjson is empty: metadata events are kept by account.\n");
    }
    if referral.is_for_ncmec() {
        text.push_str("\ncybertip.xml was sent to nobody by the program: a person of the platform submits it.\n");
    }
    text.push_str(&format!("\nBagIt profile: {PROFILE_IDENTIFIER}\n\n"));
    text.push_str(INDEPENDENT);
    text
}

/// Text that cannot begin a line of its own.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}
