//! A thread that owns a connection and runs one job at a time.
//!
//! SQLite blocks, and a decider computes: neither belongs on the threads of the asynchronous runtime. A PostgreSQL
//! connection also has such a thread, with a small runtime, so that both engines behave alike: a job that has started
//! is finished, even if its caller no longer waits.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;

use tokio::sync::oneshot;

use crate::error::StoreError;

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

    /// Runs a job after all earlier ones. If the job panics, the caller panics; the thread goes on, and the job must
    /// leave the state consistent when it unwinds.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce(&mut C) -> T + Send + 'static) -> T {
        let (answer, answered) = oneshot::channel();
        let job: WorkerJob<C> = Box::new(move |state| {
            // The caller may have stopped waiting, which is fine.
            let _ = answer.send(catch_unwind(AssertUnwindSafe(|| job(state))));
        });
        let is_taken = self.jobs.send(job).is_ok();
        assert!(is_taken, "the thread takes jobs as long as its handle lives");
        match answered.await.expect("every job answers") {
            Ok(outcome) => outcome,
            Err(panic) => resume_unwind(panic),
        }
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
