//! Figures of an evaluation.

use crate::statistics::proportion::clopper_pearson;

/// Area under the ROC curve by ranks (Mann and Whitney 1947); ties count half. Not a number if a class is missing.
pub fn auc(scores: &[f64], labels: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|left, right| scores[*left].total_cmp(&scores[*right]));
    let (mut rank_sum, mut positives) = (0.0, 0.0);
    let mut start = 0;
    while start < order.len() {
        let mut end = start;
        while end < order.len() && scores[order[end]].total_cmp(&scores[order[start]]).is_eq() {
            end += 1;
        }
        let rank = (start + 1 + end) as f64 / 2.0;
        for index in &order[start..end] {
            if labels[*index] {
                rank_sum += rank;
                positives += 1.0;
            }
        }
        start = end;
    }
    let negatives = scores.len() as f64 - positives;
    (rank_sum - positives * (positives + 1.0) / 2.0) / (positives * negatives)
}

/// Average precision: precision at each positive, from the highest score down. Ties are taken together.
pub fn average_precision(scores: &[f64], labels: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|left, right| scores[*right].total_cmp(&scores[*left]));
    let positives = labels.iter().filter(|label| **label).count() as f64;
    let (mut found, mut seen, mut sum) = (0.0, 0.0, 0.0);
    let mut start = 0;
    while start < order.len() {
        let mut end = start;
        while end < order.len() && scores[order[end]].total_cmp(&scores[order[start]]).is_eq() {
            end += 1;
        }
        let here = order[start..end]
            .iter()
            .filter(|index| labels[**index])
            .count() as f64;
        found += here;
        seen += (end - start) as f64;
        sum += here * found / seen;
        start = end;
    }
    sum / positives
}

/// The upper end of the one-sided 95% Clopper-Pearson interval of a share (1934): the `p` with `P(Bin(n, p) ≤ k) = 5%`. It is the
/// upper end of the two-sided 90% interval.
pub fn upper_bound(count: u64, total: u64) -> f64 {
    if total == 0 {
        return 1.0;
    }
    clopper_pearson(count, total, 0.9).high
}

/// Isotonic regression by pooling neighbours (Ayer et al. 1955): points of score and share, rising in both. At most `most`
/// points are kept.
pub fn isotonic(scores: &[f64], labels: &[bool], weights: &[f64], most: usize) -> Vec<(f64, f64)> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|left, right| scores[*left].total_cmp(&scores[*right]));
    // Each pool: the highest score in it, its positive weight, its weight.
    let mut pools: Vec<(f64, f64, f64)> = Vec::new();
    for index in order {
        let positive = if labels[index] { weights[index] } else { 0.0 };
        pools.push((scores[index], positive, weights[index]));
        while let [.., before, last] = pools.as_slice() {
            let is_tie = before.0.total_cmp(&last.0).is_eq();
            if !is_tie && before.1 * last.2 < last.1 * before.2 {
                break;
            }
            let merged = (last.0, before.1 + last.1, before.2 + last.2);
            pools.truncate(pools.len() - 2);
            pools.push(merged);
        }
    }
    let points: Vec<(f64, f64)> = pools
        .iter()
        .filter(|pool| pool.2 > 0.0)
        .map(|pool| (pool.0, pool.1 / pool.2))
        .collect();
    let step = points.len().div_ceil(most.max(1)).max(1);
    let last = points.len().saturating_sub(1);
    let mut kept = points.into_iter().enumerate().collect::<Vec<_>>();
    // The highest point stays: it is what the highest margins stand for.
    kept.retain(|(index, _)| index % step == 0 || *index == last);
    kept.into_iter().map(|(_, point)| point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auc_and_average_precision_are_the_hand_computed_ones() {
        // Positives 0.35 and 0.8 against negatives 0.1 and 0.4 (scikit-learn's own example: AUC 0.75, AP 0.8333).
        let (scores, labels) = ([0.1, 0.4, 0.35, 0.8], [false, false, true, true]);
        assert!((auc(&scores, &labels) - 0.75).abs() < 1e-12);
        assert!((average_precision(&scores, &labels) - 0.833_333_333).abs() < 1e-8);
        assert!((auc(&[1.0, 1.0], &[true, false]) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_upper_bound_is_the_published_one() {
        // Rule of three, exactly: none of 100 gives 1 − 0.05^(1/100) = 0.029513.
        assert!((upper_bound(0, 100) - 0.029_513).abs() < 1e-6);
        // One of 10: 0.394163 (Clopper-Pearson, one-sided 95%).
        assert!((upper_bound(1, 10) - 0.394_163).abs() < 1e-5);
    }

    #[test]
    fn thinning_keeps_the_lowest_and_the_highest_point() {
        let scores: Vec<f64> = (0..20).map(f64::from).collect();
        let weights: Vec<f64> = (0..20).map(|row| 1.0 + f64::from(row)).collect();
        let labels: Vec<bool> = (0..20)
            .map(|row| row == 3 || row == 11 || row == 19)
            .collect();
        let all = isotonic(&scores, &labels, &weights, 100);
        assert!(all.len() > 3, "{all:?}");
        let few = isotonic(&scores, &labels, &weights, 2);
        assert_eq!(few.first(), all.first());
        assert_eq!(few.last(), all.last());
        assert!(few.len() <= 3);
    }

    #[test]
    fn isotonic_points_rise_and_keep_the_mean() {
        let scores = [1.0, 2.0, 3.0, 4.0];
        let points = isotonic(&scores, &[false, true, false, true], &[1.0; 4], 100);
        assert_eq!(points, vec![(1.0, 0.0), (3.0, 0.5), (4.0, 1.0)]);
    }
}
