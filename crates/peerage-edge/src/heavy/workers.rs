//! The threads of the pool. The operating system runs them when no other thread of the process wants the processor, or
//! nearly so: a light request never waits for a heavy one.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

type WorkerJob = Box<dyn FnOnce() + Send>;

/// The niceness of the threads above that of the others: they get about a thirtieth of a processor for which both compete.
const NICENESS: i32 = 15;

/// Why work has no result.
pub enum WorkStopped {
    /// It panicked.
    Panic(Box<dyn Any + Send>),
    /// The threads have ended.
    Ended,
}

/// A fixed number of threads. They end when this is dropped.
pub struct WorkerThreads {
    jobs: Sender<WorkerJob>,
    /// Whether there is a thread at all: the system can refuse them.
    is_there: bool,
}

impl WorkerThreads {
    pub fn start(count: usize) -> WorkerThreads {
        let (jobs, waiting) = channel::<WorkerJob>();
        let waiting = Arc::new(Mutex::new(waiting));
        let mut is_there = false;
        for _ in 0..count {
            let waiting = Arc::clone(&waiting);
            match std::thread::Builder::new().name("heavy".to_owned()).spawn(move || work(&waiting)) {
                Ok(_) => is_there = true,
                Err(error) => tracing::error!(error = %error, "cannot start a thread for heavy requests"),
            }
        }
        WorkerThreads { jobs, is_there }
    }

    /// Does work on one of the threads. It is done even if nobody waits for its result any more.
    ///
    /// # Errors
    /// [`WorkStopped`].
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, WorkStopped> {
        let (give, wait) = oneshot::channel();
        let runtime = Handle::try_current();
        let job = move || {
            let _entered = runtime.as_ref().ok().map(Handle::enter);
            // Nobody may wait any more.
            let _ = give.send(std::panic::catch_unwind(AssertUnwindSafe(work)));
        };
        if self.is_there {
            self.jobs.send(Box::new(job)).map_err(|_| WorkStopped::Ended)?;
        } else {
            drop(tokio::task::spawn_blocking(job));
        }
        match wait.await {
            Ok(done) => done.map_err(WorkStopped::Panic),
            Err(_) => Err(WorkStopped::Ended),
        }
    }
}

fn work(waiting: &Mutex<Receiver<WorkerJob>>) {
    be_nice();
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

/// Lowers the priority of this thread. Elsewhere than on Linux, this would concern the whole process.
fn be_nice() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::warn!(error = %error, "threads for heavy requests have the priority of the others");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_by_threads_of_lower_priority_and_a_panic_ends_none() {
        let threads = WorkerThreads::start(1);
        let own = niceness();
        for _ in 0..2 {
            let panicked = threads.run::<()>(|| panic!("on purpose")).await;
            assert!(matches!(panicked, Err(WorkStopped::Panic(_))));
            let nice = threads.run(niceness).await;
            assert!(matches!(nice, Ok(nice) if nice == (own + NICENESS).min(19)), "in a thread of its own");
        }
        assert_eq!(niceness(), own, "other threads keep their priority");
    }

    fn niceness() -> i32 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("Linux");
        let fields = stat.rsplit(')').next().expect("fields");
        fields.split_whitespace().nth(16).and_then(|nice| nice.parse().ok()).expect("a number")
    }
}
