//! Shared by all operator commands: opening an existing registry, and changes that are decided at the head of the log
//! by the same rules as changes over HTTP.

use std::sync::Arc;

use clap::Args;
use peerage_access::acts::joining::JoinContext;
use peerage_access::acts::{NOTE_LETTERS_MAX, PlannedSteps};
use peerage_access::{AccessContext, AccessError, People, RecordStep, ServerKey};
use peerage_engine::facts::NoFacts;
use peerage_engine::{
    Caller, CommitSteps, DecisionContext, Engine, EngineFailure, Environment, LiveRegistry, Rejected, Supervisor,
};
use peerage_registry::ids::OrgId;
use peerage_registry::moment::Moment;
use peerage_registry::{Actor, Snapshot};
use peerage_store::{Store, StoreLocation};
use tokio_util::sync::CancellationToken;

use crate::chance::SystemRandom;
use crate::failure::usage;
use crate::operator::login;
use crate::parts::SystemEnvironment;
use crate::progress::ProgressLine;
use crate::settings::Config;
use crate::settings::flags::{CommonFlags, ServerFlags};
use crate::wiring::engine_rules;
use crate::{server_key, store};

/// How often other random bytes are tried. Even a second attempt is rare.
const CHANCES_MAX: u32 = 8;

/// Flags of every operator command.
#[derive(Debug, Clone, Default, Args)]
pub struct OutputArgs {
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub common: CommonFlags,
}

/// Flags of every command that changes something.
#[derive(Debug, Clone, Default, Args)]
pub struct ChangeArgs {
    /// Reason, recorded in the audit log.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Show what would change without changing anything.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// A registry with its people, as loaded for this command.
pub struct OperatorContext {
    pub store: Store,
    pub location: StoreLocation,
    pub config: Config,
    pub snapshot: Arc<Snapshot>,
    pub people: Arc<People>,
    pub progress: Arc<ProgressLine>,
    pub now: Moment,
    engine: Engine,
}

/// Opens the registry, which has to exist.
pub async fn open_store(common: &CommonFlags) -> anyhow::Result<(Store, StoreLocation, Config, Arc<ProgressLine>)> {
    let config = Config::resolve(common, &ServerFlags::default())?;
    crate::logging::start(&config.log)?;
    let location = store::location(&config)?;
    let progress = ProgressLine::new();
    let store = store::open_existing(&location, &mut SystemRandom::new()?).await?;
    Ok((store, location, config, progress))
}

impl OperatorContext {
    /// Opens the registry, which has to exist, and loads it.
    pub async fn open(common: &CommonFlags) -> anyhow::Result<OperatorContext> {
        let (store, location, config, progress) = open_store(common).await?;
        OperatorContext::at(store, location, config, progress).await
    }

    /// Loads a registry that is open already.
    pub async fn at(
        store: Store,
        location: StoreLocation,
        config: Config,
        progress: Arc<ProgressLine>,
    ) -> anyhow::Result<OperatorContext> {
        let environment = Arc::new(SystemEnvironment::new(store.clone())?);
        OperatorContext::in_environment(store, location, config, progress, environment).await
    }

    /// Loads a registry that is open already, for changes by another clock.
    pub async fn in_environment(
        store: Store,
        location: StoreLocation,
        config: Config,
        progress: Arc<ProgressLine>,
        environment: Arc<dyn Environment>,
    ) -> anyhow::Result<OperatorContext> {
        let (snapshot, people) = store::load_all(&store, &progress).await?;
        progress.end();
        let now = environment.now();
        let live = LiveRegistry::new(snapshot, people, String::new());
        let rules = engine_rules(&config);
        let supervisor = Supervisor::new(CancellationToken::new());
        let engine =
            Engine::start(Arc::clone(&live), store.clone(), environment, Arc::new(NoFacts), rules, &supervisor);
        let state = live.full();
        let (snapshot, people) = (Arc::clone(&state.snapshot), Arc::clone(&state.people));
        Ok(OperatorContext { store, location, config, snapshot, people, progress, now, engine })
    }

    /// Returns the server key, under which keys are stored. Only commands that make or compare secrets read it, because
    /// viewing a list must not need it.
    pub async fn server_key(&self) -> anyhow::Result<ServerKey> {
        server_key::load(&self.config, &self.location, &self.store).await
    }

    /// Returns the address of the server, as far as the settings determine it.
    pub fn site(&self) -> String {
        self.config.site()
    }

    /// Checks that an organization exists.
    pub fn org(&self, id: OrgId) -> anyhow::Result<OrgId> {
        let is_alive = peerage_access::Organizations::is_alive(&*self.snapshot, id);
        anyhow::ensure!(is_alive, "org: there is no organization {id}");
        Ok(id)
    }

