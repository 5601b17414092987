use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use tempfile::TempDir;

use super::super::{Body, DEFAULT_MAXIMUM_RECORD_LENGTH};
use super::*;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(text: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(text, 3).unwrap()
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn list(folder: &TempDir) -> Files {
    Files::list(&[folder.path().to_owned()], DEFAULT_MAXIMUM_RECORD_LENGTH).unwrap()
}

/// `partition/offset text` or `partition/offset !defect`, for each record, read in batches of `limit`.
fn read(files: &mut Files, limit: usize) -> Result<Vec<String>, SourceError> {
    let (mut batch, mut records) = (Batch::new(), Vec::new());
    loop {
        batch.clear();
        let progress = files.fill(&mut batch, limit, Duration::ZERO)?;
        assert!(batch.len() <= limit);
        for record in batch.iter() {
            let place = format!("{}/{}", record.partition, record.offset);
            records.push(match record.body {
                Body::Bytes(bytes) => format!("{place} {}", String::from_utf8_lossy(bytes)),
                Body::Defect { defect, .. } => format!("{place} !{}", defect.name()),
                _ => panic!("a line is bytes or a defect"),
            });
        }
        if progress == Progress::End {
            return Ok(records);
        }
    }
}

fn numbered(count: usize) -> Vec<u8> {
    (0..count)
        .flat_map(|number| format!("{{\"n\":{number}}}\n").into_bytes())
        .collect()
}

#[test]
fn a_folder_is_read_in_the_order_of_its_names_plain_and_compressed() {
    let folder = folder(&[
        ("c.ndjson", b"{3}\n"),
        ("a.jsonl.gz", &gzip(b"{1}\n{11}\n")),
        ("b/z.ndjson.zst", &zstandard(b"{2}\n")),
        ("b/.hidden.ndjson", b"{no}\n"),
        (".git/x.ndjson", b"{no}\n"),
        ("notes.txt", b"{no}\n"),
    ]);
    let records = read(&mut list(&folder), 2).unwrap();
    assert_eq!(records, ["0/0 {1}", "0/1 {11}", "1/0 {2}", "2/0 {3}"]);
}

#[test]
fn a_named_file_is_read_whatever_its_name_and_in_the_order_given() {
    let folder = folder(&[("b", b"{1}\n"), ("a.txt", b"{2}\n")]);
    let paths = [folder.path().join("b"), folder.path().join("a.txt")];
    let records = read(&mut Files::list(&paths, 100).unwrap(), 10).unwrap();
    assert_eq!(records, ["0/0 {1}", "1/0 {2}"]);
}

#[test]
fn missing_paths_and_folders_without_events_are_errors() {
    let folder = folder(&[("notes.txt", b"")]);
    let paths = |path: PathBuf| Files::list(&[path], 100);
    assert!(matches!(
        paths(folder.path().to_owned()),
        Err(SourceError::NoInputs { .. })
    ));
    assert!(matches!(
        paths(folder.path().join("missing")),
        Err(SourceError::Read { .. })
    ));
}

#[test]
fn every_kind_of_bad_line_is_one_record() {
    let long = "x".repeat(200);
    let text = format!("\u{feff}{{1}}\n\n{long}\n{{4}}\n{{5");
    let folder = folder(&[("a.ndjson", text.as_bytes()), ("b.ndjson", b"{1}")]);
    let mut files = Files::list(&[folder.path().to_owned()], 100).unwrap();
    let records = read(&mut files, 2).unwrap();
    assert_eq!(
        records,
        [
            "0/0 {1}",
            "0/1 !blank_line",
            "0/2 !over_long",
            "0/3 {4}",
            "0/4 !torn_line",
            "1/0 {1}"
        ]
    );
}

#[test]
fn a_stream_cut_off_gives_its_lines_then_one_defect_then_the_next_file() {
    let text = numbered(50_000);
    for (name, whole) in [
        ("a.ndjson.gz", gzip(&text)),
        ("a.ndjson.zst", zstandard(&text)),
    ] {
        let folder = folder(&[(name, &whole[..whole.len() / 2]), ("b.ndjson", b"{}\n")]);
        let records = read(&mut list(&folder), 1000).unwrap();
        let defects: Vec<usize> = (0..records.len())
            .filter(|index| records[*index].contains('!'))
            .collect();
        assert!(
            records.len() > 10_000,
            "the lines before the break come: {}",
            records.len()
        );
        assert_eq!(defects, [records.len() - 2]);
        assert_eq!(
            records[records.len() - 2],
            format!("0/{} !broken_compression", records.len() - 2)
        );
        assert_eq!(records[records.len() - 1], "1/0 {}");
        let lines = (0..records.len() - 2).map(|number| format!("0/{number} {{\"n\":{number}}}"));
        assert!(
            lines.eq(records[..records.len() - 2].iter().cloned()),
            "no line is half or missing"
        );
    }
}

#[test]
fn a_flipped_byte_in_a_stream_is_one_defect_and_a_seek_past_it_finds_the_next_file() {
    let text = numbered(50_000);
    for (name, mut whole) in [
        ("a.ndjson.gz", gzip(&text)),
        ("a.ndjson.zst", zstandard(&text)),
    ] {
        let middle = whole.len() / 2;
        whole[middle] ^= 0x55;
        whole[middle + 1] ^= 0x55;
        let folder = folder(&[(name, &whole), ("b.ndjson", b"{}\n")]);
        let records = read(&mut list(&folder), 1000).unwrap();
        let defects = records
            .iter()
            .filter(|record| record.ends_with("!broken_compression"))
            .count();
        assert_eq!(
            (defects, records.last().map(String::as_str)),
            (1, Some("1/0 {}")),
            "{name}"
        );
        for offset in [records.len() as u64 - 2, records.len() as u64 - 1] {
            let mut files = list(&folder);
            files.seek(&[(0, offset)]).unwrap();
            assert_eq!(
                read(&mut files, 7).unwrap(),
                records[offset as usize..],
                "{name}"
            );
        }
    }
}

#[test]
fn what_is_no_compressed_stream_at_all_is_one_defect() {
    let folder = folder(&[
        ("a.ndjson.gz", b"{1}\n"),
        ("b.ndjson.zst", b"{1}\n"),
        ("c.ndjson", b"{}\n"),
    ]);
    let records = read(&mut list(&folder), 10).unwrap();
    assert_eq!(
        records,
        [
            "0/0 !broken_compression",
            "1/0 !broken_compression",
            "2/0 {}"
        ]
    );
}

#[test]
fn streams_of_several_members_are_read_to_their_end() {
    let gz = [gzip(b"{1}\n"), gzip(b"{2}\n")].concat();
    let zst = [zstandard(b"{1}\n"), zstandard(b"{2}\n")].concat();
    let folder = folder(&[("a.ndjson.gz", &gz), ("b.ndjson.zst", &zst)]);
    let records = read(&mut list(&folder), 10).unwrap();
    assert_eq!(records, ["0/0 {1}", "0/1 {2}", "1/0 {1}", "1/1 {2}"]);
}

#[test]
fn a_seek_from_every_position_gives_exactly_the_rest() {
    let folder = folder(&[
        ("a.ndjson", b"{1}\n\n{3}\n{4"),
        ("b.ndjson.gz", &gzip(b"{1}\n{2}")),
        ("c.ndjson", b""),
        ("d.ndjson.zst", &zstandard(b"{1}\n{2}\n")),
    ]);
    let all = read(&mut list(&folder), 100).unwrap();
    assert_eq!(all.len(), 8);
    let mut positions = [(0_u32, 0_u64), (1, 0), (2, 0), (3, 0)];
    for (taken, record) in all.iter().enumerate() {
        let mut files = list(&folder);
        files.seek(&positions).unwrap();
        assert_eq!(read(&mut files, 3).unwrap(), all[taken..]);
        let (partition, offset) = record.split_once(' ').unwrap().0.split_once('/').unwrap();
        positions[partition.parse::<usize>().unwrap()].1 = offset.parse::<u64>().unwrap() + 1;
    }
    let mut files = list(&folder);
    assert!(matches!(
        files.seek(&[(4, 0)]),
        Err(SourceError::UnknownPartition {
            partition: 4,
            partitions: 4
        })
    ));
}

#[test]
fn a_file_that_became_shorter_than_what_was_read_of_it_is_an_error() {
    for (name, bytes) in [
        ("a.ndjson", b"{1}\n{2}\n".to_vec()),
        ("a.ndjson.gz", gzip(b"{1}\n{2}\n")),
    ] {
        let folder = folder(&[(name, &bytes)]);
        let mut files = list(&folder);
        files.seek(&[(0, 3)]).unwrap();
        let error = read(&mut files, 10).unwrap_err();
        assert!(
            matches!(
                error,
                SourceError::Shrunk {
                    expected: 3,
                    found: 2,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_is_written_to_while_it_is_read_stops_the_source() {
    let folder = folder(&[("a.ndjson", &numbered(10)), ("b.ndjson", b"{}\n")]);
    let append = |name: &str| {
        let mut file = fs::OpenOptions::new()
            .append(true)
            .open(folder.path().join(name))
            .unwrap();
        file.write_all(b"{\"late\":1}\n").unwrap();
    };
    // Between the list and the opening.
    let mut files = list(&folder);
    append("b.ndjson");
    assert!(
        matches!(read(&mut files, 100), Err(SourceError::Changed { path }) if path.ends_with("b.ndjson"))
    );
    // While it is open.
    let mut files = list(&folder);
    files.fill(&mut Batch::new(), 3, Duration::ZERO).unwrap();
    append("a.ndjson");
    assert!(
        matches!(read(&mut files, 100), Err(SourceError::Changed { path }) if path.ends_with("a.ndjson"))
    );
}

#[test]
fn the_bytes_read_add_up_to_all_bytes() {
    let folder = folder(&[
        ("a.ndjson", &numbered(10)),
        ("b.ndjson.gz", &gzip(&numbered(10))),
    ]);
    let mut files = list(&folder);
    assert_eq!(files.bytes_read(), 0);
    read(&mut files, 3).unwrap();
    assert_eq!(
        (files.bytes_read(), files.total_bytes() > 90),
        (files.total_bytes(), true)
    );
    files.seek(&[(1, 10)]).unwrap();
    read(&mut files, 3).unwrap();
    assert_eq!(files.bytes_read(), files.total_bytes());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_block_length_nor_compression_nor_cut_changes_what_is_read(
        lines in proptest::collection::vec("[ -~]{0,40}", 0..60),
        ending in proptest::sample::select(vec!["", "\n", "{", "}"]),
        block_length in 1_usize..200,
        limit in 1_usize..20,
        cut in 0.0..1.0_f64,
    ) {
        let text = lines.join("\n") + ending;
        let (gz, zst) = (gzip(text.as_bytes()), zstandard(text.as_bytes()));
        let cut_off = &gz[..(gz.len() as f64 * cut) as usize];
        let folder = folder(&[
            ("a.ndjson", text.as_bytes()), ("b.ndjson.gz", &gz), ("c.ndjson.zst", &zst), ("d.ndjson.gz", cut_off),
        ]);
        let paths = [folder.path().to_owned()];
        let whole = read(&mut Files::list(&paths, 30).unwrap(), usize::MAX).unwrap();
        let cut = read(&mut Files::with_block_length(&paths, 30, block_length).unwrap(), limit).unwrap();
        prop_assert_eq!(&whole, &cut);
        let of = |partition: &str| -> Vec<String> {
            whole.iter().filter_map(|record| record.strip_prefix(partition)).map(str::to_owned).collect()
        };
        prop_assert_eq!(of("0/"), of("1/"));
        prop_assert_eq!(of("0/"), of("2/"));
        prop_assert!(of("3/").last().is_some_and(|record| record.ends_with("!broken_compression")));
    }
}
