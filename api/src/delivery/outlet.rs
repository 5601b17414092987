//! Which events go to which places, and the bell that wakes whoever carries them.

use std::sync::OnceLock;

use tokio::sync::watch;

use crate::delivery::event::{Destination, EventKind};

/// Which events go to which places: the configured ones. What is decided while a place is not configured never goes there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routes {
    /// Where `enforcement.requested` goes.
    pub enforcement: Vec<Destination>,
    /// Where labels and detectors' modes go: the recorded order.
    pub recorded_order: Vec<Destination>,
    /// Where signed tree heads go.
    pub tree_heads: Vec<Destination>,
    /// Where it is said that work waits.
    pub pages: Vec<Destination>,
}

impl Routes {
    /// Where events of this kind go.
    pub fn of(&self, kind: EventKind) -> &[Destination] {
        match kind {
            EventKind::Enforcement => &self.enforcement,
            EventKind::Label | EventKind::Control | EventKind::Report => &self.recorded_order,
            EventKind::TreeHead => &self.tree_heads,
            EventKind::Page => &self.pages,
        }
    }
}

/// What a database knows of the way out.
#[derive(Debug)]
pub(crate) struct Outlet {
    committed: watch::Sender<u64>,
    routes: OnceLock<Routes>,
}

impl Default for Outlet {
    fn default() -> Self {
        Self {
            committed: watch::Sender::new(0),
            routes: OnceLock::new(),
        }
    }
}

impl Outlet {
    /// Sets the routes. They are set once, before anything is decided; returns whether this was the time.
    pub(crate) fn set_routes(&self, routes: Routes) -> bool {
        self.routes.set(routes).is_ok()
    }

    /// Where events of this kind go.
    pub(crate) fn destinations(&self, kind: EventKind) -> &[Destination] {
        self.routes.get().map_or(&[], |routes| routes.of(kind))
    }

    /// Wakes whoever carries: something that is to leave was committed.
    pub(crate) fn ring(&self) {
        self.committed
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Changes whenever it rings.
    pub(crate) fn bell(&self) -> watch::Receiver<u64> {
        self.committed.subscribe()
    }
}