    /// Makes a change: decided at the head of the log, and written as a whole or not at all. The decision may be
    /// repeated; its last result counts.
    pub async fn act<T, F>(&mut self, command: &str, writing: &ChangeArgs, mut decide_at_head: F) -> anyhow::Result<T>
    where
        T: Send + 'static,
        F: FnMut(&AccessContext<'_>, &mut SystemRandom) -> OperatorResult<T> + Send + 'static,
    {
        let decide_at_head = move |act_context: &AccessContext<'_>, _: &JoinContext<'_>, chance: &mut SystemRandom| {
            decide_at_head(act_context, chance)
                .map(|(output, records)| (output, PlannedSteps { records, ..PlannedSteps::default() }))
        };
        self.act_on_rows(command, writing, decide_at_head).await
    }

    /// Makes a change that may also change rows of the registry.
    pub async fn act_on_rows<T, F>(
        &mut self,
        command: &str,
        writing: &ChangeArgs,
        mut decide_at_head: F,
    ) -> anyhow::Result<T>
    where
        T: Send + 'static,
        F: FnMut(&AccessContext<'_>, &JoinContext<'_>, &mut SystemRandom) -> Result<(T, PlannedSteps), AccessError>
            + Send
            + 'static,
    {
        let caller = Caller::operator(Actor { note: words(writing.reason.as_deref())?, ..actor(command)? });
        let mut chance = SystemRandom::new()?;
        let decide = move |context: &DecisionContext<'_>| {
            let act_context = context.access_context();
            let mut decision = decide_at_head(&act_context, &context.join_context(), &mut chance);
            for _ in 1..CHANCES_MAX {
                if !matches!(decision, Err(AccessError::TryAgain)) {
                    break;
                }
                decision = decide_at_head(&act_context, &context.join_context(), &mut chance);
            }
            let (output, planned) = decision?;
            Ok((output, CommitSteps::admitted(&act_context, planned)?))
        };
        if writing.dry_run {
            return self.engine.rehearse(&caller, decide).await.map(|made| made.outcome).map_err(into_error);
        }
        self.commit(&caller, decide).await
    }

    /// Commits what is decided at the head of the log, and follows it.
    pub async fn commit<T, F>(&mut self, caller: &Caller, decide: F) -> anyhow::Result<T>
    where
        T: Send + 'static,
        F: FnMut(&DecisionContext<'_>) -> Result<(T, CommitSteps), AccessError> + Send + 'static,
    {
        let made = self.engine.commit(caller, decide).await.map_err(into_error)?;
        self.snapshot = Arc::clone(&made.state.snapshot);
        self.people = Arc::clone(&made.state.people);
        self.store.settle().await;
        Ok(made.outcome)
    }
}

/// Words the refusal for the command line.
fn into_error(rejected: Rejected<AccessError>) -> anyhow::Error {
    match rejected {
        // An invalid value is a mistake in the call. Everything else depends on what is stored.
        Rejected::Refused(error @ AccessError::Field { .. }) => usage(error.to_string()),
        Rejected::Refused(error) => error.into(),
        // The text says that it is unknown whether the change was made.
        Rejected::Failed(failure @ EngineFailure::Unknown(_)) => failure.into(),
        Rejected::Failed(failure) => anyhow::Error::new(failure).context("nothing was changed"),
        Rejected::Caller(_) | Rejected::Repeated { .. } | Rejected::FactsMissing => {
            anyhow::anyhow!("nothing was changed: an internal error of the command")
        }
    }
}

/// The result of a decision: the value for the command, and the steps.
pub type OperatorResult<T> = Result<(T, Vec<RecordStep>), AccessError>;

/// The name in the log of anyone who runs the program.
pub const COMMAND_LINE: &str = "command line";

/// Returns the actor for the log. It names no account, so it never has to be erased.
pub fn actor(command: &str) -> anyhow::Result<Actor> {
    Ok(Actor {
        name: COMMAND_LINE.to_owned(),
        agent: Some(format!("peerage/{} {command}", env!("CARGO_PKG_VERSION"))),
        operator: Some(login::name()),
        request: Some(SystemRandom::new()?.id()),
        ..Actor::default()
    })
}

/// Checks the operator's reason: one line that the log can hold.
pub fn words(reason: Option<&str>) -> anyhow::Result<Option<String>> {
    let Some(reason) = reason.map(str::trim).filter(|reason| !reason.is_empty()) else { return Ok(None) };
    if reason.chars().count() > NOTE_LETTERS_MAX || reason.chars().any(char::is_control) {
        return Err(usage(format!("reason: expected one line of at most {NOTE_LETTERS_MAX} characters")));
    }
    Ok(Some(reason.to_owned()))
}
