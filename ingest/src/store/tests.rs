//! Tests of the store: against a model, under kills, with damaged files, on a full disk.

use std::collections::BTreeMap;
use std::path::Path;

use tempfile::TempDir;

use super::record::push_run;
use super::{
    Durability, EpochWrite, FacetRow, OrderRun, OutboxRow, Recovered, Store, StoreError,
    StoreOptions,
};

mod archive;
mod commit;
mod damage;
mod deletion;
mod disk;
mod kill;
mod model;
mod open;
mod same_sequence;

/// A folder in memory, where there is one: these tests wait for the disk thousands of times.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

fn options(directory: &Path, log_bytes: u64) -> StoreOptions {
    StoreOptions {
        directory: directory.to_path_buf(),
        durability: Durability::Process,
        log_bytes,
        archive_retention_days: 1000,
        virtual_shards: 64,
        pseudonym_key_id: "key-1".to_owned(),
        layout: "layout-1".to_owned(),
        hook: None,
        may_delete: None,
    }
}

type States = BTreeMap<(u8, [u8; 16]), Vec<u8>>;

struct Opened {
    store: Store,
    recovered: Recovered,
    states: States,
}

fn open(options: StoreOptions) -> Result<Opened, StoreError> {
    let mut states = States::new();
    let (store, recovered) = Store::open(options, &mut |table, key, value| {
        let before = states.insert((table, key), value.to_vec());
        assert!(before.is_none(), "each state is visited once");
    })?;
    Ok(Opened {
        store,
        recovered,
        states,
    })
}

/// A generator with a fixed seed (splitmix64, public domain, Vigna 2015).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn bytes(&mut self, length: u64) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

/// Accounts that facets are of.
const ACCOUNTS: u128 = 7;

/// A facet: account, sequence, event time, payload.
type Facet = (u128, u64, i64, Vec<u8>);

/// An epoch, as a write and in parts that a model understands.
#[derive(Debug, Clone, Default)]
struct Epoch {
    states: Vec<(u8, [u8; 16], Option<Vec<u8>>)>,
    meta: Vec<u8>,
    order: Vec<OrderRun>,
    outbox: Vec<OutboxRow>,
    facets: Vec<Facet>,
    /// What is delivered before it.
    delivered: u64,
}

impl Epoch {
    /// The epoch with this number: always the same one.
    fn numbered(number: u64) -> Self {
        let mut random = Random(number);
        let mut epoch = Self {
            meta: random.bytes(9),
            delivered: (number * 2).saturating_sub(random.below(9)),
            ..Self::default()
        };
        for _ in 0..random.below(6) {
            let mut key = [0; 16];
            key[0] = random.below(40) as u8;
            let value = match random.below(4) {
                0 => None,
                1 => Some(random.bytes(20)),
                _ => Some(random.bytes(64)),
            };
            epoch.states.push((random.below(2) as u8, key, value));
        }
        epoch.order.push(OrderRun {
            partition: (number / 3 % 2) as u32,
            first_offset: number * 10,
            count: 10,
        });
        for row in 0..2 {
            epoch.outbox.push(OutboxRow {
                sequence: number * 2 + row,
                bytes: random.bytes(10),
            });
        }
        for facet in 0..random.below(5) {
            let account = u128::from(random.below(ACCOUNTS as u64)) << 60;
            let at = (number * 1000 + random.below(5000)) as i64;
            let length = random.below(60);
            epoch
                .facets
                .push((account, number * 10 + facet, at, random.bytes(length)));
        }
        epoch
    }

    fn write(&self, number: u64) -> EpochWrite {
        let mut write = EpochWrite::new(number);
        for (table, key, value) in &self.states {
            match value {
                Some(value) => write.put(*table, *key, value),
                None => write.remove(*table, *key),
            }
        }
        write.meta.clone_from(&self.meta);
        write.order.clone_from(&self.order);
        write.outbox.clone_from(&self.outbox);
        for (account, sequence, at, payload) in &self.facets {
            write.facet(*account, *sequence, *at, payload);
        }
        write
    }
}

/// What a store must hold.
#[derive(Debug, Clone, Default)]
struct Model {
    epochs: u64,
    states: States,
    meta: Vec<u8>,
    order: Vec<OrderRun>,
    outbox: Vec<OutboxRow>,
    facets: Vec<Facet>,
}

impl Model {
    /// After this many numbered epochs.
    fn after(epochs: u64) -> Self {
        let mut model = Self::default();
        (0..epochs).for_each(|number| model.apply(&Epoch::numbered(number)));
        model
    }

    fn apply(&mut self, epoch: &Epoch) {
        self.epochs += 1;
        for (table, key, value) in &epoch.states {
            match value {
                Some(value) => drop(self.states.insert((*table, *key), value.clone())),
                None => drop(self.states.remove(&(*table, *key))),
            }
        }
        self.meta.clone_from(&epoch.meta);
        for run in &epoch.order {
            push_run(&mut self.order, *run);
        }
        self.outbox.extend(epoch.outbox.iter().cloned());
        self.outbox.retain(|row| row.sequence >= epoch.delivered);
        self.facets.extend(epoch.facets.iter().cloned());
    }

    /// What `last_facets` must answer.
    fn last(&self, account: u128, last: u64, oldest_at: i64, limit: usize) -> Vec<FacetRow> {
        let of_account = self.facets.iter().filter(|(known, sequence, at, _)| {
            *known == account && *sequence <= last && *at >= oldest_at
        });
        let mut rows: Vec<FacetRow> = of_account
            .rev()
            .take(limit)
            .map(|(_, sequence, at_ms, payload)| FacetRow {
                sequence: *sequence,
                at_ms: *at_ms,
                payload: payload.clone(),
            })
            .collect();
        rows.reverse();
        rows
    }

    /// Compares all that an opened store says. An error of the store is returned, a difference fails the test.
    fn check(&self, opened: &Opened) -> Result<(), StoreError> {
        assert_eq!(opened.recovered.epoch, self.epochs.checked_sub(1));
        assert_eq!(opened.recovered.meta, self.meta);
        assert_eq!(opened.recovered.outbox, self.outbox);
        assert!(opened.states == self.states, "states differ");
        self.check_store(&opened.store)
    }

    /// Compares what the store still says after commits.
    fn check_store(&self, store: &Store) -> Result<(), StoreError> {
        assert_eq!(store.order()?, self.order);
        let next = self.epochs * 10;
        for account in 0..=ACCOUNTS {
            let account = account << 60;
            for (last, oldest_at, limit) in [
                (next, i64::MIN, 200),
                (next, i64::MIN, 3),
                (next / 2, i64::MIN, 4),
                (next, (self.epochs * 500) as i64, 200),
            ] {
                assert_eq!(
                    store.last_facets(account, last, oldest_at, limit)?,
                    self.last(account, last, oldest_at, limit)
                );
            }
        }
        Ok(())
    }
}

/// Commits numbered epochs until the store has this many.
fn commit_until(store: &mut Store, epochs: u64) {
    for number in store.epoch.map_or(0, |epoch| epoch + 1)..epochs {
        let epoch = Epoch::numbered(number);
        store.delivered(epoch.delivered);
        store.commit(&epoch.write(number)).unwrap();
    }
}
