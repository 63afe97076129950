//! Starts the tasks that run as long as the node, and restarts those that end.
//!
//! A task that panics or ends is restarted after a pause that doubles with each failure. Until the new run has lasted
//! for two seconds, the task counts as down: `/readyz` names it, and `/metrics` counts its restarts.
//!
//! A task can also hang. Tasks mark each piece of their work with [`working`]. A task whose piece lasts longer than
//! [`HUNG_AFTER`] counts as down until the piece ends. It is not restarted, because its work may be half done.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long one piece of work may last. What tasks wait for has shorter timeouts: a minute for a mail, seconds for the
/// store.
pub const HUNG_AFTER: Duration = Duration::from_mins(5);

/// When the task's current piece of work began, or `None` while it waits for work.
type WorkMark = Arc<Mutex<Option<Instant>>>;

tokio::task_local! {
    static MARK: WorkMark;
}

/// Marks a piece of work of a supervised task until it is dropped.
#[must_use]
pub struct WorkGuard {
    mark: Option<WorkMark>,
}

/// Marks the beginning of a piece of work. Does nothing outside of supervised tasks.
pub fn working() -> WorkGuard {
    let mark = MARK.try_with(Arc::clone).ok();
    let working = WorkGuard { mark };
    working.go_on();
    working
}

impl WorkGuard {
    /// Marks that the work has made progress.
    pub fn go_on(&self) {
        self.set(Some(Instant::now()));
    }

    fn set(&self, begun: Option<Instant>) {
        if let Some(mark) = &self.mark {
            *mark.lock().unwrap_or_else(PoisonError::into_inner) = begun;
        }
    }
}

impl Drop for WorkGuard {
    fn drop(&mut self) {
        self.set(None);
    }
}

/// The pauses between restarts, and the limit for one piece of work.
#[derive(Debug, Clone, Copy)]
struct RestartPace {
    hung_after: Duration,
    /// The pause before the first restart, and the longest one.
    pause: Duration,
    pause_max: Duration,
    /// How long a restarted task has to run before it counts as up again.
    steady_after: Duration,
}

impl Default for RestartPace {
    fn default() -> RestartPace {
        RestartPace {
            hung_after: HUNG_AFTER,
            pause: Duration::from_millis(500),
            pause_max: Duration::from_secs(30),
            steady_after: Duration::from_secs(2),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TaskLabels {
    task: &'static str,
}

/// Starts and watches the long-lived tasks of one node. Clones share the list of tasks.
#[derive(Clone)]
pub struct Supervisor {
    shared: Arc<SupervisorState>,
}

/// The state of one task.
struct TaskState {
    is_up: bool,
    mark: WorkMark,
}

impl TaskState {
    /// Returns what is wrong with the task, or `None` if it is fine.
    fn fault(&self, hung_after: Duration) -> Option<&'static str> {
        if !self.is_up {
            return Some("down, being restarted");
        }
        let begun = *self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        begun.is_some_and(|begun| begun.elapsed() > hung_after).then_some("stuck: its current work takes too long")
    }
}

struct SupervisorState {
    tasks: Mutex<BTreeMap<&'static str, TaskState>>,
    restarts: Family<TaskLabels, Counter>,
    up: Family<TaskLabels, Gauge<i64, AtomicI64>>,
    stop: CancellationToken,
    pace: RestartPace,
}

/// How a task behaves when the node stops, and what it means if it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TaskKind {
    /// It never ends by itself, and is dropped when the node stops.
    Endless,
    /// It ends by itself when its work is done; only a panic restarts it.
    Draining,
}

impl Supervisor {
    /// `stop` is cancelled when the node stops: nothing is restarted after that.
    pub fn new(stop: CancellationToken) -> Supervisor {
        Supervisor::with_pace(stop, RestartPace::default())
    }

    fn with_pace(stop: CancellationToken, pace: RestartPace) -> Supervisor {
        let (tasks, restarts, up) = (Mutex::default(), Family::default(), Family::default());
        Supervisor { shared: Arc::new(SupervisorState { tasks, restarts, up, stop, pace }) }
    }

    /// The token that is cancelled when the node stops.
    pub fn stop(&self) -> &CancellationToken {
        &self.shared.stop
    }

