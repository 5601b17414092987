//! Which of some accounts there are recommendations about.

use std::collections::BTreeSet;

use sealwatch_core::identifier::Pseudonym;
use sqlx::Row as _;

use crate::database::Database;
use crate::statement::Statement;
use crate::store::CaseStoreError;

/// Accounts asked for at a time.
const MOST: usize = 200;

/// Those of these accounts (the first 200) about which there are recommendations. Those for the referral side are not told.
pub(super) async fn known(
    database: &Database,
    accounts: &BTreeSet<Pseudonym>,
) -> Result<BTreeSet<Pseudonym>, CaseStoreError> {
    if accounts.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut query = Statement::new(
        "SELECT DISTINCT account FROM recommendations WHERE answer <> 'refer' AND account IN (",
    );
    for (index, account) in accounts.iter().take(MOST).enumerate() {
        if index > 0 {
            query.push(", ");
        }
        query.bind(account.to_hexadecimal());
    }
    query.push(")");
    let rows = query.query().fetch_all(database.pool()).await?;
    rows.iter()
        .map(|row| {
            let account: String = row.try_get("account")?;
            Pseudonym::parse(&account).ok_or(CaseStoreError::Damaged)
        })
        .collect()
}
