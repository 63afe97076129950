//! What all operator commands share: opening an existing registry, and changes that are decided at the head of the log
//! by the same rules as changes over HTTP.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use clap::Args;
use peerage_access::acts::{Deeds, NOTE_LETTERS_MAX};
use peerage_access::{AccessError, Desk, People, Principal, RecordStep, ServerKey};
use peerage_registry::moment::Micros;
use peerage_registry::{Actor, Cause, Change, Entry, Event, Head, Snapshot};
use peerage_store::{AppendError, Judge, Location, Store, StoreError};

use crate::chance::{Chance, now};
use crate::failure::usage;
use crate::progress::Progress;
use crate::settings::Config;
use crate::settings::flags::{Common, Serving};
use crate::{server_key, store};

/// How often a change is retried when others write at the same time.
const ATTEMPTS_MAX: u32 = 5;
/// How often other random bytes are tried. Even the second try is rare.
const CHANCES_MAX: u32 = 8;

/// Flags of every command here.
#[derive(Debug, Clone, Default, Args)]
pub struct Told {
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub common: Common,
}

/// Flags of every command that changes something.
#[derive(Debug, Clone, Default, Args)]
pub struct Writing {
    /// Reason, recorded in the audit log.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Show what would change without changing anything.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub told: Told,
}

/// A registry with its people, as they are when a command begins.
pub struct Office {
    pub store: Store,
    pub location: Location,
    pub config: Config,
    pub snapshot: Snapshot,
    pub people: People,
    pub progress: Arc<Progress>,
    pub now: Micros,
}

/// Opens the registry, which has to be there.
pub async fn open_store(common: &Common) -> anyhow::Result<(Store, Location, Config, Arc<Progress>)> {
    let config = Config::resolve(common, &Serving::default())?;
    crate::logging::start(&config.log)?;
    let location = store::location(&config)?;
    let progress = Progress::new();
    let store = store::open_existing(&location, &mut Chance::new()?).await?;
    Ok((store, location, config, progress))
}

impl Office {
    /// Opens the registry, which has to be there, and loads it.
    pub async fn open(common: &Common) -> anyhow::Result<Office> {
        let (store, location, config, progress) = open_store(common).await?;
        Office::at(store, location, config, progress).await
    }

    /// The same at a registry that is open already.
    pub async fn at(
        store: Store,
        location: Location,
        config: Config,
        progress: Arc<Progress>,
    ) -> anyhow::Result<Office> {
        let (snapshot, people) = store::load_all(&store, &progress).await?;
        progress.end();
        Ok(Office { store, location, config, snapshot, people, progress, now: now() })
    }

    /// The secret under which keys are stored. Only commands that make or compare secrets ask for it: to look at a list
    /// shall not need it.
    pub async fn server_key(&self) -> anyhow::Result<ServerKey> {
        server_key::load(&self.config, &self.location, &self.store).await
    }

    /// Where clients reach the server, as far as the settings tell.
    pub fn site(&self) -> String {
        self.config.site()
    }

    /// An organization that is there.
    pub fn org(&self, id: u32) -> anyhow::Result<u32> {
        let is_alive = peerage_access::Organizations::is_alive(&self.snapshot, id);
        anyhow::ensure!(is_alive, "org: there is no organization {id}");
        Ok(id)
    }

    /// Has something done: judged at the head of the log, written as a whole or not at all. The judge may be asked more
    /// than once, and its last word counts.
    pub async fn act<T, F>(&mut self, command: &str, writing: &Writing, mut judge: F) -> anyhow::Result<T>
    where
        T: Send + 'static,
        F: FnMut(&Desk<'_>, &mut Chance) -> Verdict<T> + Send + 'static,
    {
        let judge = move |desk: &Desk<'_>, _: &Snapshot, chance: &mut Chance| {
            judge(desk, chance).map(|(told, records)| (told, Deeds { records, ..Deeds::default() }))
        };
        self.act_on_rows(command, writing, judge).await
    }

