//! Which accounts train, which tune, which are measured.

use std::path::{Path, PathBuf};

use super::read::{self, ReadError};
use super::table::Table;

/// One split: rows of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Its name.
    pub name: String,
    /// Rows to learn from.
    pub training: Vec<usize>,
    /// Rows to choose settings and thresholds on.
    pub validation: Vec<usize>,
    /// Rows to measure on, once.
    pub test: Vec<usize>,
}

/// Why there is no split.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A part that is none.
    #[error(
        "{path}, column {column:?}: {found:?} is none of train, val (validation, valid) and test"
    )]
    Part {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// What was found.
        found: String,
    },
    /// The file lacks an account of the table.
    #[error("{path} says nothing of account {id:?}, which the table has")]
    Absent {
        /// The file.
        path: PathBuf,
        /// The account.
        id: String,
    },
    /// A split without training or test rows.
    #[error("split {name:?} has {training} training and {test} test rows; both are needed")]
    Empty {
        /// The split.
        name: String,
        /// Training rows.
        training: usize,
        /// Test rows.
        test: usize,
    },
    /// Shares that are none.
    #[error(
        "shares {training}/{validation} are no shares: both above 0, together below 1 (the rest is the test)"
    )]
    Shares {
        /// Of the training.
        training: String,
        /// Of the validation.
        validation: String,
    },
}

/// Reads a file of splits: its first column has the accounts, each other column is one split (train, val, test).
///
/// # Errors
/// The file is absent, lacks an account, or has another word.
pub fn of_file(path: &Path, table: &Table) -> Result<Vec<Split>, SplitError> {
    let frame = read::frame(path)?;
    let names = read::names(&frame);
    let Some((id, columns)) = names.split_first() else {
        return Ok(Vec::new());
    };
    let places = table.places();
    let mut places_of = Vec::with_capacity(frame.height());
    let mut is_found = vec![false; table.ids.len()];
    for id in read::texts(&frame, path, id)? {
        let place = places.get(id.as_deref().unwrap_or_default()).copied();
        if let Some(place) = place {
            is_found[place as usize] = true;
        }
        places_of.push(place);
    }
    if let Some(row) = is_found.iter().position(|found| !found) {
        return Err(SplitError::Absent {
            path: path.to_owned(),
            id: table.ids[row].clone(),
        });
    }
    let mut splits = Vec::new();
    for column in columns {
        let parts = read::texts(&frame, path, column)?;
        let rows = parts
            .into_iter()
            .zip(&places_of)
            .filter_map(|(part, place)| Some(((*place)? as usize, part)));
        splits.push(of_parts(rows, path, column)?);
    }
    Ok(splits)
}

/// The split that a column of the table itself gives.
///
/// # Errors
/// The column is absent, or has another word.
pub fn of_column(path: &Path, table: &Table, column: &str) -> Result<Split, SplitError> {
    let parts = read::texts(&table.frame, path, column)?;
    of_parts(parts.into_iter().enumerate(), path, column)
}

fn of_parts(
    parts: impl Iterator<Item = (usize, Option<String>)>,
    path: &Path,
    column: &str,
) -> Result<Split, SplitError> {
    let mut split = Split {
        name: column.to_owned(),
        training: Vec::new(),
        validation: Vec::new(),
        test: Vec::new(),
    };
    for (row, part) in parts {
        match part.as_deref().unwrap_or_default() {
            "train" | "training" => split.training.push(row),
            "val" | "valid" | "validation" => split.validation.push(row),
            "test" => split.test.push(row),
            found => {
                return Err(SplitError::Part {
                    path: path.to_owned(),
                    column: column.to_owned(),
                    found: found.to_owned(),
                });
            }
        }
    }
    split.training.sort_unstable();
    split.validation.sort_unstable();
    split.test.sort_unstable();
    checked(split)
}

fn checked(split: Split) -> Result<Split, SplitError> {
    if split.training.is_empty() || split.test.is_empty() {
        return Err(SplitError::Empty {
            name: split.name,
            training: split.training.len(),
            test: split.test.len(),
        });
    }
    Ok(split)
}

