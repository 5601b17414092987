//! News for people who have the console open: cases and referrals that were opened or have changed, and how many cases wait. An
//! event names a case or referral and nothing else of it.
//!
//! Events are read from what is committed: the numbers of cases and the audit log's positions only rise, so that whoever
//! remembers the last ones misses nothing, whichever process wrote it. One of all listeners looks, for all of them; where
//! nobody listens, nobody looks.

mod look;
mod stream;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;
use tokio::sync::{broadcast, watch};

use crate::cases::{Case, CaseId, CaseState, QueueCount};
use crate::people::PersonName;
use crate::referrals::{Referral, ReferralId, ReferralState};

pub(crate) use stream::events;

/// Streams of one person at a time: so many windows, and not a way to use up the server.
const STREAMS: usize = 8;

/// Events that a slow listener may be behind.
const BEHIND: usize = 1_024;

/// A case in the news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CaseNews {
    /// The case.
    pub(crate) id: CaseId,
    /// Its version now.
    pub(crate) version: i64,
    /// The behaviour.
    pub(crate) behaviour: Behaviour,
    /// How far it has come.
    pub(crate) state: CaseState,
}

impl From<&Case> for CaseNews {
    fn from(case: &Case) -> Self {
        Self {
            id: case.id,
            version: case.version,
            behaviour: case.behaviour,
            state: case.state,
        }
    }
}

/// A referral in the news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReferralNews {
    /// The referral.
    pub(crate) id: ReferralId,
    /// Its version now.
    pub(crate) version: i64,
    /// What the threat is.
    pub(crate) kind: ThreatKind,
    /// How soon a person must see it.
    pub(crate) priority: Priority,
    /// How far it has come.
    pub(crate) state: ReferralState,
}

impl From<&Referral> for ReferralNews {
    fn from(referral: &Referral) -> Self {
        Self {
            id: referral.id,
            version: referral.version,
            kind: referral.kind,
            priority: referral.priority,
            state: referral.state,
        }
    }
}

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A case is new.
    Opened(CaseNews),
    /// A case has changed.
    Changed(CaseNews),
    /// A referral is new.
    ReferralOpened(ReferralNews),
    /// A referral has changed.
    ReferralChanged(ReferralNews),
    /// How many cases wait.
    Queue(Arc<Vec<QueueCount>>),
    /// There was too much to tell one by one: lists are to be read again.
    Missed,
    /// There will be no more.
    Ended,
}

/// Where events are told and heard.
#[derive(Clone)]
pub(crate) struct News {
    events: broadcast::Sender<Heard>,
    has_ended: watch::Sender<bool>,
    streams: Arc<Mutex<BTreeMap<PersonName, usize>>>,
    seen: Arc<tokio::sync::Mutex<Option<look::Seen>>>,
}

impl News {
    /// Nobody listens yet.
    pub(crate) fn new() -> Self {
        Self {
            events: broadcast::Sender::new(BEHIND),
            has_ended: watch::Sender::new(false),
            streams: Arc::default(),
            seen: Arc::default(),
        }
    }

    /// Tells an event to whoever listens. There may be nobody.
    fn tell(&self, news: Heard) {
        let _ = self.events.send(news);
    }

    /// The server stops: all streams end.
    pub(crate) fn end(&self) {
        self.has_ended.send_replace(true);
    }

    /// Listens for a person. None where they have too many streams.
    pub(crate) fn listen(&self, person: &PersonName) -> Option<Listener> {
        let mut streams = self.streams();
        let count = streams.entry(person.clone()).or_default();
        if *count >= STREAMS {
            return None;
        }
        *count += 1;
        Some(Listener {
            events: self.events.subscribe(),
            has_ended: self.has_ended.subscribe(),
            person: person.clone(),
            news: self.clone(),
        })
    }

    fn streams(&self) -> MutexGuard<'_, BTreeMap<PersonName, usize>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One stream of a person.
pub(crate) struct Listener {
    events: broadcast::Receiver<Heard>,
    has_ended: watch::Receiver<bool>,
    person: PersonName,
    news: News,
}

impl Listener {
    /// Waits for the next event. Given up while it waits, it misses nothing.
    pub(crate) async fn hear(&mut self) -> Heard {
        tokio::select! {
            biased;
            _ = self.has_ended.wait_for(|ended| *ended) => Heard::Ended,
            event = self.events.recv() => match event {
                Ok(heard) => heard,
                Err(broadcast::error::RecvError::Lagged(_)) => Heard::Missed,
                Err(broadcast::error::RecvError::Closed) => Heard::Ended,
            },
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut streams = self.news.streams();
        if let Some(count) = streams.get_mut(&self.person) {
            *count -= 1;
            if *count == 0 {
                streams.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(version: i64) -> Heard {
        Heard::Changed(CaseNews {
            id: CaseId::parse(&"0a".repeat(16)).unwrap(),
            version,
            behaviour: Behaviour::GroupSpam,
            state: CaseState::Open,
        })
    }

    #[tokio::test]
    async fn who_listens_hears_everything_in_order_until_the_end() {
        let sender = News::new();
        let ana = PersonName::parse("ana").unwrap();
        sender.tell(news(1));
        let mut listener = sender.listen(&ana).unwrap();
        sender.tell(news(2));
        sender.tell(news(3));
        assert_eq!(listener.hear().await, news(2));
        assert_eq!(listener.hear().await, news(3));
        sender.end();
        assert_eq!(listener.hear().await, Heard::Ended);
    }

    #[tokio::test]
    async fn who_is_too_slow_is_told_so_and_goes_on() {
        let sender = News::new();
        let mut listener = sender.listen(&PersonName::parse("ana").unwrap()).unwrap();
        for version in 0..2_000 {
            sender.tell(news(version));
        }
        assert_eq!(listener.hear().await, Heard::Missed);
        assert!(matches!(listener.hear().await, Heard::Changed(_)));
    }

    #[test]
    fn a_person_has_so_many_streams_and_one_that_ends_makes_room() {
        let sender = News::new();
        let (ana, bo) = (
            PersonName::parse("ana").unwrap(),
            PersonName::parse("bo").unwrap(),
        );
        let mut listeners: Vec<Listener> =
            (0..STREAMS).map(|_| sender.listen(&ana).unwrap()).collect();
        assert!(sender.listen(&ana).is_none());
        assert!(sender.listen(&bo).is_some());
        listeners.pop();
        assert!(sender.listen(&ana).is_some());
    }
}
