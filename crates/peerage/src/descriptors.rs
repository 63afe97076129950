//! File descriptors: each connection needs one, and a server without free ones accepts no connection, not even a health
//! check.

/// Descriptors that the server needs in addition to connections: database, log, external services, some reserve.
const BESIDE_CONNECTIONS: u64 = 256;

/// Raises the limit on open files as far as the system allows and returns it. `None` if there is no known limit.
#[cfg(unix)]
fn raise() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}

#[cfg(not(unix))]
fn raise() -> Option<u64> {
    None
}

/// Returns the number of connections for which the process has descriptors, at most the wanted number. `reserved` are
/// additional connections.
pub fn connections(wanted: usize, reserved: usize) -> usize {
    let allowed = allowed(raise(), wanted, reserved);
    if allowed < wanted {
        tracing::warn!(
            wanted,
            allowed,
            "the limit on open files allows fewer connections than configured; raise it (ulimit -n)"
        );
    }
    allowed
}

fn allowed(files: Option<u64>, wanted: usize, reserved: usize) -> usize {
    let Some(files) = files else { return wanted };
    let left = files.saturating_sub(BESIDE_CONNECTIONS).saturating_sub(reserved as u64).max(1);
    usize::try_from(left).map_or(wanted, |left| left.min(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n06_there_is_a_descriptor_for_every_connection_and_for_the_reserve() {
        for (files, expected) in [(None, 10_000), (Some(1_000_000), 10_000), (Some(1_024), 704), (Some(100), 1)] {
            assert_eq!(allowed(files, 10_000, 64), expected, "{files:?}");
        }
    }
}
