//! What pages ask: every list, queue, count, claim and statistic.

use sealwatch_api::cases::{self, CaseFilter, CaseId, CaseState, Place, ReasonOrder};
use sealwatch_api::people::{Actor, PersonName, Role, Roles};
use sealwatch_api::{CaseStore, Cursor, Filter};
use sealwatch_core::behaviour::{Answer, Behaviour, Mode};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::time::{DAY, HOUR, Timestamp};

use crate::NOW;
use crate::fill::{PERIOD, account, id, person};

/// Rows of a page, and one more that tells whether it goes on.
const PAGE: u32 = 51;

/// A question.
pub enum Question {
    /// A page of recommendations.
    List(Filter),
    /// A page of the recommendations of an account, another one each time.
    AccountList,
    /// Recommendations counted up to the rows of a download.
    Count(Filter),
    /// A page of cases.
    Queue(CaseFilter),
    /// The cases of an account, another one each time.
    AccountCases,
    /// The claims of a person.
    Claims,
    /// How many cases wait.
    Counts,
    /// A case, its decisions and its appeals.
    Case,
    /// Second looks that wait.
    SecondLooks,
    /// Claims the next case, of one behaviour or of all. It writes.
    ClaimNext(Option<Behaviour>),
    /// What reviews say of a detector, of so many days.
    Statistics(i64),
    /// The reasons that stand most often behind a detector's cases.
    TopReasons,
}

/// All questions, with their names.
pub fn all(rows: i64) -> Vec<(&'static str, Question)> {
    let mut all = lists();
    all.extend(queues());
    all.extend([
        ("list: an account", Question::AccountList),
        (
            "list: count for a download",
            Question::Count(Filter::default()),
        ),
        ("cases: an account", Question::AccountCases),
        ("cases: a person's claims", Question::Claims),
        ("cases: how many wait", Question::Counts),
        ("cases: one, its decisions and appeals", Question::Case),
        ("second looks", Question::SecondLooks),
        (
            "claim the next case and give it back",
            Question::ClaimNext(None),
        ),
        (
            "claim the next case of a behaviour and give it back",
            Question::ClaimNext(Some(Behaviour::GroupSpam)),
        ),
        ("detector: 28 days", Question::Statistics(28)),
        ("detector: 400 days", Question::Statistics(400)),
    ]);
    // Reasons are filled in for the newest cases: with few rows there are none.
    if rows >= 1_000_000 {
        all.push(("detector: its strongest reasons", Question::TopReasons));
    }
    all
}

fn lists() -> Vec<(&'static str, Question)> {
    let any = Filter::default;
    let behaviour = Some(Behaviour::GroupSpam);
    let middle = NOW - PERIOD / 2;
    let filters = [
        ("list: everything", any()),
        ("list: behaviour", Filter { behaviour, ..any() }),
        (
            "list: mode",
            Filter {
                mode: Some(Mode::Live),
                ..any()
            },
        ),
        (
            "list: mode that few have",
            Filter {
                mode: Some(Mode::Demo),
                ..any()
            },
        ),
        (
            "list: answer",
            Filter {
                answer: Some(Answer::Ban),
                ..any()
            },
        ),
        (
            "list: platform",
            Filter {
                platform: Some("market".to_owned()),
                ..any()
            },
        ),
        (
            "list: platform that is absent",
            Filter {
                platform: Some("other".to_owned()),
                ..any()
            },
        ),
        (
            "list: behaviour, answer that few of it have",
            Filter {
                behaviour,
                answer: Some(Answer::Ban),
                ..any()
            },
        ),
        (
            "list: behaviour, answer that it never has",
            Filter {
                behaviour,
                answer: Some(Answer::Protect),
                ..any()
            },
        ),
        (
            "list: score that many have",
            Filter {
                minimum_score: Some(3.5),
                ..any()
            },
        ),
        (
            "list: score that few have",
            Filter {
                minimum_score: Some(7.998),
                ..any()
            },
        ),
        (
            "list: score that none has",
            Filter {
                minimum_score: Some(9.0),
                ..any()
            },
        ),
        (
            "list: behaviour, score that it never has",
            Filter {
                behaviour,
                minimum_score: Some(6.5),
                ..any()
            },
        ),
        (
            "list: behaviour, mode, answer, score, before the middle",
            Filter {
                behaviour,
                mode: Some(Mode::Live),
                answer: Some(Answer::Limit),
                minimum_score: Some(5.0),
                until: Some(Timestamp(middle)),
                ..any()
            },
        ),
        (
            "list: an hour in the middle",
            Filter {
                from: Some(Timestamp(middle)),
                until: Some(Timestamp(middle + HOUR)),
                ..any()
            },
        ),
    ];
    filters
        .map(|(name, filter)| (name, Question::List(filter)))
        .into()
}

