//! The BagIt profile of a referral's bag: what a receiver's own tools may demand of it
//! (bagit-profiles.github.io/bagit-profiles-specification, version 1.3.0).

use serde_json::json;

use super::manifest::Algorithm;

/// The profile's name, in `bag-info.txt` and in the profile itself.
pub const PROFILE_IDENTIFIER: &str = "urn:sealwatch:bagit-profile:referral:v1";
/// The envelope with the statement and both people's signatures.
pub const ATTESTATION: &str = "attestation.dsse.json";
/// The log's signed tree head.
pub const CHECKPOINT: &str = "audit/checkpoint.txt";
/// The log's entries about the referral, with their inclusion proofs.
pub const PROOFS: &str = "audit/proofs.json";

/// The profile as JSON, for validators of BagIt profiles.
pub fn profile_document() -> String {
    let manifests = Algorithm::ALL.map(|algorithm| match algorithm {
        Algorithm::Sha256 => "sha256",
        Algorithm::Sha512 => "sha512",
    });
    let tag_files = [ATTESTATION, CHECKPOINT, PROOFS];
    let required = |description: &str| json!({"required": true, "repeatable": false, "description": description});
    let profile = json!({
        "BagIt-Profile-Info": {
            "BagIt-Profile-Identifier": PROFILE_IDENTIFIER,
            "BagIt-Profile-Version": "1.3.0",
            "Source-Organization": "Sealwatch",
            "External-Description": "A referral of a credible threat to an authority, signed by two people",
            "Version": "1",
        },
        "Bag-Info": {
            "BagIt-Profile-Identifier": {
                "required": true, "repeatable": false, "values": [PROFILE_IDENTIFIER],
                "description": "This profile",
            },
            "Bag-Software-Agent": required("The program that made the bag"),
            "Bagging-Date": required("The day on which the payload was fixed"),
            "Contact-Email": {
                "required": false, "repeatable": false, "description": "Whom to ask at the platform",
            },
            "External-Description": required("What the bag is"),
            "External-Identifier": required("The referral's id"),
            "Payload-Oxum": required("Octets and files of the payload"),
            "Source-Organization": required("The platform that makes the referral"),
        },
        "Accept-BagIt-Version": ["1.0"],
        "Allow-Fetch.txt": false,
        "Serialization": "forbidden",
        "Manifests-Required": manifests,
        "Manifests-Allowed": manifests,
        "Tag-Manifests-Required": manifests,
        "Tag-Manifests-Allowed": manifests,
        "Tag-Files-Required": tag_files,
        "Tag-Files-Allowed": tag_files,
    });
    format!("{profile:#}\n")
}
