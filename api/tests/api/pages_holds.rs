//! Holds and orders to destroy in the console, on both databases.

use sealwatch_api::retention::{Periods, Retention};
use sealwatch_api::{CaseStore, router};
use sealwatch_core::recommendation::Delivery;
use sealwatch_core::time::HOUR;

use crate::client::*;
use crate::common::*;
use crate::databases::{Stores, open};

/// Recommendations whose accounts are not among the counterparts in others' evidence.
const FIRST: u64 = 1_000;

/// What the tested clock says.
const NOW: i64 = START + 9 * HOUR;

struct House {
    store: CaseStore,
    router: axum::Router,
    tokens: Vec<sealwatch_api::people::FirstToken>,
}

impl House {
    async fn browser(&self, person: &str) -> Browser {
        Browser::sign_in(&self.router, &token_of(&self.tokens, person)).await
    }

    async fn sweep(&self) {
        let registry = prometheus::Registry::new();
        let retention = Retention::new(&self.store, Periods::default(), &registry).unwrap();
        retention.sweep(NOW).await.unwrap();
    }
}

async fn houses() -> (Stores, Vec<House>) {
    let stores = Stores::empty();
    let mut houses = Vec::new();
    for (_, location) in &stores.locations {
        let store = open(location, review()).await;
        let deliveries: Vec<Delivery> = (FIRST..FIRST + 6)
            .map(|seed| delivery(seed, false))
            .collect();
        store.deliver(&deliveries, START + HOUR).await.unwrap();
        let (state, tokens) = people(store.clone(), false).await;
        houses.push(House {
            store,
            router: router(state),
            tokens,
        });
    }
    (stores, houses)
}

fn account(seed: u64) -> String {
    delivery(FIRST + seed, false)
        .recommendation
        .account
        .to_hexadecimal()
}

/// Where the first button to lift a hold posts to.
fn lifting(page: &str) -> String {
    let (_, rest) = page.split_once("action=\"/holds/").unwrap();
    format!("/holds/{}", rest.split_once('"').unwrap().0)
}

#[tokio::test]
async fn an_officer_sets_a_hold_that_stops_an_order_and_lifts_it() {
    let (_stores, houses) = houses().await;
    for house in houses {
        let (olga, account) = (house.browser("olga").await, account(0));
        let empty = olga.see("/holds").await.text;
        assert!(empty.contains("No hold is in force."));
        let fields = format!("covers=account&subject={account}&reason=litigation&days=30");
        let (to, page) = olga.follow("/holds", &fields).await;
        assert_eq!(to, "/holds?done=hold_set");
        assert!(page.text.contains("The hold is set: what it covers stays."));
        assert!(page.text.contains(&format!("title=\"{account}\"")));
        assert!(
            page.text
                .contains("<td class=\"long\">A court case</td><td>olga</td>")
        );

        let fields = format!("covers=account&subject={account}&reason=owner_request");
        let (to, page) = olga.follow("/destroy-orders", &fields).await;
        assert_eq!(to, "/holds?done=destruction_ordered");
        assert!(page.text.contains("a hold stops it"));
        house.sweep().await;
        let all = house.browser("all").await;
        let path = format!("/accounts/{account}");
        assert!(all.see(&path).await.text.contains("href=\"/cases/"));

        let lift = lifting(&page.text);
        let (to, page) = olga.follow(&lift, "").await;
        assert_eq!(to, "/holds?done=hold_lifted");
        assert!(page.text.contains("No hold is in force."));
        assert!(page.text.contains("waits for the next sweep"));
        let twice = olga.post(&lift, "").await;
        assert_eq!(twice.status, 404, "it is lifted already");
        house.sweep().await;
        assert!(!all.see(&path).await.text.contains("href=\"/cases/"));
        let page = olga.see("/holds").await.text;
        assert!(page.contains("account that is gone") && page.contains("done <time"));
        assert!(
            !page.contains(&account),
            "what is destroyed is not named any more"
        );
    }
}

#[tokio::test]
async fn a_hold_on_a_case_stops_the_order_of_its_account_and_the_other_way_round() {
    let (_stores, houses) = houses().await;
    for house in houses {
        let all = house.browser("all").await;
        let account = account(2);
        let page = all.see(&format!("/accounts/{account}")).await.text;
        let (_, rest) = page.split_once("href=\"/cases/").unwrap();
        let case = rest[..32].to_owned();
        let orders = [("case", &case), ("account", &account)];
        for (held, ordered) in [(0, 1), (1, 0)] {
            let (covers, subject) = orders[held];
            let hold = format!("covers={covers}&subject={subject}&reason=own_audit&days=1");
            all.follow("/holds", &hold).await;
            let (covers, subject) = orders[ordered];
            let order = format!("covers={covers}&subject={subject}&reason=legal_request");
            let (_, page) = all.follow("/destroy-orders", &order).await;
            assert!(page.text.contains("a hold stops it"));
            assert!(page.text.contains(&format!("<a href=\"/cases/{case}\">")));
            let (_, page) = all.follow(&lifting(&page.text), "").await;
            assert!(!page.text.contains("a hold stops it"));
        }
    }
}

