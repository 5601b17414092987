//! Archives of events as Parquet: a column for each field of schema 1, typed as the schema says, unknown as null.
//!
//! `sealwatch-lab archive` writes one from any files of events, in pieces, so that it may be larger than memory. Every other
//! command reads it as it reads NDJSON: each row becomes the event's line again, and goes through the live reader (law 4).

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use polars::prelude::*;
use sealwatch_core::event::{Edge, EventType, FIELD_NAMES, UnknownFields, read};
use sealwatch_core::time::Timestamp;
use sealwatch_core::wire::{Fields, Scalar};

use crate::replay::{World, open};

/// Events in a piece: a row group of the file.
const PIECE: usize = 200_000;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// A string.
    Text,
    /// A whole number; times are milliseconds since 1970.
    Whole,
    /// Any number.
    Number,
    /// A boolean.
    Flag,
}

/// The names of fields that are times.
const TIMES: [&str; 3] = ["at", "registered_at", "since"];

/// The type of each field of schema 1, by its index.
pub fn types(world: &World) -> Vec<Type> {
    let edge = Edge::new(&world.vocabulary, &world.pseudonymiser);
    let mut named: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for kind in EventType::ALL {
        for field in kind.definitions() {
            let schema = (field.schema)(&edge);
            let text = schema["type"].as_str().unwrap_or("string").to_owned();
            named.entry(field.name).or_default().insert(text);
        }
    }
    let of = |name: &&str| {
        if TIMES.contains(name) || *name == "schema" {
            return Type::Whole;
        }
        let kinds = named.get(name);
        let only = |kind: &str| kinds.is_some_and(|kinds| kinds.iter().all(|seen| seen == kind));
        match () {
            () if only("integer") => Type::Whole,
            () if only("number") => Type::Number,
            () if only("boolean") => Type::Flag,
            () => Type::Text,
        }
    };
    FIELD_NAMES.iter().map(of).collect()
}

/// A column that is being filled.
enum Filling {
    Text(Vec<Option<String>>),
    Whole(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
    Flag(Vec<Option<bool>>),
}

impl Filling {
    const fn new(of: Type) -> Self {
        match of {
            Type::Text => Self::Text(Vec::new()),
            Type::Whole => Self::Whole(Vec::new()),
            Type::Number => Self::Number(Vec::new()),
            Type::Flag => Self::Flag(Vec::new()),
        }
    }

    /// Appends a value. An error means that a value of the schema has no place in its column: a fault of ours.
    fn push(&mut self, name: &str, value: Option<&Scalar<'_>>) -> Result<()> {
        match (self, value) {
            (Self::Text(column), None) => column.push(None),
            (Self::Whole(column), None) => column.push(None),
            (Self::Number(column), None) => column.push(None),
            (Self::Flag(column), None) => column.push(None),
            (Self::Text(column), Some(Scalar::Text(text))) => column.push(Some(text.to_string())),
            (Self::Whole(column), Some(Scalar::Unsigned(value))) => {
                column.push(Some(i64::try_from(*value)?));
            }
            (Self::Whole(column), Some(Scalar::Number(value))) => column.push(Some(*value as i64)),
            (Self::Whole(column), Some(Scalar::Text(text))) => {
                let time = Timestamp::parse(text).context("a time of the schema cannot be read")?;
                column.push(Some(time.0));
            }
            (Self::Number(column), Some(Scalar::Unsigned(value))) => {
                column.push(Some(*value as f64));
            }
            (Self::Number(column), Some(Scalar::Number(value))) => column.push(Some(*value)),
            (Self::Flag(column), Some(Scalar::Boolean(value))) => column.push(Some(*value)),
            _ => bail!(
                "`{name}` has a value that does not fit its column; this is a fault of the program"
            ),
        }
        Ok(())
    }

    fn into_column(self, name: &str) -> Column {
        match self {
            Self::Text(values) => Column::new(name.into(), values),
            Self::Whole(values) => Column::new(name.into(), values),
            Self::Number(values) => Column::new(name.into(), values),
            Self::Flag(values) => Column::new(name.into(), values),
        }
    }
}

/// A piece of an archive that is being filled.
struct Piece {
    columns: Vec<Filling>,
    rows: usize,
}

impl Piece {
    fn new(types: &[Type]) -> Self {
        Self {
            columns: types.iter().map(|of| Filling::new(*of)).collect(),
            rows: 0,
        }
    }

    fn push(&mut self, fields: &Fields<'_>) -> Result<()> {
        for (index, column) in self.columns.iter_mut().enumerate() {
            column.push(FIELD_NAMES[index], fields.get(index as u8))?;
        }
        self.rows += 1;
        Ok(())
    }

    fn into_frame(self) -> Result<DataFrame> {
        let columns = self.columns.into_iter().zip(FIELD_NAMES);
        let columns = columns.map(|(column, name)| column.into_column(name));
        Ok(DataFrame::new(self.rows, columns.collect())?)
    }
}

/// Writes files of events as one Parquet file. Returns how many events were written.
///
/// # Errors
/// A file cannot be read or written, or a record is no event of schema 1.
pub fn write(paths: &[PathBuf], out: &Path, world: &World) -> Result<u64> {
    let edge = Edge::new(&world.vocabulary, &world.pseudonymiser);
    let types = types(world);
    let file = Context::with_context(File::create(out), || {
        format!("cannot write {}", out.display())
    })?;
    let schema = Piece::new(&types).into_frame()?.schema().as_ref().clone();
    let mut writer = ParquetWriter::new(file).batched(&schema)?;
    let mut count = 0;
    for path in paths {
        let mut reader = open(path)?;
        let mut piece = Piece::new(&types);
        let mut line = Vec::new();
        let mut number = 0_u64;
        while {
            line.clear();
            reader.read_until(b'\n', &mut line)? > 0
        } {
            number += 1;
            let fields = Fields::parse(&line);
            let Some(fields) = fields
                .ok()
                .filter(|fields| read(fields, &edge, UnknownFields::Strip).is_ok())
            else {
                bail!("{} line {number} is no event of schema 1", path.display())
            };
            piece.push(&fields)?;
            if piece.rows == PIECE {
                writer.write_batch(
                    &std::mem::replace(&mut piece, Piece::new(&types)).into_frame()?,
                )?;
            }
        }
        if piece.rows > 0 {
            writer.write_batch(&piece.into_frame()?)?;
        }
        count += number;
    }
    writer.finish()?;
    Ok(count)
}
