//! Metrics of the process, read from Linux's `/proc` when they are asked for, and of the build.

use std::fs;
use std::sync::{Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Error, Registry};

/// Ticks of `/proc/self/stat` in a second: Linux shows them at this rate to all programs, on every machine (`USER_HZ`).
const TICKS: f64 = 100.0;

sealwatch_core::metrics! {
    /// Metrics of the process, under the names that Prometheus's own libraries use.
    struct ProcessMetrics {
        /// Total user and system CPU time spent in seconds.
        cpu: Counter = "process_cpu_seconds_total",
        /// Resident memory size in bytes.
        resident: IntGauge = "process_resident_memory_bytes",
        /// Number of open file descriptors.
        open_files: IntGauge = "process_open_fds",
        /// Start time of the process since unix epoch in seconds.
        start: Gauge = "process_start_time_seconds",
    }
}

sealwatch_core::metrics! {
    /// Metrics of the build.
    struct BuildMetrics {
        /// Always 1; the label says which version runs.
        build: IntGaugeVec = "sealwatch_build_info" ["version"],
    }
}

/// Registers the metrics of the process and of the build.
///
/// # Errors
/// They are registered already.
pub fn register(registry: &Registry) -> Result<(), Error> {
    let build = BuildMetrics::register(registry)?;
    build
        .build
        .with_label_values(&[env!("CARGO_PKG_VERSION")])
        .set(1);
    let inner = Registry::new();
    let metrics = ProcessMetrics::register(&inner)?;
    registry.register(Box::new(Process {
        metrics,
        inner,
        turn: Mutex::new(()),
    }))
}

/// Reads them anew for each scrape.
struct Process {
    metrics: ProcessMetrics,
    inner: Registry,
    /// A counter is raised by what is new: by one scrape at a time.
    turn: Mutex<()>,
}

impl Process {
    fn read(&self) {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        if let Some(ticks) = cpu_ticks(&stat) {
            let new = ticks / TICKS - self.metrics.cpu.get();
            self.metrics.cpu.inc_by(new.max(0.0));
        }
        let machine = fs::read_to_string("/proc/stat").unwrap_or_default();
        if let (Some(boot), Some(ticks)) = (number_of(&machine, "btime"), field(&stat, 22)) {
            self.metrics.start.set(boot + ticks / TICKS);
        }
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        if let Some(kibibytes) = number_of(&status, "VmRSS:") {
            self.metrics.resident.set(kibibytes as i64 * 1_024);
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            // The folder that is read is one of them.
            let open = files.count().saturating_sub(1);
            self.metrics.open_files.set(open as i64);
        }
    }
}

impl Collector for Process {
    fn desc(&self) -> Vec<&Desc> {
        let metrics = &self.metrics;
        [
            metrics.cpu.desc(),
            metrics.resident.desc(),
            metrics.open_files.desc(),
            metrics.start.desc(),
        ]
        .concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.read();
        self.inner.gather()
    }
}

/// Ticks of user and system time.
fn cpu_ticks(stat: &str) -> Option<f64> {
    Some(field(stat, 14)? + field(stat, 15)?)
}

/// A field of `/proc/self/stat` by its number in proc_pid_stat(5), from 3 on. The second one, the program's name, may hold
/// anything, also spaces and brackets.
fn field(stat: &str, number: usize) -> Option<f64> {
    let (_, behind_name) = stat.rsplit_once(") ")?;
    let mut fields = behind_name.split_ascii_whitespace();
    fields.nth(number.checked_sub(3)?)?.parse().ok()
}

/// The number behind a name at the beginning of a line.
fn number_of(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_behind_a_name_with_spaces_and_brackets() {
        let stat = "7 (a) b) R 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 9 0 300 1";
        assert_eq!(cpu_ticks(stat), Some(200.0));
        assert_eq!(field(stat, 22), Some(300.0));
        assert_eq!(
            number_of("VmHWM:\t  9 kB\nVmRSS:\t  7 kB\n", "VmRSS:"),
            Some(7.0)
        );
    }

    #[test]
    fn the_process_tells_its_time_which_rises_its_memory_files_and_start() {
        let registry = Registry::new();
        register(&registry).unwrap();
        let value = |name: &str| {
            let families = registry.gather();
            let family = families.iter().find(|family| family.name() == name);
            let metric = &family.unwrap().get_metric()[0];
            metric.get_gauge().get_value() + metric.get_counter().get_value()
        };
        // Works until the time is seen to rise: twice, so that it has not merely begun at nothing.
        for _ in 0..2 {
            let before = value("process_cpu_seconds_total");
            let has_risen = |_| {
                let work =
                    (1..1_000_000_u64).fold(1, |work: u64, number| work.wrapping_mul(number | 1));
                assert_ne!(work, 2);
                value("process_cpu_seconds_total") > before
            };
            assert!((0..10_000).any(has_risen), "it stays at {before}");
        }
        assert!(value("process_resident_memory_bytes") > 1e6);
        assert!(value("process_open_fds") >= 3.0);
        let year_2020 = 1_577_836_800.0;
        assert!(value("process_start_time_seconds") > year_2020);
        assert_eq!(value("sealwatch_build_info"), 1.0);
    }
}
