//! Intake of recommendations, many in one transaction, with few statements: whoever works meanwhile waits for it.

use std::collections::{BTreeMap, BTreeSet};

use sealwatch_core::behaviour::{Behaviour, Mode};
use sealwatch_core::recommendation::{Delivery, Recommendation};
use sqlx::{AnyConnection, Row as _};

use super::packed::Packer;
use super::{CaseStore, CaseStoreError};
use crate::audit::{self, Entry};
use crate::cases::{DetectorMode, Intake, ModeReason, detector_mode, rates};
use crate::database::Write;
use crate::people::Actor;
use crate::statement::{Statement, Value, insert_rows};

/// Recommendations of one statement at most.
const TOGETHER: usize = 64;

/// Deliveries as the case store writes them: their documents are large, and nobody is to wait while they are made.
#[derive(Debug)]
pub struct Prepared {
    deliveries: Vec<Delivery>,
    documents: Result<Vec<Documents>, CaseStoreError>,
}

impl Prepared {
    /// Writes their documents. Where that fails, it is tried again when the case store takes them.
    pub fn of(deliveries: Vec<Delivery>) -> Self {
        Self {
            documents: Documents::of_all(&deliveries),
            deliveries,
        }
    }
}

impl CaseStore {
    /// Prepares deliveries and takes them in; see [`CaseStore::take`].
    ///
    /// # Errors
    /// The database refused; nothing of this call is in it then.
    pub async fn deliver(
        &self,
        deliveries: &[Delivery],
        received_ms: i64,
    ) -> Result<u64, CaseStoreError> {
        self.take(&Prepared::of(deliveries.to_vec()), received_ms)
            .await
    }

    /// Takes deliveries in, in one transaction. A recommendation that is there already is left as it is, and counted as
    /// delivered again. Returns how many were new. `received_ms` is in milliseconds since 1970.
    ///
    /// # Errors
    /// The database refused; nothing of this call is in it then.
    pub async fn take(
        &self,
        deliveries: &Prepared,
        received_ms: i64,
    ) -> Result<u64, CaseStoreError> {
        if deliveries.deliveries.is_empty() {
            return Ok(0);
        }
        let again;
        let documents = if let Ok(documents) = &deliveries.documents {
            documents
        } else {
            again = Documents::of_all(&deliveries.deliveries)?;
            &again
        };
        let written: Vec<Written<'_>> = deliveries.deliveries.iter().zip(documents).collect();
        let mut rest = written.as_slice();
        let mut write = self.database.write().await?;
        let connection = write.connection();
        let mut last: i64 =
            sqlx::query_scalar("SELECT COALESCE(MAX(intake_sequence), 0) FROM recommendations")
                .fetch_one(&mut *connection)
                .await?;
        let mut intake = Intake::begin(connection, &self.review, received_ms).await?;
        let mut newest: BTreeMap<Behaviour, &Recommendation> = BTreeMap::new();
        let mut taken = 0;
        while !rest.is_empty() {
            let (part, behind) = rest.split_at(unlike(rest));
            rest = behind;
            let part = new_ones(connection, part, received_ms).await?;
            let new: Vec<&Recommendation> =
                part.iter().map(|(one, _)| &one.recommendation).collect();
            insert(connection, &part, last, received_ms).await?;
            intake.take(connection, &new).await?;
            newest.extend(new.iter().map(|one| (one.behaviour, *one)));
            last += new.len() as i64;
            taken += new.len() as u64;
        }
        intake.end(connection).await?;
        let entries = shadow_anomalous(&mut write, newest.into_values(), received_ms).await?;
        if entries.is_empty() {
            write.commit_machine().await?;
        } else {
            audit::commit(write, &Actor::machine(), received_ms, &entries).await?;
        }
        Ok(taken)
    }
}

/// A delivery's large texts, as the database keeps them.
#[derive(Debug)]
struct Documents {
    recommendation: String,
    sealed: String,
}

impl Documents {
    fn of_all(deliveries: &[Delivery]) -> Result<Vec<Self>, CaseStoreError> {
        let mut packer = Packer::new()?;
        deliveries
            .iter()
            .map(|delivery| Self::of(delivery, &mut packer))
            .collect()
    }

    fn of(delivery: &Delivery, packer: &mut Packer) -> Result<Self, CaseStoreError> {
        Ok(Self {
            recommendation: packer.pack(&delivery.recommendation)?,
            sealed: serde_json::to_string(&delivery.sealed_identities)
                .map_err(|_| CaseStoreError::Unwritable)?,
        })
    }
}

