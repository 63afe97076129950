//! A thread that owns a connection and runs one job at a time.
//!
//! SQLite blocks, and a decider computes: neither belongs on the threads of the asynchronous runtime. A PostgreSQL
//! connection also has such a thread, with a small runtime, so that both engines behave alike: a job that has started
//! is finished, even if its caller no longer waits.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::error::StoreError;

/// Why a job was not begun.
pub const WAITED: &str = "what came before it took too long";

type WorkerJob<C> = Box<dyn FnOnce(&mut C) + Send>;

/// Handle of the thread. The thread ends after its last job once the handle is dropped.
pub struct StoreWorker<C> {
    jobs: mpsc::Sender<WorkerJob<C>>,
}

impl<C: Send + 'static> StoreWorker<C> {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system cannot start another thread.
    pub fn start(name: &str, mut state: C) -> std::io::Result<StoreWorker<C>> {
        let (jobs, queue) = mpsc::channel::<WorkerJob<C>>();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            while let Ok(job) = queue.recv() {
                job(&mut state);
            }
        })?;
        Ok(StoreWorker { jobs })
    }

    /// Runs a job after all earlier ones, unless they take longer than `limit`. Returns `None` then, and the job is never
    /// run. A job that has started is waited for.
    pub async fn run_within<T: Send + 'static>(
        &self,
        limit: Duration,
        job: impl FnOnce(&mut C) -> T + Send + 'static,
    ) -> Option<T> {
        let claim = Arc::new(JobClaim::default());
        let own = Arc::clone(&claim);
        let mut answered = std::pin::pin!(self.run(move |state| own.begin().then(|| job(state))));
        match tokio::time::timeout(limit, answered.as_mut()).await {
            Ok(outcome) => outcome,
            Err(_) if claim.give_up() => None,
            Err(_) => answered.await,
        }
    }

    /// Runs a job after all earlier ones, for which nobody waits.
    pub fn add(&self, job: impl FnOnce(&mut C) + Send + 'static) {
        let job: WorkerJob<C> = Box::new(move |state| {
            // The panic was reported; the thread goes on.
            let _ = catch_unwind(AssertUnwindSafe(|| job(state)));
        });
        let is_taken = self.jobs.send(job).is_ok();
        assert!(is_taken, "the thread takes jobs as long as its handle lives");
    }

    /// Runs a job after all earlier ones. If the job panics, the caller panics; the thread goes on, and the job must
    /// leave the state consistent when it unwinds.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce(&mut C) -> T + Send + 'static) -> T {
        let (answer, answered) = oneshot::channel();
        self.add(move |state| {
            // The caller may have stopped waiting, which is fine.
            let _ = answer.send(catch_unwind(AssertUnwindSafe(|| job(state))));
        });
        match answered.await.expect("every job answers") {
            Ok(outcome) => outcome,
            Err(panic) => resume_unwind(panic),
        }
    }
}

/// Whether a job still waits. Exactly one of the two sides decides: the thread by starting it, or the caller by giving up.
#[derive(Debug, Default)]
pub struct JobClaim(AtomicU8);

impl JobClaim {
    const WAITS: u8 = 0;
    const BEGUN: u8 = 1;
    const GIVEN_UP: u8 = 2;

    /// Returns whether the job may start: its caller still waits.
    pub fn begin(&self) -> bool {
        self.decide(JobClaim::BEGUN)
    }

    /// Returns whether the job will not start.
    pub fn give_up(&self) -> bool {
        self.decide(JobClaim::GIVEN_UP)
    }

    fn decide(&self, next: u8) -> bool {
        self.0.compare_exchange(JobClaim::WAITS, next, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Runs blocking code outside of the asynchronous runtime. If it panics, the caller panics.
pub async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(job).await {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(_) => Err(StoreError::Engine("the program is ending".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_behind_a_slow_one_is_given_up_and_never_run() {
        let worker = StoreWorker::start("test", 0).expect("a thread");
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let slow = worker.run(move |count| {
            let _ = may_go_on.recv();
            *count += 1;
        });
        let mut slow = std::pin::pin!(slow);
        tokio::select! {
            biased;
            () = &mut slow => panic!("it cannot end yet"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(worker.run_within(Duration::from_millis(20), |count| *count += 10).await, None);
        go_on.send(()).expect("the job waits");
        slow.await;
        assert_eq!(worker.run_within(Duration::from_secs(10), |count| *count).await, Some(1));
    }

    #[tokio::test]
    async fn a_job_that_has_started_is_waited_for() {
        let worker = StoreWorker::start("test", ()).expect("a thread");
        let slow = worker.run_within(Duration::from_millis(50), |()| {
            std::thread::sleep(Duration::from_millis(200));
            7
        });
        assert_eq!(slow.await, Some(7));
    }
}
