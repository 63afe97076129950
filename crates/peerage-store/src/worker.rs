//! A thread that owns a connection and does one job after the other.
//!
//! SQLite blocks, and a judge computes: neither has a place on the threads of the asynchronous runtime. A PostgreSQL
//! connection lives on such a thread too, with a small runtime of its own, so that both engines behave alike: a job that
//! was begun is finished, whether or not its caller still waits.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;

use tokio::sync::oneshot;

use crate::error::StoreError;

type Job<C> = Box<dyn FnOnce(&mut C) + Send>;

/// Handle of the thread, which ends after its last job once the handle is dropped.
pub struct Worker<C> {
    jobs: mpsc::Sender<Job<C>>,
}

impl<C: Send + 'static> Worker<C> {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(name: &str, mut state: C) -> std::io::Result<Worker<C>> {
        let (jobs, queue) = mpsc::channel::<Job<C>>();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            while let Ok(job) = queue.recv() {
                job(&mut state);
            }
        })?;
        Ok(Worker { jobs })
    }

    /// Does a job after those that came before it. A panic of the job becomes a panic of the caller; the thread lives
    /// on, and the job has to leave the state in order when it unwinds.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce(&mut C) -> T + Send + 'static) -> T {
        let (answer, answered) = oneshot::channel();
        let job: Job<C> = Box::new(move |state| {
            // Nobody may be waiting any more, which changes nothing.
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

/// Runs what blocks beside the asynchronous runtime. A panic there becomes one here.
pub async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(job).await {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(_) => Err(StoreError::Engine("the program is ending".to_owned())),
    }
}
