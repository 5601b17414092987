//! The regularised incomplete beta function, its inverse, and Student's t through it.
//!
//! The continued fraction is NIST DLMF 8.17.22 (<https://dlmf.nist.gov/8.17.E22>), evaluated by Lentz's method (W. J.
//! Lentz, Applied Optics 15, 1976) in the form of Thompson and Barnett (1986).

/// Smallest denominator that the continued fraction may have: it only keeps zero from being divided by.
const TINY: f64 = 1e-300;

/// `I_x(a, b)`: the probability that a Beta(a, b) variable is at most `x`.
pub fn regularised(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast below the mean; above it the symmetry I_x(a, b) = 1 − I_{1−x}(b, a) is used.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - regularised_below(1.0 - x, b, a);
    }
    regularised_below(x, a, b)
}

fn regularised_below(x: f64, a: f64, b: f64) -> f64 {
    let log_front = a * libm::log(x) + b * libm::log1p(-x) - log_beta(a, b) - libm::log(a);
    libm::exp(log_front) * fraction(x, a, b)
}

fn log_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    // The number of terms grows with the root of the parameters; 20,000 is enough for a thousand million accounts.
    for step in 1..20_000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let change = d * c;
        value *= change;
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

/// The `x` at which a Beta(a, b) variable has this much probability below it, by bisection.
pub fn quantile(probability: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if regularised(middle, a, b) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// The upper quantile of Student's t with `degrees` of freedom: `P(T ≤ t) = probability`, for probabilities above a half.
pub fn student_quantile(probability: f64, degrees: f64) -> f64 {
    // P(T > t) = I_{ν/(ν+t²)}(ν/2, 1/2) / 2 for t > 0.
    let x = quantile(2.0 * (1.0 - probability), degrees / 2.0, 0.5);
    libm::sqrt(degrees * (1.0 - x) / x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_incomplete_beta_function_is_the_binomial_tail() {
        // P(Bin(5, 0.5) ≥ 2) = 26/32 = I_0.5(2, 4).
        assert!((regularised(0.5, 2.0, 4.0) - 26.0 / 32.0).abs() < 1e-13);
        // I_x(1, 1) = x; I_x(2, 1) = x².
        assert!((regularised(0.3, 1.0, 1.0) - 0.3).abs() < 1e-14);
        assert!((regularised(0.3, 2.0, 1.0) - 0.09).abs() < 1e-14);
        // A million trials without success: (1 − p)^n.
        let none = regularised(1e-6, 1.0, 1e6);
        assert!((none - (1.0 - libm::exp(1e6 * libm::log1p(-1e-6)))).abs() < 1e-9);
    }

    #[test]
    fn student_quantiles_are_those_of_the_tables() {
        for (degrees, expected) in [(1.0, 12.706), (5.0, 2.571), (10.0, 2.228), (120.0, 1.980)] {
            let found = student_quantile(0.975, degrees);
            assert!((found - expected).abs() < 5e-4, "{degrees}: {found}");
        }
    }
}
