//! A table of accounts as numbers: a column for each feature, a label for each account.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use polars::prelude::*;

use super::read::{self, ReadError};

/// Values of a categorical column up to which each value becomes a column of its own (zero or one); with more, the column
/// becomes the place of the value in the sorted list of values.
const MOST_INDICATORS: usize = 8;

/// Named columns of numbers of one length; not a number is unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    /// Names.
    pub names: Vec<String>,
    /// Values, by column.
    pub values: Vec<Vec<f32>>,
}

impl Columns {
    /// Adds a column.
    pub fn push(&mut self, name: String, values: Vec<f32>) {
        self.names.push(name);
        self.values.push(values);
    }

    /// Adds all columns of another set.
    pub fn extend(&mut self, other: Self) {
        self.names.extend(other.names);
        self.values.extend(other.values);
    }

    /// How many columns there are.
    pub const fn width(&self) -> usize {
        self.names.len()
    }

    /// The values of these rows, one row after another.
    pub fn rows(&self, rows: &[usize]) -> Vec<f32> {
        let mut flat = Vec::with_capacity(rows.len() * self.width());
        for row in rows {
            flat.extend(self.values.iter().map(|column| column[*row]));
        }
        flat
    }
}

/// Which columns are what.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// The label column.
    pub label: String,
    /// The label that counts as positive.
    pub positive: String,
    /// The column of account ids; without it, the rows' numbers from zero.
    pub id: Option<String>,
    /// Columns that are no features.
    pub drop: Vec<String>,
}

/// Accounts with features and labels.
#[derive(Debug, Clone)]
pub struct Table {
    /// Accounts, by row.
    pub ids: Vec<String>,
    /// Features.
    pub features: Columns,
    /// Whether an account is positive.
    pub labels: Vec<bool>,
    /// The table as it was read.
    pub frame: DataFrame,
}

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// The file is absent or no table, a column is absent, labels are missing or of one class, or an account comes twice.
    pub fn read(path: &Path, layout: &Layout) -> Result<Self, ReadError> {
        let frame = read::frame(path)?;
        Self::from_frame(frame, path, layout)
    }

    /// Makes a table of a frame; `path` is for messages.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn from_frame(frame: DataFrame, path: &Path, layout: &Layout) -> Result<Self, ReadError> {
        let labels = labels(&frame, path, layout)?;
        let ids = match &layout.id {
            Some(column) => ids(&frame, path, column)?,
            None => (0..labels.len()).map(|row| row.to_string()).collect(),
        };
        for column in &layout.drop {
            read::texts(&frame, path, column)?;
        }
        let no_features: BTreeSet<&str> = layout
            .drop
            .iter()
            .chain(&layout.id)
            .chain([&layout.label])
            .map(String::as_str)
            .collect();
        let mut features = Columns::default();
        for name in read::names(&frame) {
            if !no_features.contains(name.as_str()) {
                features.extend(numbers(&frame, path, &name)?);
            }
        }
        Ok(Self {
            ids,
            features,
            labels,
            frame,
        })
    }

    /// The row of each account.
    pub fn places(&self) -> BTreeMap<&str, u32> {
        let places = self.ids.iter().zip(0_u32..);
        places.map(|(id, row)| (id.as_str(), row)).collect()
    }
}

fn labels(frame: &DataFrame, path: &Path, layout: &Layout) -> Result<Vec<bool>, ReadError> {
    let mut labels = Vec::with_capacity(frame.height());
    for (row, text) in read::texts(frame, path, &layout.label)?
        .into_iter()
        .enumerate()
    {
        let Some(text) = text else {
            return Err(ReadError::Unlabelled {
                path: path.to_owned(),
                row: row + 1,
                column: layout.label.clone(),
            });
        };
        labels.push(text == layout.positive);
    }
    let positives = labels.iter().filter(|label| **label).count();
    if positives == 0 || positives == labels.len() {
        return Err(ReadError::OneClass {
            path: path.to_owned(),
            column: layout.label.clone(),
            positive: layout.positive.clone(),
            positives,
            rows: labels.len(),
        });
    }
    Ok(labels)
}

fn ids(frame: &DataFrame, path: &Path, column: &str) -> Result<Vec<String>, ReadError> {
    let mut seen = BTreeSet::new();
    let mut ids = Vec::with_capacity(frame.height());
    for id in read::texts(frame, path, column)? {
        let id = id.unwrap_or_default();
        if !seen.insert(id.clone()) {
            return Err(ReadError::Twice {
                path: path.to_owned(),
                id,
            });
        }
        ids.push(id);
    }
    Ok(ids)
}

