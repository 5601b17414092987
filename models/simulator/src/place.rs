//! Countries, networks, devices and number ranges.

use crate::random::Random;

/// A country: code, minutes east of UTC, share of people, share of shared phones, the first of its AS numbers.
pub type Country = (&'static str, i32, f64, f64, u32);

/// The countries that people live in.
pub const COUNTRIES: &[Country] = &[
    ("DE", 60, 0.12, 0.01, 3_320),
    ("BR", -180, 0.15, 0.03, 26_599),
    ("IN", 330, 0.22, 0.08, 45_609),
    ("US", -300, 0.09, 0.01, 7_018),
    ("NG", 60, 0.07, 0.08, 29_465),
    ("ID", 420, 0.09, 0.05, 7_713),
    ("MX", -360, 0.08, 0.03, 8_151),
    ("GB", 0, 0.06, 0.01, 2_856),
    ("TR", 180, 0.05, 0.02, 9_121),
    ("ES", 60, 0.04, 0.01, 3_352),
    ("PH", 480, 0.03, 0.05, 9_299),
];

/// Draws a country by population.
pub fn draw_country(random: &mut Random) -> usize {
    let mut weights = [0.0; COUNTRIES.len()];
    for (weight, country) in weights.iter_mut().zip(COUNTRIES) {
        *weight = country.2;
    }
    random.weighted(&weights)
}

/// A network: its country and its autonomous system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// Index of its country.
    pub country: usize,
    /// Its AS number.
    pub asn: u32,
}

/// Hands out networks, devices and number ranges.
#[derive(Debug, Default)]
pub struct Registry {
    /// All networks.
    pub networks: Vec<Network>,
    devices: u32,
    ranges: u32,
    hashes: u32,
}

impl Registry {
    /// A new access network (home, office, hostel, carrier pool) of one of the country's four operators.
    pub fn access_network(&mut self, country: usize, random: &mut Random) -> u32 {
        let asn = COUNTRIES[country].4 + 7 * random.weighted(&[0.4, 0.3, 0.2, 0.1]) as u32;
        self.network(country, asn)
    }

    /// A new network of a hosting provider or relay. Some people's private relays are there, too.
    pub fn hosted_network(&mut self, country: usize, random: &mut Random) -> u32 {
        let asn = random
            .pick(&[14_061, 16_276, 20_473, 24_940, 9_009])
            .unwrap_or(9_009);
        self.network(country, asn)
    }

    fn network(&mut self, country: usize, asn: u32) -> u32 {
        self.networks.push(Network { country, asn });
        self.networks.len() as u32 - 1
    }

    /// A new device.
    pub const fn device(&mut self) -> u32 {
        self.devices += 1;
        self.devices
    }

    /// A new number range.
    pub const fn range(&mut self) -> u32 {
        self.ranges += 1;
        self.ranges
    }

    /// A new hash of a photo or a name.
    pub const fn hash(&mut self) -> u32 {
        self.hashes += 1;
        self.hashes
    }
}
