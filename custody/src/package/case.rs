//! `case.jsonld`: an index of the package in CASE 1.5 and UCO (caseontology.org), for forensic tools. It names the account, the
//! files by their digests, the finding, the law and the chain of custody; events are in their own file, because graphs of
//! thousands of nodes take validators minutes.
//!
//! The context is inline, so that nothing is fetched; ids are UUIDs of version 5 over the referral's name, so that both
//! people's machines make the same. The score stands in words: CASE's confidence is a share of a hundred, and the score is no
//! probability.

mod nodes;

use serde_json::{Value, json};

use super::PackageError;
use super::facts::{CustodyEvent, Facts};
use super::part::Part;
use super::referral::{Referral, Subject};
use super::time::instant;
use super::uuid;
use super::words;
use crate::canonical;
use nodes::{date_time, evidence_file, reference};

/// The most acts that the index has, the newest; `custody.ndjson` has more.
const MOST_ACTS: usize = 50;

/// The ids of one package's nodes.
pub(super) struct Ids {
    prefix: String,
}

impl Ids {
    fn of(referral: &Referral) -> Self {
        let facts = referral.facts;
        Self {
            prefix: format!(
                "urn:sealwatch:referral:{}:{}",
                facts.referral, facts.revision
            ),
        }
    }

    /// The id of the node with this name.
    pub(super) fn node(&self, name: &str) -> String {
        format!("kb:{}", uuid::of_uri(&format!("{}:{name}", self.prefix)))
    }
}

/// The whole index of the package's other files.
pub(super) fn index(referral: &Referral, files: &[(Part, String)]) -> Result<String, PackageError> {
    let ids = Ids::of(referral);
    let mut graph = vec![
        investigation(referral, &ids, files.len()),
        authorization(referral, &ids),
        marking(&ids),
        organization(referral, &ids),
        subject(referral, &ids),
    ];
    graph.extend(analysis(referral, &ids));
    graph.extend(chain(referral, &ids));
    for (place, (part, text)) in files.iter().enumerate() {
        graph.extend(evidence_file(&ids, place + 1, *part, text.as_bytes()));
    }
    let document = json!({ "@context": context(), "@graph": graph });
    Ok(canonical::to_text(&document)?)
}