    /// Starts a task that never ends by itself. It is dropped when the node stops. `make` is called for each run.
    pub fn start<F, T>(&self, name: &'static str, make: F) -> JoinHandle<()>
    where
        F: FnMut() -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        self.spawn(name, TaskKind::Endless, make)
    }

    /// Starts a task that ends by itself when its work is done, even after the node started to stop. Only a panic
    /// restarts it.
    pub fn start_draining<F, T>(&self, name: &'static str, make: F) -> JoinHandle<()>
    where
        F: FnMut() -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        self.spawn(name, TaskKind::Draining, make)
    }

    /// Returns the names of tasks that are down or stuck, each with the reason.
    pub fn down(&self) -> Vec<(&'static str, &'static str)> {
        let hung_after = self.shared.pace.hung_after;
        let down = |(name, task): (&&'static str, &TaskState)| Some((*name, task.fault(hung_after)?));
        self.tasks().iter().filter_map(down).collect()
    }

    /// Updates the metrics of tasks. A stuck task cannot report that itself.
    pub fn measure(&self) {
        for (name, task) in self.tasks().iter() {
            let is_up = task.fault(self.shared.pace.hung_after).is_none();
            self.shared.up.get_or_create(&TaskLabels { task: name }).set(i64::from(is_up));
        }
    }

    /// Adds the metrics of tasks to those of the server.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("task_restarts", "Restarts of long-lived tasks", self.shared.restarts.clone());
        registry.register("task_up", "Whether a long-lived task is running", self.shared.up.clone());
    }

    fn spawn<F, T>(&self, name: &'static str, kind: TaskKind, make: F) -> JoinHandle<()>
    where
        F: FnMut() -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        self.set(name, true);
        // Create the series with the value zero: alerts need it before the first restart.
        drop(self.shared.restarts.get_or_create(&TaskLabels { task: name }));
        tokio::spawn(self.clone().supervise(name, kind, make))
    }

    async fn supervise<F, T>(self, name: &'static str, kind: TaskKind, mut make: F)
    where
        F: FnMut() -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let pace = self.shared.pace;
        let mark = self.tasks().get(name).map(|task| Arc::clone(&task.mark)).unwrap_or_default();
        let mut pause = pace.pause;
        let mut is_restart = false;
        loop {
            let begun = Instant::now();
            // Making the task is part of the run, because it may panic, too.
            let run = AssertUnwindSafe(MARK.scope(Arc::clone(&mark), async { make().await })).catch_unwind();
            let steady = async {
                tokio::time::sleep(pace.steady_after).await;
                if is_restart {
                    self.set(name, true);
                }
                std::future::pending::<()>().await;
            };
            let stopped = async {
                match kind {
                    TaskKind::Endless => self.shared.stop.cancelled().await,
                    TaskKind::Draining => std::future::pending().await,
                }
            };
            let outcome = tokio::select! {
                biased;
                () = stopped => return,
                outcome = run => outcome,
                () = steady => return,
            };
            if kind == TaskKind::Draining && outcome.is_ok() {
                return;
            }
            self.set(name, false);
            if self.shared.stop.is_cancelled() && kind == TaskKind::Endless {
                return;
            }
            if begun.elapsed() > pace.pause_max {
                pause = pace.pause;
            }
            let why = if outcome.is_ok() { "it ended" } else { "it panicked" };
            tracing::error!(task = name, why, retry_ms = pause.as_millis() as u64, "a task is down; restarting it");
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.shared.stop.cancelled(), if kind == TaskKind::Endless => return,
            }
            self.shared.restarts.get_or_create(&TaskLabels { task: name }).inc();
            pause = (pause * 2).min(pace.pause_max);
            is_restart = true;
        }
    }

    fn set(&self, name: &'static str, is_up: bool) {
        self.tasks().entry(name).or_insert_with(|| TaskState { is_up, mark: WorkMark::default() }).is_up = is_up;
        self.shared.up.get_or_create(&TaskLabels { task: name }).set(i64::from(is_up));
    }

