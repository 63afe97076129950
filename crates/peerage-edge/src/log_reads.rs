//! Limits requests that read the log: the store answers one query at a time, so only few requests of one person may
//! wait, and a bounded number in total.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use peerage_access::Principal;
use peerage_registry::ids::{KeyId, UserId};

use crate::client::{ClientCounts, ClientNetwork, RequestClient};
use crate::errors::ApiError;

/// The number of requests that read the log at a time, in total and per person or key.
pub const READS_MAX: usize = 64;
pub const READS_PER_READER: usize = 4;

/// Seconds after which a refused request should be retried.
const WAIT: Duration = Duration::from_secs(5);

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum LogReader {
    Person(UserId),
    Key(KeyId),
    Client(ClientNetwork),
}

/// The requests that read the log.
#[derive(Default)]
pub struct LogReads {
    counts: Mutex<ClientCounts<LogReader>>,
}

/// The slot of one request, which is free again when this is dropped.
pub struct LogRead {
    reads: Arc<LogReads>,
    reader: LogReader,
}

impl LogReads {
    /// Takes a slot. A person's keys count as the person.
    ///
    /// # Errors
    /// There are too many requests: 503 with a time to wait.
    pub fn begin(self: &Arc<LogReads>, principal: &Principal, address: IpAddr) -> Result<LogRead, ApiError> {
        let reader = match (principal.user(), principal.key()) {
            (Some(user), _) => LogReader::Person(user),
            (None, Some(key)) => LogReader::Key(key.id),
            (None, None) => LogReader::Client(RequestClient::of(address).own()),
        };
        self.take(reader)
    }

    fn take(self: &Arc<LogReads>, reader: LogReader) -> Result<LogRead, ApiError> {
        if !self.counts().take(&[reader], READS_MAX, READS_PER_READER) {
            return Err(ApiError::Busy { what: "requests that read the audit log", wait: WAIT });
        }
        Ok(LogRead { reads: Arc::clone(self), reader })
    }

    fn counts(&self) -> MutexGuard<'_, ClientCounts<LogReader>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for LogRead {
    fn drop(&mut self) {
        self.reads.counts().give_back(&[self.reader]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n01_few_of_one_person_read_the_log_at_a_time_and_a_bounded_number_in_sum() {
        let reads = Arc::new(LogReads::default());
        let take = |reader| reads.take(reader).ok();
        let one: Vec<LogRead> = (0..100).filter_map(|_| take(LogReader::Person(UserId::new(1)))).collect();
        assert_eq!(one.len(), READS_PER_READER);
        let other = take(LogReader::Key(KeyId::new(1))).expect("a key of the same number counts separately");
        let all: Vec<LogRead> = (2..200).filter_map(|user| take(LogReader::Person(UserId::new(user)))).collect();
        assert_eq!(one.len() + 1 + all.len(), READS_MAX);
        let full = reads.take(LogReader::Person(UserId::new(500))).err().expect("all slots are taken").into_response();
        assert_eq!((full.status().as_u16(), &full.headers()["retry-after"]), (503, &"5".parse().expect("a value")));
        drop((one, other, all));
        assert!(reads.counts().is_empty(), "all slots are released");
        let client = LogReader::Client(RequestClient::of([192, 0, 2, 1].into()).own());
        assert!(reads.take(client).is_ok());
    }
}