/// A column as features: numbers stay numbers, categories become indicators or places.
fn numbers(frame: &DataFrame, path: &Path, name: &str) -> Result<Columns, ReadError> {
    let at_format = |source| ReadError::Format {
        path: path.to_owned(),
        source,
    };
    let column = frame.column(name).map_err(at_format)?;
    let mut features = Columns::default();
    if column.dtype().is_primitive_numeric() || *column.dtype() == DataType::Boolean {
        let cast = column.cast(&DataType::Float64).map_err(at_format)?;
        let values = cast.f64().map_err(at_format)?;
        // An infinite value is no measurement: it is unknown.
        let known = |value: Option<f64>| value.map(|value| value as f32).filter(|v| v.is_finite());
        let values = values.iter().map(|value| known(value).unwrap_or(f32::NAN));
        features.push(name.to_owned(), values.collect());
        return Ok(features);
    }
    let texts = read::texts(frame, path, name)?;
    let categories: BTreeSet<&str> = texts.iter().flatten().map(String::as_str).collect();
    let categories: Vec<&str> = categories.into_iter().collect();
    let place = |text: &Option<String>| {
        text.as_ref()
            .and_then(|text| categories.binary_search(&text.as_str()).ok())
    };
    let places: Vec<Option<usize>> = texts.iter().map(place).collect();
    if categories.len() > MOST_INDICATORS {
        let codes = places
            .iter()
            .map(|place| place.map_or(f32::NAN, |place| place as f32));
        features.push(name.to_owned(), codes.collect());
        return Ok(features);
    }
    for (number, category) in categories.iter().enumerate() {
        let is_it = places
            .iter()
            .map(|place| place.map_or(f32::NAN, |place| f32::from(u8::from(place == number))));
        features.push(format!("{name}={category}"), is_it.collect());
    }
    Ok(features)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.csv");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn layout() -> Layout {
        Layout {
            label: "banned".into(),
            positive: "1".into(),
            id: Some("id".into()),
            drop: vec!["note".into()],
        }
    }

    #[test]
    fn numbers_categories_and_missing_values_become_columns() {
        let text = "id,rate,school,note,banned\n7,0.5,high,x,1\n8,,none,y,0\n9,2,high,z,0\n";
        let (_folder, path) = written(text);
        let table = Table::read(&path, &layout()).unwrap();
        assert_eq!(table.ids, ["7", "8", "9"]);
        assert_eq!(table.labels, [true, false, false]);
        assert_eq!(table.features.names, ["rate", "school=high", "school=none"]);
        assert_eq!(table.features.values[0][0], 0.5);
        assert!(table.features.values[0][1].is_nan());
        assert_eq!(table.features.values[1], [1.0, 0.0, 1.0]);
        assert_eq!(table.features.rows(&[2, 0]), [2.0, 1.0, 0.0, 0.5, 1.0, 0.0]);
    }

    #[test]
    fn a_gzipped_table_and_a_parquet_table_are_the_same_table() {
        let text = "id,rate,note,banned\n7,0.5,x,1\n8,1.5,y,0\n";
        let (folder, path) = written(text);
        let plain = Table::read(&path, &layout()).unwrap();
        let packed = folder.path().join("accounts.csv.gz");
        let mut encoder = flate2::write::GzEncoder::new(
            std::fs::File::create(&packed).unwrap(),
            flate2::Compression::default(),
        );
        std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
        encoder.finish().unwrap();
        let parquet = folder.path().join("accounts.parquet");
        let file = std::fs::File::create(&parquet).unwrap();
        ParquetWriter::new(file)
            .finish(&mut plain.frame.clone())
            .unwrap();
        for other in [packed, parquet] {
            let other = Table::read(&other, &layout()).unwrap();
            assert_eq!(other.features, plain.features);
            assert_eq!(
                (other.ids, other.labels),
                (plain.ids.clone(), plain.labels.clone())
            );
        }
    }

    #[test]
    fn what_is_wrong_with_a_table_is_said() {
        let refused = |text: &str| {
            let (_folder, path) = written(text);
            Table::read(&path, &layout()).unwrap_err().to_string()
        };
        assert!(refused("id,note,label\n1,x,1\n").contains("no column \"banned\""));
        assert!(refused("id,note,banned\n1,x,1\n2,x,\n").contains("row 2: no value"));
        assert!(refused("id,note,banned\n1,x,1\n1,x,0\n").contains("more than one row"));
        assert!(refused("id,note,banned\n1,x,yes\n2,x,no\n").contains("--positive"));
        let absent = Table::read(Path::new("absent.csv"), &layout()).unwrap_err();
        assert!(absent.to_string().contains("cannot read absent.csv"));
    }
}