    fn tasks(&self) -> MutexGuard<'_, BTreeMap<&'static str, TaskState>> {
        self.shared.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const PACE: RestartPace = RestartPace {
        hung_after: Duration::from_millis(100),
        pause: Duration::from_millis(40),
        pause_max: Duration::from_millis(160),
        steady_after: Duration::from_millis(200),
    };

    fn supervisor() -> Supervisor {
        Supervisor::with_pace(CancellationToken::new(), PACE)
    }

    fn names(supervisor: &Supervisor) -> Vec<&'static str> {
        supervisor.down().into_iter().map(|(name, _)| name).collect()
    }

    #[tokio::test]
    async fn n27_a_task_whose_work_does_not_end_is_named_until_it_does() {
        let supervisor = supervisor();
        let (end, ended) = tokio::sync::watch::channel(false);
        supervisor.start("hangs", move || {
            let mut ended = ended.clone();
            async move {
                let work = working();
                work.go_on();
                let _ = ended.wait_for(|ended| *ended).await;
                drop(work);
                std::future::pending::<()>().await;
            }
        });
        supervisor.start("waits", || async {
            drop(working());
            std::future::pending::<()>().await;
        });
        assert!(supervisor.down().is_empty());
        wait_for(|| names(&supervisor) == ["hangs"]).await;
        let up = || {
            supervisor.measure();
            supervisor.shared.up.get_or_create(&TaskLabels { task: "hangs" }).get()
        };
        assert_eq!(up(), 0);
        end.send_replace(true);
        wait_for(|| supervisor.down().is_empty()).await;
        assert_eq!(up(), 1);
    }

    async fn wait_for(condition: impl Fn() -> bool) {
        for _ in 0..10_000 {
            if condition() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("the condition was never met");
    }

    #[tokio::test]
    async fn n27_a_task_that_panics_is_restarted_and_is_down_until_it_runs_steadily() {
        let supervisor = supervisor();
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        supervisor.start("fragile", move || {
            let run = counted.fetch_add(1, Ordering::Relaxed);
            async move {
                match run {
                    0 => panic!("the first run fails"),
                    1 => {}
                    _ => std::future::pending().await,
                }
            }
        });
        assert!(supervisor.down().is_empty());
        wait_for(|| names(&supervisor) == ["fragile"]).await;
        wait_for(|| runs.load(Ordering::Relaxed) == 3).await;
        assert_eq!(names(&supervisor), ["fragile"], "a restart alone does not prove that the task runs");
        wait_for(|| supervisor.down().is_empty()).await;
        assert_eq!(runs.load(Ordering::Relaxed), 3, "a task is restarted after it ended and after a panic");
        let labels = TaskLabels { task: "fragile" };
        assert_eq!(supervisor.shared.restarts.get_or_create(&labels).get(), 2);
    }

    #[tokio::test]
    async fn n27_pauses_between_restarts_double_and_stop_ends_an_endless_task() {
        let supervisor = supervisor();
        let (begun, runs) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
        let noted = Arc::clone(&runs);
        let broken = supervisor.start("broken", move || {
            noted.lock().expect("one test").push(begun.elapsed());
            async { panic!("always") }
        });
        wait_for(|| runs.lock().expect("one test").len() == 4).await;
        let times = runs.lock().expect("one test").clone();
        let pauses: Vec<Duration> = times.windows(2).map(|two| two[1].abs_diff(two[0])).collect();
        assert!(pauses.iter().zip([40, 80, 160]).all(|(pause, least)| pause.as_millis() >= least), "{pauses:?}");
        let waits = supervisor.start("waits", std::future::pending);
        supervisor.stop().cancel();
        waits.await.expect("the task ends");
        broken.await.expect("the task is not restarted forever");
    }

    #[tokio::test]
    async fn n27_a_draining_task_ends_by_itself_and_outlives_the_stop() {
        let supervisor = supervisor();
        let (send, receive) = tokio::sync::oneshot::channel::<()>();
        let mut receive = Some(receive);
        let drains = supervisor.start_draining("drains", move || {
            let receive = receive.take();
            async move {
                if let Some(receive) = receive {
                    let _ = receive.await;
                }
            }
        });
        supervisor.stop().cancel();
        tokio::time::sleep(PACE.pause_max).await;
        assert!(!drains.is_finished());
        send.send(()).expect("the task receives");
        drains.await.expect("the task ends");
        assert!(supervisor.down().is_empty());
    }
}
