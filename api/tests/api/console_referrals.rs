//! Referrals in the console: the queue, claiming, findings, what each of the two people sees, and the signing keys.

use axum::http::Method;
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;
use sealwatch_core::time::MINUTE;
use sealwatch_custody::signing::SigningRole;
use serde_json::json;

use crate::client::{Answer, Browser, send};
use crate::referral_desk::*;
use crate::referrals_flow::{approve, approver_signs, officer_signs, read_facts};

/// What an officer types, so that nothing of it may become markup.
const STATEMENT: &str =
    "statement=Two+people+say+that+a+%3Cb%3Enamed%3C%2Fb%3E+person+is+to+be+killed+tonight.";

/// The parts of a form that find a threat to life founded, for the police of Ireland.
const FOUNDED: &str = "verdict=founded&ground=independent_reports&ground=explained\
    &duty=eu_threat_to_life%3Amember_state&member_state=IE&because=offender_residence&incident_type=";

/// The version that the page's forms carry.
fn version(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("data-version=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

/// The version and the revision of the case that the forms of a finding and of a withdrawal carry.
fn read(page: &Answer) -> String {
    let field = "name=\"case_revision\" value=\"";
    let (_, rest) = page.text.split_once(field).unwrap();
    let (revision, _) = rest.split_once('"').unwrap();
    format!("{}&case_revision={revision}", version(page))
}

fn founded_form(page: &Answer) -> String {
    format!("version={}&{STATEMENT}&{FOUNDED}", read(page))
}

fn id_of(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}

/// Takes the next referral and finds it founded, all by the pages. Returns its path and the page after it.
async fn finds(officer: &Browser) -> (String, Answer) {
    let (path, page) = officer.follow("/referrals/next", "").await;
    let (_, found) = officer
        .follow(&format!("{path}/finding"), &founded_form(&page))
        .await;
    (path, found)
}

#[tokio::test]
async fn officers_and_approvers_begin_at_the_queue_and_what_endangers_a_life_stands_first() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        desk.deliver(&[
            threat(1, 1, ThreatKind::OtherPlatform, Priority::P3),
            threat(2, 1, ThreatKind::ChildSafety, Priority::P2),
            threat(3, 1, ThreatKind::ThreatToLife, Priority::P1),
        ])
        .await;
        let (olga, anna) = (desk.browser("olga").await, desk.browser("anna").await);
        for browser in [&olga, &anna] {
            assert_eq!(browser.see("/").await.headers["location"], "/referrals");
        }
        let queue = olga.see("/referrals").await.text;
        let place = |text: &str| queue.find(text).unwrap();
        assert!(place("</span> P1 imminent</span>") < place("</span> P2 serious</span>"));
        assert!(place("</span> P2 serious</span>") < place("</span> P3 in turn</span>"));
        assert!(queue.contains(">30 min left</strong>") && queue.contains("data-waiting>3</span>"));
        let narrowed = olga
            .see("/referrals?kind=child_safety&priority=&state=")
            .await;
        assert!(narrowed.text.contains("</span> P2 serious</span>"));
        assert!(!narrowed.text.contains("</span> P1 imminent</span>"));
        assert_eq!(olga.see("/referrals?kind=canary").await.status, 400);
        desk.wait(35 * MINUTE);
        assert!(
            olga.see("/referrals")
                .await
                .text
                .contains(">overdue by 5 min</strong>")
        );
        // An approver reads and takes nothing.
        let seen = anna.see("/referrals").await.text;
        assert!(seen.contains("P1 imminent") && !seen.contains("Take the next"));
        assert!(seen.contains("data-waiting>0</span>"));
        assert_eq!(anna.post("/referrals/next", "").await.status, 403);
        let admin = desk.get("admin", "/referrals").await;
        assert_eq!(admin.status, 403, "{}", desk.name);
    }
}

