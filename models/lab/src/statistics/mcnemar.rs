//! McNemar's test of two answers about the same subjects (Q. McNemar, Psychometrika 12, 1947), exact: of the subjects about
//! whom the two differ, each side has its way with probability one half.
//!
//! Linked subjects do not differ one by one. For them whole groups change sides: an exact permutation test of the groups'
//! differences (R. A. Fisher, "The Design of Experiments", 1935, §21), which is McNemar's test where each group has one
//! subject.

/// The two-sided exact p-value, with the numbers of subjects that only the first and only the second says yes to.
pub fn exact(only_first: u64, only_second: u64) -> f64 {
    let total = only_first + only_second;
    let fewer = only_first.min(only_second);
    let log_half = total as f64 * libm::log(0.5);
    let tail: f64 = (0..=fewer)
        .map(|count| {
            let log_choose = libm::lgamma(total as f64 + 1.0)
                - libm::lgamma(count as f64 + 1.0)
                - libm::lgamma((total - count) as f64 + 1.0);
            libm::exp(log_choose + log_half)
        })
        .sum();
    (2.0 * tail).min(1.0)
}

/// The two-sided exact p-value of groups of linked subjects. Each group's difference is the number of its subjects that only
/// the second says yes to, less the number that only the first does.
pub fn grouped(differences: &[i64]) -> f64 {
    let sizes: Vec<usize> = differences
        .iter()
        .filter(|difference| **difference != 0)
        .map(|difference| difference.unsigned_abs() as usize)
        .collect();
    let seen = differences.iter().sum::<i64>().unsigned_abs() as usize;
    let largest: usize = sizes.iter().sum();
    // The probability of each sum, from −largest to largest, with `largest` added so that places begin at 0.
    let mut probability = vec![0.0; 2 * largest + 1];
    probability[largest] = 1.0;
    let mut reach = 0;
    for size in sizes {
        let mut next = vec![0.0; 2 * largest + 1];
        for place in largest - reach..=largest + reach {
            let half = probability[place] / 2.0;
            next[place - size] += half;
            next[place + size] += half;
        }
        probability = next;
        reach += size;
    }
    let extreme = probability
        .iter()
        .enumerate()
        .filter(|(place, _)| place.abs_diff(largest) >= seen);
    extreme
        .map(|(_, probability)| probability)
        .sum::<f64>()
        .min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_value_is_the_hand_computed_one() {
        // 1 against 9: 2 · (1 + 10) / 1024.
        assert!((exact(1, 9) - 22.0 / 1024.0).abs() < 1e-12);
        assert!((exact(9, 1) - exact(1, 9)).abs() < 1e-15);
        // 0 against 5: 2 / 32. Equal numbers, and none at all, say nothing.
        assert!((exact(0, 5) - 0.0625).abs() < 1e-12);
        assert!((exact(4, 4) - 1.0).abs() < 1e-12);
        assert!((exact(0, 0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn groups_of_one_give_the_same_value_and_groups_of_many_a_larger_one() {
        let single: Vec<i64> = (0..10)
            .map(|place| if place == 0 { -1 } else { 1 })
            .collect();
        assert!((grouped(&single) - exact(1, 9)).abs() < 1e-12);
        // Three groups that all change the same way: 2 of the 8 ways to turn them, however large they are.
        assert!((grouped(&[10, 12, 5]) - 0.25).abs() < 1e-12);
        // 3, 2 and −1 sum to 4; of 8 ways, 6, 4, −4 and −6 are as extreme.
        assert!((grouped(&[3, 2, -1]) - 0.5).abs() < 1e-12);
        assert!((grouped(&[0, 0]) - 1.0).abs() < 1e-12);
    }
}
