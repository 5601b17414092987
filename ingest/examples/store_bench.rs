//! Epochs per second of the store, for both durabilities, as a table.
//!
//! Each epoch sets 10,000 states of 512 bytes and appends 20,000 facets, as a busy shard does. The first argument is the
//! folder under which the stores are made (the disk that is measured; the system's temporary folder if it is not given), the
//! second the number of epochs.
//!
//! `cargo run --release -p sealwatch-ingest --example store_bench -- /var/lib/sealwatch 60`

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sealwatch_ingest::store::{Durability, EpochWrite, OrderRun, Store, StoreError, StoreOptions};

const STATES: u64 = 10_000;
const STATE_BYTES: usize = 512;
const FACETS: u64 = 20_000;
const FACET_BYTES: usize = 40;

/// Keys that the states are spread over: a snapshot holds this many states at most.
const KEYS: u64 = 200_000;

/// Accounts that the facets are spread over.
const ACCOUNTS: u64 = 100_000;

const LOG_BYTES: u64 = 64 << 20;
const EPOCHS: u64 = 60;

/// The durabilities take turns this often: rows of one durability that differ by more than the two do say that the machine
/// was busy, and that the two cannot be told apart.
const ROUNDS: u32 = 3;

/// Accounts whose last 200 facets are asked for when the store is open again.
const ASKED: u64 = 2000;

/// Epochs that are prepared before the measurement and used in turn.
const PREPARED: u64 = 8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let parent = arguments
        .next()
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let epochs = arguments.next().map_or(Ok(EPOCHS), |text| text.parse())?;
    println!(
        "{epochs} epochs of {STATES} states of {STATE_BYTES} B and {FACETS} facets of {FACET_BYTES} B, below {}",
        parent.display()
    );
    println!(
        "round  durability   epochs/s     MB/s   median ms   p99 ms   slowest ms   close s   open s   ask us"
    );
    for round in 1..=ROUNDS {
        for (name, durability) in [
            ("process", Durability::Process),
            ("power", Durability::Power),
        ] {
            let folder = tempfile::Builder::new()
                .prefix("store-bench-")
                .tempdir_in(&parent)?;
            let row = measure(folder.path(), durability, epochs)?;
            println!("{round:<6} {name:<10} {row}");
        }
    }
    Ok(())
}

fn options(directory: &Path, durability: Durability) -> StoreOptions {
    StoreOptions {
        directory: directory.to_path_buf(),
        durability,
        log_bytes: LOG_BYTES,
        archive_retention_days: 90,
        virtual_shards: 16,
        pseudonym_key_id: "bench".to_owned(),
        layout: "bench".to_owned(),
        hook: None,
        may_delete: None,
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
fn now() -> Instant {
    Instant::now()
}

/// Measures commits alone: what a write holds is prepared before, as the pipeline prepares it beside folding.
fn measure(directory: &Path, durability: Durability, epochs: u64) -> Result<String, StoreError> {
    let (mut store, _) = Store::open(options(directory, durability), &mut |_, _, _| {})?;
    let mut writes: Vec<EpochWrite> = (0..PREPARED).map(prepare).collect();
    let mut times = Vec::new();
    let start = now();
    for number in 0..epochs {
        let write = &mut writes[(number % PREPARED) as usize];
        write.epoch = number;
        write.order = vec![OrderRun {
            partition: 0,
            first_offset: number * FACETS,
            count: FACETS,
        }];
        let before = now();
        store.commit(write)?;
        times.push(before.elapsed());
    }
    let spent = start.elapsed();
    let closing = now();
    drop(store);
    let closed = closing.elapsed();
    let opening = now();
    let mut states = 0_u64;
    let (store, recovered) = Store::open(options(directory, durability), &mut |_, _, _| {
        states += 1;
    })?;
    let opened = opening.elapsed();
    assert_eq!(
        recovered.epoch.map_or(0, |epoch| epoch + 1),
        epochs,
        "every epoch is there"
    );
    assert_eq!(
        states,
        KEYS.min(STATES * epochs.min(PREPARED)),
        "every state is there"
    );
    let asking = now();
    for index in 0..ASKED {
        store.last_facets(account(index), u64::MAX, i64::MIN, 200)?;
    }
    let asked = asking.elapsed() / ASKED as u32;
    times.sort_unstable();
    Ok(format!(
        "{} {:>8.1}",
        row(&times, spent, closed, opened),
        asked.as_secs_f64() * 1e6
    ))
}

fn row(times: &[Duration], spent: Duration, closed: Duration, opened: Duration) -> String {
    let at = |share: f64| {
        let index = (times.len().saturating_sub(1) as f64 * share).round() as usize;
        times
            .get(index)
            .map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    let rate = times.len() as f64 / spent.as_secs_f64();
    // A state has 21 bytes before its value, a facet 33 before its payload.
    let bytes =
        STATES as f64 * (STATE_BYTES + 21) as f64 + FACETS as f64 * (FACET_BYTES + 33) as f64;
    format!(
        "{rate:>10.1} {:>8.0} {:>11.1} {:>8.1} {:>12.1} {:>9.2} {:>8.2}",
        rate * bytes / 1e6,
        at(0.5),
        at(0.99),
        at(1.0),
        closed.as_secs_f64(),
        opened.as_secs_f64()
    )
}

/// States of keys of their own, and facets of accounts spread by a multiplicative hash (Knuth, TAOCP 3, 6.4).
fn prepare(number: u64) -> EpochWrite {
    let mut write = EpochWrite::new(number);
    for index in 0..STATES {
        let key = (number * STATES + index) % KEYS;
        let mut value = [number as u8; STATE_BYTES];
        value[..8].copy_from_slice(&spread(key).to_le_bytes());
        write.put(7, u128::from(spread(key)).to_be_bytes(), &value);
    }
    for index in 0..FACETS {
        let sequence = number * FACETS + index;
        write.facet(
            account(spread(sequence) % ACCOUNTS),
            sequence,
            sequence as i64,
            &[7; FACET_BYTES],
        );
    }
    write
}

/// The account with this number. Both halves vary, as those of a pseudonym do.
const fn account(number: u64) -> u128 {
    let high = spread(1 + number);
    (high as u128) << 64 | spread(high ^ (high >> 32)) as u128
}

const fn spread(value: u64) -> u64 {
    value.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