#[tokio::test]
async fn a_page_of_an_account_or_a_case_leads_to_its_hold() {
    let (_stores, houses) = houses().await;
    for house in houses {
        let all = house.browser("all").await;
        let account = account(1);
        let page = all.see(&format!("/accounts/{account}")).await.text;
        let link = format!("/holds?account={account}");
        assert!(page.contains(&format!("href=\"{link}\">Set a hold")));
        let form = all.see(&link).await.text;
        assert!(form.contains(&format!("value=\"{account}\" data-key=\"/\"")));
        assert!(form.contains("<option value=\"account\" selected>"));
        let (_, rest) = page.split_once("href=\"/cases/").unwrap();
        let case = &rest[..32];
        let page = all.see(&format!("/cases/{case}")).await.text;
        let link = format!("/holds?case={case}");
        assert!(page.contains(&format!("href=\"{link}\">Set a hold")));
        let form = all.see(&link).await.text;
        assert!(form.contains(&format!("value=\"{case}\" data-key=\"/\"")));
        assert!(form.contains("<option value=\"case\" selected>"));
        // Who reads cases alone is not led to what is not theirs.
        let rita = house.browser("rita").await;
        let page = rita.see(&format!("/cases/{case}")).await.text;
        assert!(page.contains("Claim") && !page.contains("/holds"));
    }
}

#[tokio::test]
async fn a_refused_form_says_why_and_keeps_what_was_right() {
    let (_stores, houses) = houses().await;
    for house in houses {
        let admin = house.browser("admin").await;
        let (account, nothing) = (account(0), "0".repeat(32));
        let hold = |covers: &str, subject: &str, reason: &str, days: &str| {
            format!("covers={covers}&subject={subject}&reason={reason}&days={days}")
        };
        for (fields, why) in [
            (
                hold("", &account, "litigation", "3"),
                "Choose what it covers.",
            ),
            (
                hold("account", CANARY, "litigation", "3"),
                "have 32 hexadecimal digits",
            ),
            (hold("account", &account, CANARY, "3"), "Choose a reason."),
            (
                hold("account", &account, "litigation", "0"),
                "A hold lasts 1 to 3,660 days.",
            ),
            (
                hold("account", &account, "litigation", "3661"),
                "A hold lasts 1 to 3,660 days.",
            ),
            (
                hold("account", &account, "litigation", CANARY),
                "A hold lasts 1 to 3,660 days.",
            ),
            (
                hold("case", &nothing, "litigation", "3"),
                "There is no case with this id.",
            ),
        ] {
            let refused = admin.post("/holds", &fields).await;
            assert_eq!(refused.status, 422, "{fields}");
            assert!(refused.text.contains(why), "{fields}");
            assert!(!refused.text.contains(CANARY), "{fields}");
            assert!(refused.text.contains("No hold is in force."));
        }
        let kept = admin
            .post("/holds", &hold("account", &account, "litigation", "3661"))
            .await
            .text;
        assert!(kept.contains(&format!("value=\"{account}\" data-key=\"/\"")));
        assert!(kept.contains("<option value=\"litigation\" selected>"));
        let fields = hold("case", &nothing, "litigation", "");
        let order = admin.post("/destroy-orders", &fields).await;
        assert_eq!(order.status, 422);
        assert!(order.text.contains("There is no case with this id."));
        assert!(order.text.contains("Nothing was ordered to be destroyed."));
    }
}

#[tokio::test]
async fn holds_are_there_for_officers_and_admins_alone() {
    let (_stores, houses) = houses().await;
    for house in houses {
        for (person, may) in [
            ("ana", false),
            ("anton", false),
            ("audrey", false),
            ("rita", false),
            ("admin", true),
            ("olga", true),
        ] {
            let browser = house.browser(person).await;
            let home = browser.see("/").await.headers["location"].clone();
            let home = browser.see(home.to_str().unwrap()).await.text;
            let is_led = home.contains("<a href=\"/holds\" data-go=\"h\"");
            assert_eq!(is_led, may, "{person}");
            let status = if may { 200 } else { 403 };
            assert_eq!(browser.see("/holds").await.status, status, "{person}");
            if !may {
                let fields = format!("covers=account&subject={}&reason=litigation", account(0));
                for path in ["/holds", "/destroy-orders", "/holds/x/lift"] {
                    let refused = browser.post(path, &fields).await;
                    assert_eq!(refused.status, 403, "{person} {path}");
                }
            }
        }
    }
}

#[tokio::test]
async fn an_officer_holds_the_archive_as_a_whole_and_no_order_destroys_it() {
    let (_stores, houses) = houses().await;
    for house in houses {
        let olga = house.browser("olga").await;
        let fields = "covers=archive&reason=litigation&days=30";
        let (to, page) = olga.follow("/holds", fields).await;
        assert_eq!(to, "/holds?done=hold_set");
        assert!(page.text.contains("archive as a whole"));
        let refused = olga
            .post("/destroy-orders", "covers=archive&reason=litigation")
            .await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("No order destroys the archive"));
        let (to, page) = olga.follow(&lifting(&page.text), "").await;
        assert_eq!(to, "/holds?done=hold_lifted");
        assert!(page.text.contains("No hold is in force."));
    }
}
