//! Pieces of nodes: references, typed times, and the two nodes of a file.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::part::Part;
use super::super::time::instant;
use super::Ids;

pub(super) fn reference(id: &str) -> Value {
    json!({ "@id": id })
}

pub(super) fn date_time(ms: i64) -> Value {
    json!({ "@type": "xsd:dateTime", "@value": instant(ms) })
}

fn integer(number: usize) -> Value {
    json!({ "@type": "xsd:integer", "@value": number.to_string() })
}

/// A file with its digest, and its record as an exhibit.
pub(super) fn evidence_file(ids: &Ids, number: usize, part: Part, bytes: &[u8]) -> [Value; 2] {
    let file = ids.node(&format!("file {number}"));
    let digest = crate::hexadecimal::encode(&Sha256::digest(bytes)).to_uppercase();
    let size = integer(bytes.len());
    [
        json!({
            "@id": file,
            "@type": "uco-observable:File",
            "uco-core:description": part.what(),
            "uco-core:hasFacet": [
                {
                    "@id": ids.node(&format!("file facet {number}")),
                    "@type": "uco-observable:FileFacet",
                    "uco-observable:fileName": part.name(),
                    "uco-observable:filePath": format!("data/{}", part.name()),
                    "uco-observable:isDirectory": false,
                    "uco-observable:sizeInBytes": size,
                },
                {
                    "@id": ids.node(&format!("content facet {number}")),
                    "@type": "uco-observable:ContentDataFacet",
                    "uco-observable:hash": {
                        "@id": ids.node(&format!("hash {number}")),
                        "@type": "uco-types:Hash",
                        "uco-types:hashMethod": "SHA256",
                        "uco-types:hashValue": { "@type": "xsd:hexBinary", "@value": digest },
                    },
                    "uco-observable:mimeType": part.media_type(),
                    "uco-observable:sizeInBytes": size,
                },
            ],
        }),
        json!({
            "@id": ids.node(&format!("exhibit {number}")),
            "@type": "case-investigation:ProvenanceRecord",
            "uco-core:description": format!("data/{} of the package", part.name()),
            "case-investigation:exhibitNumber": number.to_string(),
            "uco-core:object": { "@id": file },
        }),
    ]
}