#[tokio::test]
async fn an_officer_takes_the_first_and_finds_it_and_the_page_says_who_approves_it_and_how() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        desk.deliver(&[
            threat(1, 1, ThreatKind::SelfHarm, Priority::P2),
            threat(2, 1, ThreatKind::ThreatToLife, Priority::P1),
        ])
        .await;
        let (olga, oskar) = (desk.browser("olga").await, desk.browser("oskar").await);
        let (path, page) = olga.follow("/referrals/next", "priority=&kind=").await;
        for part in [
            "Threat to life",
            "Yours for",
            "Why it is credible",
            "name=\"statement\"",
        ] {
            assert!(page.text.contains(part), "{part}");
        }
        assert!(
            page.text
                .contains("value=\"eu_threat_to_life:member_state\"")
        );
        assert!(
            !page.text.contains("us_child_safety"),
            "no law of another threat"
        );
        let other = oskar.see(&path).await;
        assert!(
            other.text.contains("olga works on it") && !other.text.contains("name=\"statement\"")
        );
        let finding = format!("{path}/finding");
        let refused = oskar.post(&finding, &founded_form(&page)).await;
        assert_eq!(refused.status, 409);
        assert!(refused.text.contains("Claim this referral first"));
        let unsaid = format!("version={}&{STATEMENT}", read(&page));
        let refused = olga.post(&finding, &unsaid).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("Say first whether it is founded."));
        assert!(refused.text.contains("named") && !refused.text.contains("<b>"));
        let lawless = format!(
            "version={}&{STATEMENT}&verdict=founded&ground=explained",
            read(&page)
        );
        let refused = olga.post(&finding, &lawless).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("rests on at least one ground"));
        let (_, found) = olga.follow(&finding, &founded_form(&page)).await;
        let id = id_of(&path);
        let (_, digest) = read_facts(desk, "anna", &id).await;
        for part in [
            "What is to be approved",
            "Several people who do not know each other",
            "Regulation (EU) 2022/2065, Article 18(1)",
            &digest,
            &format!("sealwatch referral approve {id}"),
            "An approver, not olga,",
        ] {
            assert!(found.text.contains(part), "{part}");
        }
        assert!(
            !found.text.contains("What happened explains it"),
            "a ground of the other verdict"
        );
        assert!(!found.text.contains("What comes next: you") && !found.text.contains("<b>"));
        let anna = desk.browser("anna").await;
        let seen = anna.see(&path).await.text;
        assert!(seen.contains("What comes next: you") && seen.contains(&digest));
        assert!(!seen.contains("/withdraw") && !seen.contains("/amend"));
        assert!(
            anna.see("/referrals")
                .await
                .text
                .contains("data-waiting>1</span>")
        );
    }
}

#[tokio::test]
async fn whoever_made_the_finding_is_told_that_someone_else_approves_it() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        desk.deliver(&[threat(1, 1, ThreatKind::ThreatToLife, Priority::P1)])
            .await;
        let both = desk.browser("both").await;
        let (_, found) = finds(&both).await;
        assert!(
            found
                .text
                .contains("You made the finding: someone else approves it.")
        );
        assert!(
            !found.text.contains("What comes next: you"),
            "{}",
            desk.name
        );
    }
}

