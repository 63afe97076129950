//! What the system knows about this process, for metrics. On systems without `/proc` it is zero.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

/// Ticks of the processor clock in a second, as `/proc` has them on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Metrics of the process.
pub struct ProcessMetrics {
    resident: Gauge,
    descriptors: Gauge,
    threads: Gauge,
    processor: Counter<f64, AtomicU64>,
}

impl ProcessMetrics {
    pub fn new(registry: &mut Registry) -> ProcessMetrics {
        let (resident, descriptors, threads, processor) =
            (Gauge::default(), Gauge::default(), Gauge::default(), Counter::default());
        let help = "Memory of the process that is not swapped out";
        registry.register_with_unit("process_resident_memory", help, Unit::Bytes, resident.clone());
        registry.register("process_open_fds", "Open file descriptors", descriptors.clone());
        registry.register("process_threads", "Threads", threads.clone());
        registry.register_with_unit("process_cpu", "Processor time", Unit::Seconds, processor.clone());
        ProcessMetrics { resident, descriptors, threads, processor }
    }

    /// Reads them from the system.
    pub fn measure(&self) {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        self.resident.set(number_of(&status, "VmRSS:").saturating_mul(1024));
        self.threads.set(number_of(&status, "Threads:"));
        self.descriptors.set(std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count) as i64);
        let known = processor_seconds(&std::fs::read_to_string("/proc/self/stat").unwrap_or_default());
        let more = known - self.processor.get();
        if more > 0.0 {
            self.processor.inc_by(more);
        }
    }
}

/// Returns the number after a name in `/proc/self/status`.
fn number_of(status: &str, name: &str) -> i64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Returns the processor time in `/proc/self/stat`, for the program and for the system on its behalf.
fn processor_seconds(stat: &str) -> f64 {
    // The name of the program can contain anything, even parentheses.
    let Some((_, rest)) = stat.rsplit_once(')') else { return 0.0 };
    let ticks = rest.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_whatever_the_name_of_the_program() {
        assert_eq!(number_of("Name:\tx\nVmRSS:\t  123 kB\nThreads:\t7\n", "VmRSS:"), 123);
        assert_eq!(number_of("Name:\tx\n", "VmRSS:"), 0);
        let stat = "12 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1 0";
        assert!((processor_seconds(stat) - 3.0).abs() < 1e-9);
        assert!(processor_seconds("").abs() < 1e-9);
    }
}