/// A delivery with its texts.
type Written<'all> = (&'all Delivery, &'all Documents);

/// How many of the first deliveries can be written together: no recommendation and no account twice, since a second one
/// joins the case that the first one opened.
fn unlike(deliveries: &[Written<'_>]) -> usize {
    let (mut accounts, mut ids) = (BTreeSet::new(), BTreeSet::new());
    deliveries
        .iter()
        .take(TOGETHER)
        .take_while(|(delivery, _)| {
            let recommendation = &delivery.recommendation;
            accounts.insert(recommendation.account) && ids.insert(recommendation.id)
        })
        .count()
}

/// Those that are not there yet. The others are counted as delivered again.
async fn new_ones<'all>(
    connection: &mut AnyConnection,
    deliveries: &[Written<'all>],
    received_ms: i64,
) -> Result<Vec<Written<'all>>, CaseStoreError> {
    let id = |delivery: &Delivery| delivery.recommendation.id.to_hexadecimal();
    let mut select = Statement::new("SELECT id FROM recommendations WHERE id IN (");
    select.bind_list(deliveries.iter().map(|(one, _)| id(one)));
    let select = select.closed();
    let rows = select.query().fetch_all(&mut *connection).await?;
    if rows.is_empty() {
        return Ok(deliveries.to_vec());
    }
    let known: BTreeSet<String> = rows
        .iter()
        .map(|row| row.try_get("id"))
        .collect::<Result<_, sqlx::Error>>()?;
    let mut update = Statement::new(
        "UPDATE recommendations SET deliveries = deliveries + 1, last_received_ms = ",
    );
    update.bind(received_ms).push(" WHERE id IN (");
    update.bind_list(known.iter().map(String::as_str));
    update.closed().query().execute(&mut *connection).await?;
    Ok(deliveries
        .iter()
        .filter(|(delivery, _)| !known.contains(&id(delivery)))
        .copied()
        .collect())
}

/// Writes new ones, numbered from behind `last`.
async fn insert(
    connection: &mut AnyConnection,
    deliveries: &[Written<'_>],
    last: i64,
    received_ms: i64,
) -> Result<(), CaseStoreError> {
    let rows = (last + 1..)
        .zip(deliveries)
        .map(|(sequence, written)| row(*written, sequence, received_ms));
    insert_rows(
        connection,
        "INSERT INTO recommendations (intake_sequence, id, account, incarnation, platform, behaviour, mode, answer, score, \
         threshold_margin, is_simulated, at_ms, received_ms, deliveries, last_received_ms, recommendation, \
         sealed_identities) VALUES ",
        rows.collect(),
        "",
    )
    .await?;
    Ok(())
}

fn row((delivery, documents): Written<'_>, sequence: i64, received_ms: i64) -> Vec<Value> {
    let recommendation = &delivery.recommendation;
    vec![
        sequence.into(),
        recommendation.id.to_hexadecimal().into(),
        recommendation.account.to_hexadecimal().into(),
        i64::from(recommendation.incarnation).into(),
        recommendation.platform.as_str().into(),
        recommendation.behaviour.name().into(),
        recommendation.mode.name().into(),
        recommendation.answer.name().into(),
        recommendation.score.into(),
        recommendation.threshold.margin.into(),
        i64::from(recommendation.threshold.population.is_simulated()).into(),
        recommendation.at.0.into(),
        received_ms.into(),
        1.into(),
        received_ms.into(),
        documents.recommendation.as_str().into(),
        documents.sealed.as_str().into(),
    ]
}

/// Puts the detectors into the shadow whose rate is anomalous at their newest recommendation. Returns the entries for the
/// log.
async fn shadow_anomalous(
    write: &mut Write,
    newest: impl Iterator<Item = &Recommendation>,
    now_ms: i64,
) -> Result<Vec<Entry>, CaseStoreError> {
    let machine = Actor::machine();
    let mut entries = Vec::new();
    for recommendation in newest {
        let behaviour = recommendation.behaviour;
        let is_acted_on = recommendation.mode != Mode::Shadow;
        if is_acted_on
            && rates::has_anomaly(write.connection(), recommendation).await?
            && !detector_mode::is_settled(write.connection(), behaviour, now_ms).await?
        {
            let change = (behaviour, DetectorMode::Shadow, ModeReason::RateAnomaly);
            let change = detector_mode::note(write, change, &machine, now_ms).await?;
            tracing::warn!(
                behaviour = behaviour.name(),
                "this detector recommends far more than usual: it was put into the shadow; look at its page"
            );
            entries.push(detector_mode::entry(&change));
        }
    }
    Ok(entries)
}