#[tokio::test]
async fn a_referral_goes_from_approval_to_its_end_and_each_page_gives_the_next_command() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        desk.enrol("olga", SigningRole::Officer).await;
        desk.enrol("anna", SigningRole::Approver).await;
        desk.deliver(&[threat(1, 1, ThreatKind::ThreatToLife, Priority::P1)])
            .await;
        let (olga, anna) = (desk.browser("olga").await, desk.browser("anna").await);
        let (path, _) = finds(&olga).await;
        let id = id_of(&path);
        approve(desk, "anna", &id).await;
        let sign = format!("sealwatch referral sign {id} --signing-key");
        let page = olga.see(&path).await.text;
        assert!(page.contains(&sign) && page.contains("What comes next: you"));
        assert!(!anna.see(&path).await.text.contains("What comes next: you"));
        officer_signs(desk, "olga", &id).await;
        let page = anna.see(&path).await.text;
        assert!(page.contains(&sign) && page.contains("What comes next: you"));
        approver_signs(desk, "anna", &id).await;
        let page = olga.see(&path).await.text;
        assert!(page.contains(&format!("sealwatch referral export {id}")));
        assert!(!page.contains("/acknowledge\""));
        desk.done("olga", &id, "export", &json!({})).await;
        let page = olga.see(&path).await;
        let wrong = format!("version={}&reference=no+spaces", version(&page));
        let refused = olga.post(&format!("{path}/acknowledge"), &wrong).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("value=\"no spaces\""));
        let right = format!("version={}&reference=GNCCB-2026%2F7", version(&page));
        let (_, page) = olga.follow(&format!("{path}/acknowledge"), &right).await;
        assert!(page.text.contains("GNCCB-2026"));
        let again = olga.post(&format!("{path}/close"), &right).await;
        assert_eq!(again.status, 400, "no outcome");
        let stale = "version=1&outcome=action_taken";
        assert_eq!(olga.post(&format!("{path}/close"), stale).await.status, 412);
        let close = format!("version={}&outcome=action_taken", version(&page));
        let (_, page) = olga.follow(&format!("{path}/close"), &close).await;
        assert!(page.text.contains("It is closed: The recipient acted."));
        for act in [
            "referral exported",
            "referral signed",
            "referral acknowledged",
            "case read",
        ] {
            assert!(page.text.contains(act), "{act}");
        }
    }
}

#[tokio::test]
async fn a_referral_is_given_back_amended_taken_back_or_found_to_be_nothing_and_keeps_its_history()
{
    let (_stores, desks) = desks().await;
    for desk in &desks {
        desk.deliver(&[threat(1, 1, ThreatKind::ThreatToLife, Priority::P1)])
            .await;
        let olga = desk.browser("olga").await;
        let (path, _) = olga.follow("/referrals/next", "").await;
        let (to, _) = olga.follow(&format!("{path}/release"), "").await;
        assert_eq!(to, "/referrals?done=referral_released");
        let (_, page) = olga.follow(&format!("{path}/claim"), "").await;
        let (_, page) = olga
            .follow(&format!("{path}/finding"), &founded_form(&page))
            .await;
        let amend = format!("version={}&reason=approver_asks", version(&page));
        let (_, page) = olga.follow(&format!("{path}/amend"), &amend).await;
        for part in [
            "revision 2",
            "Findings of earlier revisions",
            "The approver asks",
            "Yours for",
        ] {
            assert!(page.text.contains(part), "{part}");
        }
        let withdraw = format!("version={}&reason=duplicate", read(&page));
        let (_, page) = olga.follow(&format!("{path}/withdraw"), &withdraw).await;
        assert!(
            page.text
                .contains("It was taken back: Another referral says the same.")
        );
        assert!(!page.text.contains("/withdraw\"") && !page.text.contains("/claim\""));
        desk.deliver(&[threat(2, 1, ThreatKind::SelfHarm, Priority::P2)])
            .await;
        let (path, page) = olga.follow("/referrals/next", "").await;
        let nothing = format!(
            "version={}&{STATEMENT}&verdict=unfounded&ground=explained&ground=surface_match&duty=other%3Aother",
            read(&page)
        );
        let (_, page) = olga.follow(&format!("{path}/finding"), &nothing).await;
        assert!(page.text.contains("A person found nothing in it."));
        let (to, _) = olga.follow("/referrals/next", "").await;
        assert_eq!(to, "/referrals?done=no_referral_left");
    }
}

