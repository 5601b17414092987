//! Reading tables: CSV, gzipped CSV (`.gz`), Parquet.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use polars::prelude::*;

/// Why a table was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is absent or unreadable.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a table.
    #[error("{path} is not a table (CSV with a header, CSV in gzip, or Parquet): {source}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        source: PolarsError,
    },
    /// A column that the file does not have.
    #[error("{path} has no column {column:?}; its columns are {present}")]
    Column {
        /// The file.
        path: PathBuf,
        /// The column that was asked for.
        column: String,
        /// The columns that it has.
        present: String,
    },
    /// A label without a value.
    #[error("{path}, row {row}: no value in the label column {column:?}; drop the row or label it")]
    Unlabelled {
        /// The file.
        path: PathBuf,
        /// Row, counted from one, without the header.
        row: usize,
        /// The label column.
        column: String,
    },
    /// Only one class.
    #[error(
        "{path}: {positives} of {rows} rows have {positive:?} in column {column:?}; both classes are needed, so see --positive"
    )]
    OneClass {
        /// The file.
        path: PathBuf,
        /// The label column.
        column: String,
        /// The value that counts as positive.
        positive: String,
        /// Rows with it.
        positives: usize,
        /// Rows.
        rows: usize,
    },
    /// Two rows of one account.
    #[error("{path}: account {id:?} has more than one row; a table has one row for each account")]
    Twice {
        /// The file.
        path: PathBuf,
        /// The account.
        id: String,
    },
    /// An edge table of another shape.
    #[error("{path} has {found} columns; a file of edges has the columns source and target")]
    Edges {
        /// The file.
        path: PathBuf,
        /// Columns found.
        found: usize,
    },
}

/// Reads a whole table.
///
/// # Errors
/// The file is absent, or no table.
pub fn frame(path: &Path) -> Result<DataFrame, ReadError> {
    let at_file = |source| ReadError::File {
        path: path.to_owned(),
        source,
    };
    let at_format = |source| ReadError::Format {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(at_file)?;
    let ends_with = |ending: &str| {
        path.extension()
            .is_some_and(|found| found.eq_ignore_ascii_case(ending))
    };
    if ends_with("parquet") {
        return ParquetReader::new(Cursor::new(bytes))
            .finish()
            .map_err(at_format);
    }
    if ends_with("gz") {
        let mut text = Vec::new();
        MultiGzDecoder::new(bytes.as_slice())
            .read_to_end(&mut text)
            .map_err(at_file)?;
        bytes = text;
    }
    // The whole file decides a column's type: a text in its last row makes it a column of text.
    CsvReadOptions::default()
        .with_infer_schema_length(None)
        .into_reader_with_file_handle(Cursor::new(bytes))
        .finish()
        .map_err(at_format)
}

/// A column's values as text; none where there is no value.
///
/// # Errors
/// There is no such column.
pub fn texts(
    frame: &DataFrame,
    path: &Path,
    column: &str,
) -> Result<Vec<Option<String>>, ReadError> {
    let absent = |_| ReadError::Column {
        path: path.to_owned(),
        column: column.to_owned(),
        present: names(frame).join(", "),
    };
    let found = frame.column(column).map_err(absent)?;
    let at_format = |source| ReadError::Format {
        path: path.to_owned(),
        source,
    };
    let found = found.cast(&DataType::String).map_err(at_format)?;
    let found = found.str().map_err(at_format)?;
    Ok(found.iter().map(|text| text.map(str::to_owned)).collect())
}

/// The names of a frame's columns.
pub fn names(frame: &DataFrame) -> Vec<String> {
    frame
        .get_column_names()
        .iter()
        .map(ToString::to_string)
        .collect()
}