fn context() -> Value {
    json!({
        "case-investigation": "https://ontology.caseontology.org/case/investigation/",
        "kb": "urn:sealwatch:case:",
        "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
        "uco-analysis": "https://ontology.unifiedcyberontology.org/uco/analysis/",
        "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
        "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
        "uco-marking": "https://ontology.unifiedcyberontology.org/uco/marking/",
        "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
        "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
        "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

fn investigation(referral: &Referral, ids: &Ids, files: usize) -> Value {
    let facts = referral.facts;
    let mut objects = vec![
        reference(&ids.node("subject")),
        reference(&ids.node("analysis")),
        reference(&ids.node("result")),
    ];
    for place in 1..=files {
        objects.push(reference(&ids.node(&format!("file {place}"))));
        objects.push(reference(&ids.node(&format!("exhibit {place}"))));
    }
    for place in 0..=newest(&facts.custody).len() {
        objects.push(reference(&ids.node(&format!("act {place}"))));
    }
    json!({
        "@id": ids.node("investigation"),
        "@type": "case-investigation:Investigation",
        "uco-core:name": format!("Referral {}, revision {}", facts.referral, facts.revision),
        "uco-core:description": format!(
            "{} {}",
            facts.finding.statement,
            chain_in_words(facts)
        ),
        "uco-core:objectCreatedTime": date_time(facts.frozen_ms),
        "uco-core:objectMarking": reference(&ids.node("marking")),
        "case-investigation:focus": words::kind(&facts.threat.kind),
        "case-investigation:relevantAuthorization": reference(&ids.node("authorization")),
        "uco-core:object": objects,
    })
}

fn chain_in_words(facts: &Facts) -> String {
    match facts.left_out {
        None => "The whole chain of custody is in custody.ndjson.".to_owned(),
        Some(_) => format!(
            "Of the chain of custody, custody.ndjson {}.",
            facts.custody_named()
        ),
    }
}

fn authorization(referral: &Referral, ids: &Ids) -> Value {
    let duty = &referral.facts.duty;
    json!({
        "@id": ids.node("authorization"),
        "@type": "case-investigation:Authorization",
        "uco-core:description": duty.legal_basis,
        "case-investigation:authorizationType": if duty.obliged { "duty" } else { "permission" },
        "case-investigation:authorizationIdentifier": duty.regime,
        "uco-action:endTime": date_time(duty.keep_until_ms),
    })
}

fn marking(ids: &Ids) -> Value {
    json!({
        "@id": ids.node("marking"),
        "@type": "uco-marking:MarkingDefinition",
        "uco-marking:definitionType": "statement",
        "uco-marking:definition": {
            "@id": ids.node("marking statement"),
            "@type": "uco-marking:StatementMarking",
            "uco-marking:definitionType": "statement",
            "uco-marking:statement": "Personal data. For the authority that the referral names, and for nobody else.",
        },
    })
}

fn organization(referral: &Referral, ids: &Ids) -> Value {
    json!({
        "@id": ids.node("provider"),
        "@type": "uco-identity:Organization",
        "uco-core:name": referral.facts.provider.organization,
    })
}

fn subject(referral: &Referral, ids: &Ids) -> Value {
    let provider = &referral.facts.provider;
    match referral.subject {
        Subject::Account(identifier) => json!({
            "@id": ids.node("subject"),
            "@type": "uco-observable:DigitalAccount",
            "uco-core:hasFacet": [{
                "@id": ids.node("account facet"),
                "@type": "uco-observable:AccountFacet",
                "uco-observable:accountIdentifier": identifier,
                "uco-observable:accountIssuer": reference(&ids.node("provider")),
            }],
        }),
        Subject::Group => json!({
            "@id": ids.node("subject"),
            "@type": "uco-observable:ObservableObject",
            "uco-core:name": format!("A group on {}", provider.service),
            "uco-core:description": "A group. The platform finds it by the referral's id.",
        }),
    }
}

/// The program's part: an analysis, and what came of it in words.
fn analysis(referral: &Referral, ids: &Ids) -> [Value; 3] {
    let (threat, method) = (&referral.facts.threat, &referral.facts.method);
    let terms: Vec<String> = threat
        .terms
        .iter()
        .map(|term| format!("{:+.2}: {}", term.log_odds, term.words))
        .collect();
    [
        json!({
            "@id": ids.node("tool"),
            "@type": "uco-tool:Tool",
            "uco-core:name": "sealwatch",
            "uco-tool:version": method.version,
        }),
        json!({
            "@id": ids.node("analysis"),
            "@type": "uco-analysis:Analysis",
            "uco-core:description": "Weighing of the case's metadata",
            "uco-action:endTime": date_time(threat.at_ms),
            "uco-action:instrument": reference(&ids.node("tool")),
            "uco-action:object": reference(&ids.node("subject")),
            "uco-action:result": reference(&ids.node("result")),
        }),
        json!({
            "@id": ids.node("result"),
            "@type": "uco-analysis:AnalyticResult",
            "uco-core:objectCreatedTime": date_time(threat.at_ms),
            "uco-core:statement": format!(
                "Score {:+.2} in log-odds on {}, which orders work and is no probability. {}",
                threat.log_odds,
                instant(threat.at_ms),
                terms.join("; ")
            ),
        }),
    ]
}

fn newest(acts: &[CustodyEvent]) -> &[CustodyEvent] {
    &acts[acts.len().saturating_sub(MOST_ACTS)..]
}

/// What happened to the case, each act informed by the one before; the last is the freezing of the facts.
fn chain(referral: &Referral, ids: &Ids) -> Vec<Value> {
    let facts = referral.facts;
    let frozen = ("facts_frozen", "sealwatch", facts.frozen_ms);
    let acts = newest(&facts.custody)
        .iter()
        .map(|event| (event.act.as_str(), event.by.as_str(), event.at_ms));
    let mut nodes = Vec::new();
    let mut people: Vec<&str> = Vec::new();
    for (place, (act, by, at_ms)) in acts.chain([frozen]).enumerate() {
        let mut node = json!({
            "@id": ids.node(&format!("act {place}")),
            "@type": "case-investigation:InvestigativeAction",
            "uco-core:name": words::act(act),
            "uco-action:startTime": date_time(at_ms),
            "uco-action:endTime": date_time(at_ms),
            "uco-action:object": reference(&ids.node("subject")),
        });
        if by == "sealwatch" {
            node["uco-action:instrument"] = reference(&ids.node("tool"));
        } else {
            let person = ids.node(&format!("person {by}"));
            node["uco-action:performer"] = reference(&person);
            if !people.contains(&by) {
                people.push(by);
                nodes.push(json!({
                    "@id": person, "@type": "uco-identity:Identity", "uco-core:name": by,
                }));
            }
        }
        if place > 0 {
            let earlier = ids.node(&format!("act {}", place - 1));
            node["case-investigation:wasInformedBy"] = reference(&earlier);
        }
        nodes.push(node);
    }
    nodes
}