#[tokio::test]
async fn a_report_to_ncmec_names_its_incident_type() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        desk.deliver(&[threat(1, 1, ThreatKind::ChildSafety, Priority::P1)])
            .await;
        let olga = desk.browser("olga").await;
        let (path, page) = olga.follow("/referrals/next", "").await;
        let finding = format!("{path}/finding");
        let fields = format!(
            "version={}&{STATEMENT}&verdict=founded&ground=shown_by_reporter&duty=us_child_safety%3Ancmec&member_state=IE",
            read(&page)
        );
        let refused = olga.post(&finding, &fields).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("An incident type of NCMEC"));
        assert!(
            refused
                .text
                .contains("value=\"us_child_safety:ncmec\" data-asks=\"ncmec\" checked")
        );
        let typed = format!("{fields}&incident_type=Child+Sex+Trafficking");
        let (_, page) = olga.follow(&finding, &typed).await;
        assert!(page.text.contains("Child Sex Trafficking") && page.text.contains("CyberTipline"));
        assert!(!page.text.contains("Member States</th>"), "{}", desk.name);
    }
}

#[tokio::test]
async fn no_form_of_another_page_touches_a_referral_or_a_key() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        desk.deliver(&[threat(1, 1, ThreatKind::ThreatToLife, Priority::P1)])
            .await;
        let olga = desk.browser("olga").await;
        let (path, page) = olga.follow("/referrals/next", "").await;
        let acts = [
            "claim",
            "release",
            "finding",
            "withdraw",
            "amend",
            "acknowledge",
            "close",
        ];
        let mut paths: Vec<String> = acts.iter().map(|act| format!("{path}/{act}")).collect();
        paths.extend([
            "/referrals/next".to_owned(),
            "/signing-keys/a1b2/revoke".to_owned(),
        ]);
        let fields = format!("{}&reason=duplicate", founded_form(&page));
        let right = format!("form_secret={}&{fields}", olga.secret);
        for path in &paths {
            assert_eq!(
                olga.post_raw(path, &[], &fields).await.status,
                403,
                "{path}"
            );
            let foreign = [("sec-fetch-site", "cross-site")];
            assert_eq!(
                olga.post_raw(path, &foreign, &right).await.status,
                403,
                "{path}"
            );
            let nobody = send(&desk.router, Method::POST, path, &[], &fields).await;
            assert_eq!(nobody.status, 401, "{path}");
        }
        assert!(olga.see(&path).await.text.contains("Yours for"));
    }
}

#[tokio::test]
async fn signing_keys_are_shown_with_all_their_digits_and_revoked_by_their_owners() {
    let (_stores, desks) = desks().await;
    for desk in &desks {
        let (olga, anna) = (desk.browser("olga").await, desk.browser("anna").await);
        assert!(
            olga.see("/signing-keys")
                .await
                .text
                .contains("No signing key is enrolled.")
        );
        desk.enrol("olga", SigningRole::Officer).await;
        desk.enrol("anna", SigningRole::Approver).await;
        let id = |person, role| signing_key(person, role).verifying_key().id().to_string();
        let (officers, approvers) = (
            id("olga", SigningRole::Officer),
            id("anna", SigningRole::Approver),
        );
        let page = olga.see("/signing-keys").await.text;
        assert!(page.contains(&officers) && page.contains(&approvers));
        // What is read out by telephone is the key, and not its id, which another key can be made to have.
        for (person, role) in [
            ("olga", SigningRole::Officer),
            ("anna", SigningRole::Approver),
        ] {
            let key = signing_key(person, role).verifying_key().to_bytes();
            let shown = page.replace(' ', "");
            let digits: Vec<String> = key.iter().map(|byte| format!("{byte:02x}")).collect();
            let digits = digits.concat();
            assert_eq!(digits.len(), 64);
            assert!(
                shown.contains(&format!("<code>{digits}</code>")),
                "{person}"
            );
        }
        assert!(page.contains("sealwatch referral trust --out"));
        assert!(
            !page.contains(&format!("/signing-keys/{approvers}/revoke")),
            "another’s key"
        );
        let revoke = format!("/signing-keys/{officers}/revoke");
        assert_eq!(anna.post(&revoke, "").await.status, 404);
        let (_, page) = olga.follow(&revoke, "").await;
        assert!(page.text.contains("The key is revoked.") && page.text.contains(">revoked <time"));
        assert_eq!(
            desk.get("admin", "/signing-keys").await.status,
            200,
            "{}",
            desk.name
        );
    }
}
