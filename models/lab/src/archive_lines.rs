//! Reads a Parquet archive as lines of NDJSON, a piece at a time.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use polars::prelude::*;
use sealwatch_core::event::FIELD_NAMES;

/// Rows read at a time.
const PIECE: u32 = 100_000;

/// The events of an archive as bytes of NDJSON.
pub struct Lines {
    path: PathBuf,
    next: i64,
    rows: i64,
    buffer: Vec<u8>,
    taken: usize,
}

/// A lazy view of a Parquet file.
///
/// # Errors
/// It cannot be read.
pub fn scan(path: &Path) -> Result<LazyFrame> {
    let text = path.to_string_lossy();
    LazyFrame::scan_parquet(PlRefPath::new(&*text), ScanArgsParquet::default())
        .map_err(|error| anyhow::anyhow!("cannot read {}: {error}", path.display()))
}

impl Lines {
    /// Opens an archive.
    ///
    /// # Errors
    /// It cannot be read, or holds columns that schema 1 does not have.
    pub fn open(path: &Path) -> Result<Self> {
        let read = |error: PolarsError| anyhow::anyhow!("cannot read {}: {error}", path.display());
        let mut frame = scan(path)?;
        let schema = frame.collect_schema().map_err(read)?;
        // Names are not repeated: they are as foreign as values.
        let foreign = schema
            .iter_names()
            .filter(|name| !FIELD_NAMES.contains(&name.as_str()))
            .count();
        if foreign > 0 {
            bail!(
                "{} has {foreign} columns that schema 1 does not have; it is no archive of `sealwatch-lab archive`",
                path.display()
            );
        }
        let counted = frame.select([len()]).collect().map_err(read)?;
        let rows = counted
            .columns()
            .first()
            .and_then(|column| column.get(0).ok())
            .and_then(|value| value.try_extract::<i64>().ok())
            .context("an archive without a number of rows")?;
        Ok(Self {
            path: path.to_path_buf(),
            next: 0,
            rows,
            buffer: Vec::new(),
            taken: 0,
        })
    }

    /// Reads the next piece into the buffer.
    fn fill(&mut self) -> Result<()> {
        let frame = scan(&self.path)?.slice(self.next, PIECE).collect()?;
        self.next += i64::from(PIECE);
        self.buffer.clear();
        self.taken = 0;
        let columns: Vec<(&str, Values<'_>)> = frame
            .columns()
            .iter()
            .map(|column| Ok((column.name().as_str(), Values::of(column)?)))
            .collect::<Result<_>>()?;
        for row in 0..frame.height() {
            let mut separator = b'{';
            for (name, values) in &columns {
                let start = self.buffer.len();
                self.buffer.push(separator);
                self.buffer.push(b'"');
                self.buffer.extend_from_slice(name.as_bytes());
                self.buffer.extend_from_slice(b"\":");
                if values.put(row, &mut self.buffer)? {
                    separator = b',';
                } else {
                    self.buffer.truncate(start);
                }
            }
            self.buffer.extend_from_slice(b"}\n");
        }
        Ok(())
    }
}

/// A column's values.
enum Values<'frame> {
    Text(&'frame StringChunked),
    Whole(&'frame Int64Chunked),
    Number(&'frame Float64Chunked),
    Flag(&'frame BooleanChunked),
}

impl<'frame> Values<'frame> {
    fn of(column: &'frame Column) -> Result<Self> {
        let series = column.as_materialized_series();
        Ok(match column.dtype() {
            DataType::String => Self::Text(series.str()?),
            DataType::Int64 => Self::Whole(series.i64()?),
            DataType::Float64 => Self::Number(series.f64()?),
            DataType::Boolean => Self::Flag(series.bool()?),
            other => bail!(
                "column `{}` has type {other}; archives hold strings, 64-bit numbers and booleans",
                column.name()
            ),
        })
    }

    /// Appends a value as JSON. Returns whether there is one.
    fn put(&self, row: usize, out: &mut Vec<u8>) -> Result<bool> {
        match self {
            Self::Text(values) => values
                .get(row)
                .map(|value| serde_json::to_writer(out, value)),
            Self::Whole(values) => values
                .get(row)
                .map(|value| serde_json::to_writer(out, &value)),
            Self::Number(values) => values
                .get(row)
                .map(|value| serde_json::to_writer(out, &value)),
            Self::Flag(values) => values
                .get(row)
                .map(|value| serde_json::to_writer(out, &value)),
        }
        .transpose()
        .map(|written| written.is_some())
        .map_err(Into::into)
    }
}

impl Read for Lines {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.buffer.len() {
            if self.next >= self.rows {
                return Ok(0);
            }
            self.fill().map_err(io::Error::other)?;
        }
        let count = out.len().min(self.buffer.len() - self.taken);
        out[..count].copy_from_slice(&self.buffer[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}
