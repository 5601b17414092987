//! Aligning the features of another place with those of the place that was learned from.
//!
//! Another platform counts otherwise: its users may do twice as much of everything. Each value becomes the value that stands
//! at the same share of the learned table's sorted values (quantile mapping, Bolstad et al. 2003). No label is read. It
//! assumes that the two places have about the same share of positives, and it needs all accounts of the other place at once.

/// Maps each known value of `values` to the value at the same share of `reference`.
pub fn to_quantiles(values: &[f32], reference: &[f32]) -> Vec<f32> {
    let known = |values: &[f32]| {
        let mut known: Vec<f32> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        known.sort_unstable_by(f32::total_cmp);
        known
    };
    let (sorted, reference) = (known(values), known(reference));
    if reference.is_empty() {
        return values.to_vec();
    }
    let map = |value: f32| {
        if value.is_nan() {
            return value;
        }
        // The middle of equal values, so that ties stay ties.
        let below = sorted.partition_point(|other| *other < value);
        let up_to = sorted.partition_point(|other| *other <= value);
        let share = (below + up_to) as f64 / (2 * sorted.len()) as f64;
        let place = share * reference.len() as f64 - 0.5;
        let place = place.clamp(0.0, (reference.len() - 1) as f64);
        let (low, high) = (
            reference[place.floor() as usize],
            reference[place.ceil() as usize],
        );
        (f64::from(low) + (place - place.floor()) * f64::from(high - low)) as f32
    };
    values.iter().map(|value| map(*value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubled_scale_is_undone_and_order_ties_and_unknown_values_stay() {
        let reference: Vec<f32> = (1..=9_u8).map(f32::from).collect();
        let doubled: Vec<f32> = reference.iter().map(|value| 2.0 * value).collect();
        assert_eq!(to_quantiles(&doubled, &reference), reference);
        let mapped = to_quantiles(&[5.0, f32::NAN, 5.0, 7.0], &[10.0, 20.0, 30.0]);
        assert!(mapped[1].is_nan());
        assert_eq!(mapped[0], mapped[2]);
        assert!(mapped[0] < mapped[3], "{mapped:?}");
        assert_eq!(to_quantiles(&[3.0], &[f32::NAN]), [3.0]);
    }
}
