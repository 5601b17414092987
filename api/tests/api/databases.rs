//! The same test on both databases.

use sealwatch_api::cases::ReviewSettings;
use sealwatch_api::{CaseStore, Location};

use crate::common::{file, random};
use crate::postgres;

/// An empty case store of each kind. The folder goes when the value does.
pub struct Stores {
    _folder: tempfile::TempDir,
    pub locations: [(&'static str, Location); 2],
    /// Their addresses, for tests that look beside the store.
    pub urls: [String; 2],
}

impl Stores {
    /// Empty databases.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let postgres = postgres::database();
        let path = folder.path().join("cases.sqlite");
        let urls = [format!("sqlite://{}", path.display()), postgres.clone()];
        let locations = [
            ("SQLite", file(folder.path())),
            ("PostgreSQL", Location::postgres(&postgres).unwrap()),
        ];
        Self {
            _folder: folder,
            locations,
            urls,
        }
    }
}

/// Opens a store.
pub async fn open(location: &Location, review: ReviewSettings) -> CaseStore {
    CaseStore::open(location, review, random()).await.unwrap()
}
