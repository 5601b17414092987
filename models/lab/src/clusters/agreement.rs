//! The adjusted Rand index (L. Hubert and P. Arabie, Journal of Classification 2, 1985): how far two partitions of the same
//! things agree, 1 where they are the same and 0 on average where they have nothing to do with each other.

use std::collections::BTreeMap;

/// Compares two partitions, each given as the part of every thing. `None` where there is nothing to agree on: fewer than two
/// things, or both partitions with one part only, or with a part for each thing.
pub fn adjusted_rand<L: Ord, R: Ord>(left: &[L], right: &[R]) -> Option<f64> {
    let pairs = |count: u64| (count * count.saturating_sub(1) / 2) as f64;
    let mut cells: BTreeMap<(&L, &R), u64> = BTreeMap::new();
    let (mut rows, mut columns) = (BTreeMap::new(), BTreeMap::new());
    for (one, other) in left.iter().zip(right) {
        *cells.entry((one, other)).or_default() += 1;
        *rows.entry(one).or_insert(0) += 1;
        *columns.entry(other).or_insert(0) += 1;
    }
    let all = pairs(left.len().min(right.len()) as u64);
    let together: f64 = cells.values().map(|count| pairs(*count)).sum();
    let in_rows: f64 = rows.values().map(|count| pairs(*count)).sum();
    let in_columns: f64 = columns.values().map(|count| pairs(*count)).sum();
    let expected = in_rows * in_columns / all;
    let most = f64::midpoint(in_rows, in_columns);
    (all > 0.0 && most > expected).then(|| (together - expected) / (most - expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_one_for_the_same_parts_under_other_names() {
        let found = adjusted_rand(&[0, 0, 1, 1, 2], &["b", "b", "c", "c", "a"]).unwrap();
        assert!((found - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_index_is_the_hand_computed_one() {
        // Cells 2 1 / 0 3: together 1 + 3 = 4; rows 3 + 3 = 6; columns 1 + 6 = 7; all 15; expected 6 · 7 / 15 = 2.8.
        let found = adjusted_rand(&[0, 0, 0, 1, 1, 1], &[0, 0, 1, 1, 1, 1]).unwrap();
        assert!((found - (4.0 - 2.8) / (6.5 - 2.8)).abs() < 1e-12, "{found}");
        // Cells 1 1 / 1 1: together 0; rows 2; columns 2; all 6; expected 2/3: worse than chance.
        let found = adjusted_rand(&[0, 0, 1, 1], &[0, 1, 0, 1]).unwrap();
        assert!((found + 0.5).abs() < 1e-12, "{found}");
    }

    #[test]
    fn partitions_that_cannot_differ_have_no_index() {
        assert_eq!(adjusted_rand(&[0, 0, 0], &[5, 5, 5]), None);
        assert_eq!(adjusted_rand(&[0], &[0]), None);
        assert_eq!(adjusted_rand::<u8, u8>(&[], &[]), None);
    }
}