    /// The same for what changes rows of the registry, too.
    pub async fn act_on_rows<T, F>(&mut self, command: &str, writing: &Writing, judge: F) -> anyhow::Result<T>
    where
        T: Send + 'static,
        F: FnMut(&Desk<'_>, &Snapshot, &mut Chance) -> Result<(T, Deeds), AccessError> + Send + 'static,
    {
        let actor = actor(command)?;
        let words = words(writing.reason.as_deref())?;
        let judge = Arc::new(Mutex::new(judge));
        for _ in 0..ATTEMPTS_MAX {
            let mut clerk = Clerk {
                snapshot: self.snapshot.clone(),
                people: self.people.clone(),
                chance: Chance::new()?,
                actor: actor.clone(),
                words: words.clone(),
                judge: Arc::clone(&judge),
                told: None,
            };
            if writing.dry_run {
                let decided = clerk.decide(&self.snapshot, &self.people, now());
                return decided.map(|(told, _)| told).map_err(Refusal::into_error);
            }
            match self.store.append(self.snapshot.head(), clerk).await {
                Ok(appended) => {
                    self.store.settle().await;
                    return appended.judge.told.context("what was written was judged");
                }
                Err(AppendError::Refused(refusal)) => return Err(refusal.into_error()),
                // Others have written more than can be followed: everything is loaded anew.
                Err(AppendError::Store(StoreError::Reload(_))) => {
                    (self.snapshot, self.people) = store::load_all(&self.store, &self.progress).await?;
                    self.progress.end();
                }
                // Its words say that nobody knows whether it is done.
                Err(AppendError::Store(error @ StoreError::Unknown(_))) => return Err(error.into()),
                Err(AppendError::Store(error)) => return Err(anyhow::Error::new(error).context("nothing was changed")),
            }
        }
        anyhow::bail!("nothing was changed: other processes are writing to the registry all the time. Try again later")
    }
}

/// What a judge says: what the command wants to be told, and the steps.
pub type Verdict<T> = Result<(T, Vec<RecordStep>), AccessError>;

/// Why nothing was done.
enum Refusal {
    Access(AccessError),
    /// Another process wrote something that this program cannot read: what cannot be read cannot be judged.
    Unreadable(String),
}

impl Refusal {
    fn into_error(self) -> anyhow::Error {
        match self {
            // A value that makes no sense is a mistake of the call; everything else depends on what is kept.
            Refusal::Access(error @ AccessError::Field { .. }) => usage(error.to_string()),
            Refusal::Access(error) => error.into(),
            Refusal::Unreadable(why) => anyhow::anyhow!("nothing was changed because a record cannot be read: {why}"),
        }
    }
}

/// The name of whoever runs the program, in the log.
pub const COMMAND_LINE: &str = "command line";

/// Who acts, as the log names it: nobody's person, so that nothing of it ever has to be erased.
pub fn actor(command: &str) -> anyhow::Result<Actor> {
    Ok(Actor {
        name: COMMAND_LINE.to_owned(),
        agent: Some(format!("peerage/{} {command}", env!("CARGO_PKG_VERSION"))),
        request: Some(Chance::new()?.id()),
        ..Actor::default()
    })
}

/// Checks the operator's reason: one line that a log can hold.
pub fn words(reason: Option<&str>) -> anyhow::Result<Option<String>> {
    let Some(reason) = reason.map(str::trim).filter(|reason| !reason.is_empty()) else { return Ok(None) };
    if reason.chars().count() > NOTE_LETTERS_MAX || reason.chars().any(char::is_control) {
        return Err(usage(format!("reason: expected one line of at most {NOTE_LETTERS_MAX} characters")));
    }
    Ok(Some(reason.to_owned()))
}

/// Judges one change under the lock of the log.
struct Clerk<T, F> {
    /// As they were when the command began.
    snapshot: Snapshot,
    people: People,
    chance: Chance,
    actor: Actor,
    words: Option<String>,
    /// Shared, because a judge is lost when the rows have to be loaded anew.
    judge: Arc<Mutex<F>>,
    told: Option<T>,
}

impl<T, F: FnMut(&Desk<'_>, &Snapshot, &mut Chance) -> Result<(T, Deeds), AccessError>> Clerk<T, F> {
    fn decide(&mut self, snapshot: &Snapshot, people: &People, now: Micros) -> Result<(T, Deeds), Refusal> {
        let operator = Principal::operator();
        let desk = Desk { people, organizations: snapshot, by: &operator, now };
        let mut judge = self.judge.lock().unwrap_or_else(PoisonError::into_inner);
        let mut verdict = judge(&desk, snapshot, &mut self.chance);
        for _ in 1..CHANCES_MAX {
            if !matches!(verdict, Err(AccessError::TryAgain)) {
                break;
            }
            verdict = judge(&desk, snapshot, &mut self.chance);
        }
        verdict.map_err(Refusal::Access)
    }

    /// The actor of one step. The operator's words are kept beside it and decide nothing.
    fn actor_of(&self, reason: Option<String>, cause: Option<Cause>) -> Arc<str> {
        let actor = Actor { cause, reason, note: self.words.clone(), ..self.actor.clone() };
        serde_json::to_string(&actor).expect("an actor has text keys").into()
    }
}

impl<T, F> Judge for Clerk<T, F>
where
    T: Send + 'static,
    F: FnMut(&Desk<'_>, &Snapshot, &mut Chance) -> Result<(T, Deeds), AccessError> + Send + 'static,
{
    type Refusal = Refusal;

    fn judge(&mut self, _: Head, missed: Vec<Event>) -> Result<Box<dyn Iterator<Item = Entry> + '_>, Refusal> {
        let (mut snapshot, mut people) = (self.snapshot.clone(), self.people.clone());
        snapshot.advance(&missed);
        people.apply(&missed).map_err(|error| Refusal::Unreadable(error.to_string()))?;
        let at = now();
        let (told, deeds) = self.decide(&snapshot, &people, at)?;
        self.told = Some(told);
        let mut entries = Vec::with_capacity(deeds.rows.len() + deeds.records.len());
        for step in deeds.rows {
            entries.push(Entry {
                at,
                actor: self.actor_of(deeds.reason.clone(), deeds.cause.clone()),
                action: step.action,
                id: step.id,
                change: Change::Row { resource: step.resource, before: step.before, after: step.after },
                org: step.org,
                salt: self.chance.salt(),
            });
        }
        for step in deeds.records {
            entries.push(Entry {
                at,
                actor: self.actor_of(step.reason, step.cause),
                action: step.action,
                id: step.id,
                change: Change::Record { record: step.record, before: step.before, after: step.after },
                org: step.org,
                salt: self.chance.salt(),
            });
        }
        Ok(Box::new(entries.into_iter()))
    }
}
