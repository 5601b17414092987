//! An account, and where it is.

use crate::event::Client;
use crate::goal::Goal;
use crate::persona::{Persona, Traits};
use crate::random::Random;

/// Whether an account can act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not registered yet.
    Absent,
    /// On the platform.
    Active,
    /// Closed by its owner.
    Closed,
    /// Banned or suspended.
    Banned,
}

/// How an account comes onto the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// When the platform first says something of it.
    pub at: i64,
    /// For an account from before the first day: when it was registered.
    pub registered_at: Option<i64>,
    /// How the number was verified.
    pub verification: &'static str,
    /// How many codes were asked for.
    pub attempts: u32,
    /// Seconds from the first code to the verification.
    pub seconds: u32,
    /// The network that it registers from.
    pub network: u32,
}

/// The networks that an account uses, as indices into the list of networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// At home.
    pub home: u32,
    /// At work, school or university.
    pub work: u32,
    /// On the road: the carrier's address translation.
    pub carrier: u32,
    /// Index of the home country.
    pub country: usize,
}

/// One account.
#[derive(Debug, Clone)]
pub struct Account {
    /// What kind of person.
    pub persona: &'static Persona,
    /// How it behaves.
    pub traits: Traits,
    /// Its own randomness, so that what one account does changes no other one's draws.
    pub random: Random,
    /// Whether it can act.
    pub state: State,
    /// Whether it belongs to host traffic: it never acts here.
    pub host: bool,
    /// How it arrives.
    pub arrival: Arrival,
    /// Its networks.
    pub places: Places,
    /// Its device.
    pub device: u32,
    /// The range of its number.
    pub range: u32,
    /// The kind of its number.
    pub number_kind: &'static str,
    /// Its client.
    pub client: Client,
    /// Its address book, closest first.
    pub contacts: Vec<u32>,
    /// To how many accounts it writes, if it is to be like one of host traffic.
    pub breadth: Option<f64>,
    /// Its groups.
    pub groups: Vec<u32>,
    /// Customers who asked for messages, for those who have any.
    pub audience: Vec<u32>,
    /// How much social life it has: 1 for people, less for abusers who do not hide.
    pub ties: f64,
    /// The number of its linked group.
    pub linked: u32,
    /// An account that the same person had before, and the share of its address book that is here, too.
    pub former: Option<(u32, f64)>,
    /// What it is after, if it is an abuser.
    pub goal: Option<Box<Goal>>,
    /// Counts its lives: the chain of activities of an earlier life must not go on in the next.
    pub life: u32,
}

impl Account {
    /// Whether it is on the platform and acts.
    pub fn acts(&self) -> bool {
        self.state == State::Active && !self.host
    }

    /// The network that it uses now: at home, at work or on the road.
    pub fn network_now(&mut self) -> u32 {
        let places = self.places;
        match self.random.weighted(&[0.5, 0.2, 0.3]) {
            0 => places.home,
            1 => places.work,
            _ => places.carrier,
        }
    }

    /// A contact, close ones more often; `None` without contacts.
    pub fn contact(&mut self) -> Option<u32> {
        let place = self.random.unit();
        // The square pulls towards the front: half of all activities go to the closest quarter.
        self.contacts
            .get((place * place * self.contacts.len() as f64) as usize)
            .copied()
    }
}

/// A group of accounts.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its members, in the order in which they came.
    pub members: Vec<u32>,
    /// Who made it.
    pub creator: u32,
    /// When it was made.
    pub created: i64,
    /// How unwelcome it is to strangers who are added: 0 to 1.
    pub annoyance: f64,
    /// How talkative it is.
    pub liveliness: f64,
}
