//! Cases in the console: claiming, deciding, undoing, appeals, second looks, sets.

use crate::client::*;
use crate::common::*;
use axum::Router;
use sealwatch_api::people::FirstToken;
use sealwatch_api::{CaseStore, finish_and_release, router};
use sealwatch_core::time::HOUR;

struct House {
    _folder: tempfile::TempDir,
    store: CaseStore,
    router: Router,
    tokens: Vec<FirstToken>,
}

impl House {
    async fn with(cases: u64) -> Self {
        let (folder, store) = store(cases, false).await;
        let (state, tokens) = people(store.clone(), false).await;
        Self {
            _folder: folder,
            store,
            router: router(state),
            tokens,
        }
    }

    async fn browser(&self, person: &str) -> Browser {
        Browser::sign_in(&self.router, &token_of(&self.tokens, person)).await
    }

    /// The time to undo passes.
    async fn later(&self) {
        finish_and_release(&self.store, START + 12 * HOUR)
            .await
            .unwrap();
    }
}

/// The version that a page's form carries.
fn version(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("data-version=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

/// Where the page's undo bar posts to.
fn undo_path(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("undo\" role=\"status\"").unwrap();
    let (_, rest) = rest.split_once("action=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn a_reviewer_claims_the_next_case_decides_it_and_takes_the_decision_back() {
    let house = House::with(12).await;
    let rita = house.browser("rita").await;
    let (case, page) = rita.follow("/queue/next", "behaviour=").await;
    assert!(case.starts_with("/cases/") && page.text.contains("Yours for"));
    assert!(rita.see("/claims").await.text.contains(&case));
    let fields = format!(
        "version={}&reason=pattern_clear&note=seen+before&then=stay",
        version(&page)
    );
    let (_, decided) = rita.follow(&format!("{case}/decide"), &fields).await;
    assert!(decided.text.contains("This case is decided.") && decided.text.contains("in force"));
    assert!(decided.text.contains("seen before"));
    assert!(
        !rita
            .see("/queue")
            .await
            .text
            .contains(&format!("{case}\"><time"))
    );
    let (_, undone) = rita.follow(&undo_path(&decided), "").await;
    assert!(undone.text.contains("Undone:") && undone.text.contains("Yours for"));
    let (to, _) = rita.follow(&format!("{case}/release"), "").await;
    assert_eq!(to, "/queue?done=released");
    let ron = house.browser("ron").await;
    assert!(ron.see(&case).await.text.contains("Claim <kbd>"));
}

#[tokio::test]
async fn deciding_leads_to_the_next_case_and_another_persons_claim_stands_in_the_way() {
    let house = House::with(12).await;
    let (rita, ron) = (house.browser("rita").await, house.browser("ron").await);
    let (case, page) = rita.follow("/queue/next", "").await;
    let other = ron.see(&case).await;
    assert!(
        other
            .text
            .contains("Another person works on this case now.")
    );
    assert!(!other.text.contains("name=\"reason\""));
    let refused = ron
        .post(&format!("{case}/decide"), "reason=known_event&then=stay")
        .await;
    assert_eq!(refused.status, 409);
    assert!(
        refused
            .text
            .contains("Another person has claimed this case")
    );
    let fields = format!("version={}&reason=known_event&then=next", version(&page));
    let (next, _) = rita.follow(&format!("{case}/decide"), &fields).await;
    assert!(next.starts_with("/cases/") && next != case);
}

#[tokio::test]
async fn a_refused_form_says_why_in_its_place_and_keeps_what_was_typed() {
    let house = House::with(6).await;
    let rita = house.browser("rita").await;
    let (case, page) = rita.follow("/queue/next", "").await;
    let decide = format!("{case}/decide");
    let refused = rita.post(&decide, "note=typed+%3Cb%3E+here").await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("Choose a reason"));
    assert!(refused.text.contains("typed ") && refused.text.contains(" here</textarea>"));
    assert!(!refused.text.contains("<b>"));
    let stale = format!(
        "version=0&reason=legitimate_use&note=kept&then=stay&x={}",
        version(&page)
    );
    let refused = rita.post(&decide, &stale).await;
    assert!(refused.status.is_client_error());
    assert!(
        refused
            .text
            .contains("value=\"legitimate_use\" required checked")
    );
    assert!(refused.text.contains(">kept</textarea>"));
}

#[tokio::test]
async fn no_form_of_another_page_is_taken() {
    let house = House::with(6).await;
    let all = house.browser("all").await;
    let (case, _) = all.follow("/queue/next", "").await;
    let id = case.rsplit('/').next().unwrap();
    let paths = [
        "/queue/next".to_owned(),
        "/queue/decide".to_owned(),
        format!("{case}/claim"),
        format!("{case}/release"),
        format!("{case}/decide"),
        format!("{case}/appeal"),
        format!("/decisions/{id}/undo"),
        format!("/sets/{id}/undo"),
        format!("/second-looks/{id}"),
        "/held/release".to_owned(),
        "/detectors/bulk_messaging/mode".to_owned(),
        "/search".to_owned(),
        "/people".to_owned(),
        "/people/disable".to_owned(),
        "/people/token".to_owned(),
        "/people/revoke".to_owned(),
        "/deliveries/1/retry".to_owned(),
        "/holds".to_owned(),
        format!("/holds/{id}/lift"),
        "/destroy-orders".to_owned(),
        "/logout".to_owned(),
    ];
    let right = format!(
        "form_secret={}&reason=known_event&person=rita&mode=shadow",
        all.secret
    );
    for path in &paths {
        let without = all
            .post_raw(path, &[], "reason=known_event&person=rita")
            .await;
        assert_eq!(without.status, 403, "{path}");
        let foreign = [("sec-fetch-site", "cross-site")];
        let foreign = all.post_raw(path, &foreign, &right).await;
        assert_eq!(foreign.status, 403, "{path}");
    }
    assert!(all.see(&case).await.text.contains("Yours for"));
}

#[tokio::test]
async fn a_set_is_decided_but_for_what_others_work_on_and_undone_together() {
    let house = House::with(8).await;
    let (rita, ron) = (house.browser("rita").await, house.browser("ron").await);
    let (claimed, _) = ron.follow("/queue/next", "").await;
    let queue = rita.see("/queue").await.text;
    let rows: Vec<&str> = queue
        .split("name=\"case\" form=\"together\" value=\"")
        .skip(1)
        .map(|rest| rest.split_once('"').unwrap().0)
        .collect();
    assert_eq!(rows.len(), 7);
    assert!(queue.contains("ron works on it"));
    let mut fields = "reason=legitimate_use".to_owned();
    for row in &rows[..3] {
        fields.push_str(&format!("&case={}", row.replace(':', "%3A")));
    }
    let (to, done) = rita.follow("/queue/decide", &fields).await;
    assert_eq!(to, "/queue?done=together");
    assert!(done.text.contains("for 3 cases"));
    let partly = format!(
        "reason=legitimate_use&case={}%3A2&case={}",
        claimed.rsplit('/').next().unwrap(),
        rows[4].replace(':', "%3A")
    );
    let (to, done) = rita.follow("/queue/decide", &partly).await;
    assert_eq!(to, "/queue?done=together_partly");
    rita.follow(&undo_path(&done), "").await;
    let none = rita.post("/queue/decide", "reason=legitimate_use").await;
    assert_eq!(none.status, 422);
    assert!(none.text.contains("Choose at least one case."));
}

#[tokio::test]
async fn an_appeal_and_a_second_look_are_for_someone_else() {
    let house = House::with(6).await;
    let (rita, ron) = (house.browser("rita").await, house.browser("ron").await);
    let (case, page) = rita.follow("/queue/next", "").await;
    let fields = format!("version={}&reason=pattern_clear&then=stay", version(&page));
    rita.follow(&format!("{case}/decide"), &fields).await;
    house.later().await;
    assert!(!rita.see("/second-looks").await.text.contains(&case));
    assert!(ron.see("/second-looks").await.text.contains(&case));
    let page = ron.see(&case).await;
    let (_, rest) = page.text.split_once("action=\"/second-looks/").unwrap();
    let look = format!("/second-looks/{}", &rest[..32]);
    let (_, agreed) = ron.follow(&look, "answer=agrees").await;
    assert!(agreed.text.contains("both looks agree"));
    let (to, _) = ron
        .follow(
            &format!("{case}/appeal"),
            &format!("version={}&ground=not_the_owner", version(&page)),
        )
        .await;
    assert_eq!(to, format!("{case}?done=appealed"));
    assert!(rita.see("/appeals").await.text.contains(&case));
    let own = rita.see(&case).await;
    assert!(own.text.contains("someone else answers the appeal"));
    assert!(own.text.contains("It was not the owner who acted"));
    let all = house.browser("all").await;
    let page = all.see(&case).await;
    assert!(page.text.contains("Answer the appeal"));
    let fields = format!("version={}&reason=taken_over&then=stay", version(&page));
    let (_, answered) = all.follow(&format!("{case}/decide"), &fields).await;
    assert!(answered.text.contains("the decision was overturned"));
}

#[tokio::test]
async fn a_note_is_on_its_case_and_nowhere_else() {
    let house = House::with(6).await;
    let all = house.browser("all").await;
    let (case, page) = all.follow("/queue/next", "").await;
    let (_, rest) = page.text.split_once("href=\"/accounts/").unwrap();
    let account = format!("/accounts/{}", &rest[..32]);
    let fields = format!(
        "version={}&reason=known_event&note={CANARY}&then=stay",
        version(&page)
    );
    let (_, decided) = all.follow(&format!("{case}/decide"), &fields).await;
    assert!(decided.text.contains(CANARY));
    for path in [
        "/queue",
        "/claims",
        "/appeals",
        "/second-looks",
        "/patterns",
        "/detectors",
        "/recommendations",
        "/people",
        "/deliveries",
        "/search",
        account.as_str(),
    ] {
        let page = all.see(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.text.contains(CANARY), "{path}");
    }
}
