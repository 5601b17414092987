use std::io::BufReader;

use proptest::prelude::*;

use super::super::Body;
use super::*;

/// A record as it can be compared.
type Shown = (u64, Result<Vec<u8>, (Defect, u64)>);

fn shown(batch: &Batch) -> Vec<Shown> {
    let body = |body: Body<'_>| match body {
        Body::Bytes(bytes) => Ok(bytes.to_vec()),
        Body::Defect { defect, length } => Err((defect, length)),
        _ => panic!("a line is bytes or a defect"),
    };
    batch
        .iter()
        .map(|record| (record.offset, body(record.body)))
        .collect()
}

/// Hands out the stream in blocks of the given lengths, by turns.
struct Blocks<'stream> {
    rest: &'stream [u8],
    lengths: Vec<usize>,
    turn: usize,
}

impl io::Read for Blocks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = self.lengths[self.turn % self.lengths.len()];
        self.turn += 1;
        if wanted == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = wanted.min(buffer.len());
        self.rest.read(&mut buffer[..length])
    }
}

fn read(stream: &[u8], lengths: &[usize], maximum_length: usize, first: u64) -> (Vec<Shown>, Step) {
    let blocks = Blocks {
        rest: stream,
        lengths: lengths.to_vec(),
        turn: 0,
    };
    let mut lines = LineReader::new(
        BufReader::with_capacity(64, blocks),
        0,
        maximum_length,
        first,
    );
    let mut batch = Batch::new();
    loop {
        let step = lines.next(&mut batch).unwrap();
        assert!(
            lines.partial.len() <= maximum_length,
            "memory is bounded by the longest line allowed"
        );
        if matches!(step, Step::End | Step::Short) {
            return (shown(&batch), step);
        }
    }
}

fn whole(stream: &[u8]) -> Vec<Shown> {
    read(stream, &[usize::MAX], 10, 0).0
}

/// The rule of this module, written down again without blocks, states or memory bounds.
fn expected(stream: &[u8], maximum_length: usize) -> Vec<Shown> {
    let mut lines: Vec<&[u8]> = stream.split(|byte| *byte == b'\n').collect();
    let last = lines.len() - 1;
    if lines[last].is_empty() {
        lines.pop();
    }
    let fate = |(number, line): (usize, &&[u8])| {
        let (length, mut text) = (line.len() as u64, *line);
        if number == 0 {
            text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        }
        text = text.strip_suffix(b"\r").unwrap_or(text);
        let outcome = if line.len() > maximum_length {
            Err((Defect::OverLong, length))
        } else if text.trim_ascii().is_empty() {
            Err((Defect::BlankLine, length))
        } else if number == last && text.trim_ascii().last() != Some(&b'}') {
            Err((Defect::TornLine, length))
        } else {
            Ok(text.to_vec())
        };
        (number as u64, outcome)
    };
    lines.iter().enumerate().map(fate).collect()
}

#[test]
fn lines_are_delivered_with_their_numbers() {
    assert_eq!(
        whole(b"{1}\n{22}\n"),
        [(0, Ok(b"{1}".to_vec())), (1, Ok(b"{22}".to_vec()))]
    );
    assert_eq!(whole(b""), []);
}

#[test]
fn a_carriage_return_before_the_newline_and_a_byte_order_mark_at_the_start_are_dropped() {
    let records = whole(b"\xef\xbb\xbf{1}\r\n\xef\xbb\xbf{2}\r\n");
    assert_eq!(
        records,
        [
            (0, Ok(b"{1}".to_vec())),
            (1, Ok(b"\xef\xbb\xbf{2}".to_vec()))
        ]
    );
    assert_eq!(whole(b"\xef\xbb\xbf"), [(0, Err((Defect::BlankLine, 3)))]);
}

#[test]
fn a_last_line_without_newline_is_whole_if_it_ends_in_a_brace_and_torn_otherwise() {
    assert_eq!(
        whole(b"{1}\n{2} "),
        [(0, Ok(b"{1}".to_vec())), (1, Ok(b"{2} ".to_vec()))]
    );
    assert_eq!(whole(b"{1}\n{2")[1], (1, Err((Defect::TornLine, 2))));
    assert_eq!(whole(b"{1}\n  ")[1], (1, Err((Defect::BlankLine, 2))));
}

#[test]
fn a_line_of_the_greatest_length_is_delivered_and_one_longer_is_a_defect_of_its_length() {
    let records = whole(b"{23456789}\n{234567890}\n{3}\n{234567890}");
    assert_eq!(records[0], (0, Ok(b"{23456789}".to_vec())));
    assert_eq!(records[1], (1, Err((Defect::OverLong, 11))));
    assert_eq!(records[2], (2, Ok(b"{3}".to_vec())));
    assert_eq!(records[3], (3, Err((Defect::OverLong, 11))));
}

#[test]
fn a_line_of_many_megabytes_keeps_none_of_them() {
    let mut stream = vec![b'x'; 40_000_000];
    stream.extend_from_slice(b"\n{2}\n");
    let mut lines = LineReader::new(&stream[..], 0, 100, 0);
    let mut batch = Batch::new();
    while lines.next(&mut batch).unwrap() != Step::End {}
    assert_eq!(shown(&batch)[0], (0, Err((Defect::OverLong, 40_000_000))));
    assert_eq!(
        (batch.len(), batch.bytes_len(), lines.partial.capacity()),
        (2, 3, 0)
    );
}

#[test]
fn lines_that_were_read_before_are_passed_over_and_missing_ones_are_noticed() {
    let stream = b"{1}\n\n{3}\n{4}";
    assert_eq!(
        read(stream, &[5], 10, 2).0,
        [(2, Ok(b"{3}".to_vec())), (3, Ok(b"{4}".to_vec()))]
    );
    assert_eq!(read(stream, &[5], 10, 4), (Vec::new(), Step::End));
    assert_eq!(read(stream, &[5], 10, 5), (Vec::new(), Step::Short));
}

#[test]
fn the_first_newline_is_found_wherever_it_stands() {
    for length in [0, 1, 31, 32, 33, 100] {
        let mut bytes = vec![b'a'; length];
        assert_eq!(find_newline(&bytes), None);
        for place in (0..length).rev() {
            bytes[place] = b'\n';
            assert_eq!(find_newline(&bytes), Some(place));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_cutting_into_blocks_gives_the_same_records(
        pieces in proptest::collection::vec(
            proptest::sample::select(vec!["{", "}", "\n", "\r", " ", "a", "\"b\"", "\u{feff}", "0123456789", "\n\n"]), 0..60,
        ),
        mut lengths in proptest::collection::vec(0_usize..20, 1..6),
        first in 0_u64..5,
    ) {
        // Some blocks have to hold something, or the stream never ends.
        lengths.push(7);
        let stream = pieces.concat().into_bytes();
        let all = expected(&stream, 10);
        prop_assert_eq!(&read(&stream, &lengths, 10, 0), &(all.clone(), Step::End));
        let end = if first > all.len() as u64 { Step::Short } else { Step::End };
        let rest: Vec<Shown> = all.into_iter().filter(|(offset, _)| *offset >= first).collect();
        prop_assert_eq!(read(&stream, &lengths, 10, first), (rest, end));
    }
}
