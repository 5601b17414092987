//! Settings on the log: model, policy and configuration are known by their digests, and a start with another one is an
//! entry.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use sqlx::Row as _;

use crate::audit::entry::{Act, Entry};
use crate::hexadecimal;
use crate::people::Actor;
use crate::store::{CaseStore, CaseStoreError};

sealwatch_core::closed_set! {
    /// What a start rests on.
    Setting {
        /// The model artefact.
        Model = "model",
        /// The policy.
        Policy = "policy",
        /// The configuration, without secrets.
        Configuration = "configuration",
    }
}

/// The digest of a setting's text: SHA-256, in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Compares what this start rests on with the last one. What differs is an entry, with names and digests only. Returns how
/// many do.
///
/// # Errors
/// The database refused: the start is refused, too, then.
pub async fn note_settings(
    store: &CaseStore,
    digests: &[(Setting, String)],
    now_ms: i64,
) -> Result<usize, CaseStoreError> {
    let mut write = store.database().write().await?;
    let rows = sqlx::query("SELECT name, digest FROM settings")
        .fetch_all(&mut *write.connection())
        .await?;
    let mut known = BTreeMap::new();
    for row in rows {
        known.insert(
            row.try_get::<String, _>("name")?,
            row.try_get::<String, _>("digest")?,
        );
    }
    let mut entries = Vec::new();
    for (setting, digest) in digests {
        let before = known.get(setting.name());
        if before == Some(digest) {
            continue;
        }
        let mut entry = Entry::new(Act::SettingChanged)
            .fact("setting", setting.name())
            .fact("digest", digest);
        if let Some(before) = before {
            entry = entry.fact("before", before);
        }
        entries.push(entry);
        sqlx::query(
            "INSERT INTO settings (name, digest, since_ms) VALUES ($1, $2, $3) \
             ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, since_ms = excluded.since_ms",
        )
        .bind(setting.name())
        .bind(digest)
        .bind(now_ms)
        .execute(&mut *write.connection())
        .await?;
    }
    let changed = entries.len();
    if changed > 0 {
        super::commit(write, &Actor::machine(), now_ms, &entries).await?;
    }
    Ok(changed)
}