fn queues() -> Vec<(&'static str, Question)> {
    let any = CaseFilter::default;
    let behaviour = Some(Behaviour::GroupSpam);
    let state = |state| CaseFilter {
        state: Some(state),
        ..any()
    };
    let filters = [
        ("queue: open", any()),
        (
            "queue: open, nobody works on it",
            CaseFilter {
                unclaimed: true,
                ..any()
            },
        ),
        ("queue: open, behaviour", CaseFilter { behaviour, ..any() }),
        (
            "queue: open, mode",
            CaseFilter {
                mode: Some(Mode::Live),
                ..any()
            },
        ),
        (
            "queue: open, mode that few have",
            CaseFilter {
                mode: Some(Mode::Demo),
                ..any()
            },
        ),
        (
            "queue: open, behaviour, mode that few have",
            CaseFilter {
                behaviour,
                mode: Some(Mode::Demo),
                ..any()
            },
        ),
        (
            "queue: open, behaviour, mode that it never has",
            CaseFilter {
                behaviour,
                mode: Some(Mode::Shadow),
                ..any()
            },
        ),
        ("queue: held", state(CaseState::Held)),
        ("queue: appealed", state(CaseState::Appealed)),
        ("queue: decided", state(CaseState::Decided)),
        (
            "queue: decided, behaviour",
            CaseFilter {
                behaviour,
                ..state(CaseState::Decided)
            },
        ),
        (
            "queue: decided, behaviour, mode that it never has",
            CaseFilter {
                behaviour,
                mode: Some(Mode::Shadow),
                ..state(CaseState::Decided)
            },
        ),
    ];
    filters
        .map(|(name, filter)| (name, Question::Queue(filter)))
        .into()
}

/// A share of something, another one at each call, evenly over all calls.
fn share(call: u64) -> f64 {
    (call as f64 * 0.618_033_988_75).fract()
}

/// Asks once. Returns how many rows the answer has.
pub async fn ask(store: &CaseStore, question: &Question, call: u64, rows: i64) -> usize {
    let database = store.database();
    let back = (PERIOD as f64 * share(call)) as i64;
    let number = (rows as f64 * share(call)) as i64;
    // Every second call asks for a page somewhere behind the first one.
    let is_first = call.is_multiple_of(2);
    match question {
        Question::List(filter) => {
            let behind = Cursor {
                at_ms: NOW - back,
                intake_sequence: 1,
            };
            let behind = (!is_first).then_some(behind);
            store.list(filter, behind, PAGE).await.unwrap().len()
        }
        Question::AccountList => {
            let filter = Filter {
                account: Pseudonym::parse(&account(number)),
                ..Filter::default()
            };
            store.list(&filter, None, PAGE).await.unwrap().len()
        }
        Question::Count(filter) => store.count_up_to(filter, 100_001).await.unwrap() as usize,
        Question::Queue(filter) => {
            let behind = Place {
                place_ms: NOW - back,
                sequence: 1,
            };
            let behind = (!is_first).then_some(behind);
            let found = cases::list(database, filter, behind, PAGE, NOW).await;
            found.unwrap().len()
        }
        Question::AccountCases => {
            let filter = CaseFilter {
                account: Pseudonym::parse(&account(number)),
                ..CaseFilter::default()
            };
            let found = cases::list(database, &filter, None, PAGE, NOW).await;
            found.unwrap().len()
        }
        Question::Claims => {
            let filter = CaseFilter {
                claimed_by: Some(actor(call).person),
                ..CaseFilter::default()
            };
            let found = cases::list(database, &filter, None, PAGE, NOW).await;
            found.unwrap().len()
        }
        Question::Counts => cases::counts(database).await.unwrap().len(),
        Question::Case => {
            let case = CaseId::parse(&id(number / 2 * 2)).unwrap();
            let found = usize::from(cases::get(database, case).await.unwrap().is_some());
            let decisions = cases::decisions(database, case).await.unwrap().len();
            found + decisions + cases::appeals(database, case).await.unwrap().len()
        }
        Question::SecondLooks => {
            let found = cases::second_looks(database, &actor(call), PAGE).await;
            found.unwrap().len()
        }
        Question::ClaimNext(behaviour) => {
            let who = actor(call);
            let case = cases::claim_next(database, store.review(), &who, *behaviour, NOW).await;
            let case = case.unwrap();
            // Given back, so that the next run finds what this one found.
            if let Some(case) = &case {
                let given = cases::release(database, &who, (case.id, None), NOW).await;
                given.unwrap();
            }
            usize::from(case.is_some())
        }
        Question::Statistics(days) => {
            let behaviour = Behaviour::WITH_DETECTOR[call as usize % 5];
            let found = cases::detector(database, behaviour, NOW - days * DAY + back % DAY).await;
            found.unwrap().hours.len()
        }
        Question::TopReasons => {
            let found =
                cases::top_reasons(database, Behaviour::GroupSpam, ReasonOrder::Cases, 20).await;
            found.unwrap().len()
        }
    }
}

fn actor(call: u64) -> Actor {
    Actor {
        person: PersonName::parse(&person(call)).unwrap(),
        roles: Roles::of(&[Role::Reviewer]),
        token: "0123456789abcdef".to_owned(),
        request: None,
    }
}