/// A split by chance with these shares in each class (the rest is the test), from a seed alone.
///
/// # Errors
/// The shares leave a part empty.
pub fn stratified(
    labels: &[bool],
    training: f64,
    validation: f64,
    seed: u64,
) -> Result<Split, SplitError> {
    if training <= 0.0 || validation <= 0.0 || training + validation >= 1.0 {
        return Err(SplitError::Shares {
            training: training.to_string(),
            validation: validation.to_string(),
        });
    }
    let mut split = Split {
        name: format!("seed {seed}"),
        training: Vec::new(),
        validation: Vec::new(),
        test: Vec::new(),
    };
    for class in [false, true] {
        let rows = shuffled((0..labels.len()).filter(|row| labels[*row] == class), seed);
        let count = rows.len() as f64;
        let first = (training * count).round() as usize;
        let second = ((training + validation) * count).round() as usize;
        split.training.extend(&rows[..first]);
        split.validation.extend(&rows[first..second]);
        split.test.extend(&rows[second..]);
    }
    split.training.sort_unstable();
    split.validation.sort_unstable();
    split.test.sort_unstable();
    checked(split)
}

/// Parts of equal size for cross-validation, stratified: the part of each of `rows`.
pub fn folds(rows: &[usize], labels: &[bool], count: usize, seed: u64) -> Vec<usize> {
    let mut parts = vec![0; rows.len()];
    let mut next = 0;
    for class in [false, true] {
        let places = (0..rows.len()).filter(|place| labels[rows[*place]] == class);
        for place in shuffled(places, seed) {
            parts[place] = next % count;
            next += 1;
        }
    }
    parts
}

/// Sorted by a keyed hash: the same for a seed on every machine.
fn shuffled(rows: impl Iterator<Item = usize>, seed: u64) -> Vec<usize> {
    let mut keyed: Vec<([u8; 32], usize)> = rows
        .map(|row| {
            let mut hasher = blake3::Hasher::new_derive_key("sealwatch 2026 account table split");
            hasher.update(&seed.to_le_bytes());
            hasher.update(&(row as u64).to_le_bytes());
            (*hasher.finalize().as_bytes(), row)
        })
        .collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_hold_in_each_class_and_every_row_is_in_one_part() {
        let labels: Vec<bool> = (0..1_000).map(|row| row % 5 == 0).collect();
        let split = stratified(&labels, 0.2, 0.2, 3).unwrap();
        let positives = |rows: &[usize]| rows.iter().filter(|row| labels[**row]).count();
        assert_eq!(
            (
                split.training.len(),
                split.validation.len(),
                split.test.len()
            ),
            (200, 200, 600)
        );
        assert_eq!(
            (positives(&split.training), positives(&split.test)),
            (40, 120)
        );
        let mut all = [
            split.training.clone(),
            split.validation.clone(),
            split.test.clone(),
        ]
        .concat();
        all.sort_unstable();
        assert_eq!(all, (0..1_000).collect::<Vec<_>>());
        assert_eq!(stratified(&labels, 0.2, 0.2, 3).unwrap(), split);
        assert_ne!(
            stratified(&labels, 0.2, 0.2, 4).unwrap().training,
            split.training
        );
        assert!(stratified(&labels, 0.9, 0.2, 3).is_err());
    }

    #[test]
    fn folds_have_equal_shares_of_both_classes() {
        let labels: Vec<bool> = (0..100).map(|row| row % 4 == 0).collect();
        let rows: Vec<usize> = (0..80).collect();
        let parts = folds(&rows, &labels, 5, 1);
        for part in 0..5 {
            let inside: Vec<usize> = (0..80).filter(|place| parts[*place] == part).collect();
            assert_eq!(inside.len(), 16);
            assert_eq!(inside.iter().filter(|place| labels[**place]).count(), 4);
        }
    }

    #[test]
    fn a_file_of_splits_must_name_every_account_and_only_known_parts() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = folder.path().join("accounts.csv");
        std::fs::write(&accounts, "id,x,label\n5,1,1\n6,2,0\n7,3,0\n").unwrap();
        let layout = super::super::table::Layout {
            label: "label".into(),
            positive: "1".into(),
            id: Some("id".into()),
            drop: vec![],
        };
        let table = Table::read(&accounts, &layout).unwrap();
        let path = folder.path().join("splits.csv");
        std::fs::write(&path, "id,a,b\n7,train,test\n5,test,train\n6,val,val\n").unwrap();
        let splits = of_file(&path, &table).unwrap();
        assert_eq!(splits.len(), 2);
        assert_eq!(splits[0].training, [2]);
        assert_eq!(
            (
                splits[1].training.as_slice(),
                splits[1].validation.as_slice()
            ),
            (&[0][..], &[1][..])
        );
        std::fs::write(&path, "id,a\n7,train\n5,test\n").unwrap();
        assert!(
            of_file(&path, &table)
                .unwrap_err()
                .to_string()
                .contains("account \"6\"")
        );
        std::fs::write(&path, "id,a\n7,train\n5,test\n6,holdout\n").unwrap();
        assert!(
            of_file(&path, &table)
                .unwrap_err()
                .to_string()
                .contains("holdout")
        );
    }
}
