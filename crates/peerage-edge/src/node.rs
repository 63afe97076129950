//! The state that everything that answers requests shares.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use peerage_access::key_string::ENTROPY_BYTES;
use peerage_access::{Principal, ServerKey};
use peerage_engine::readiness::Readiness;
use peerage_engine::{Engine, Environment, FactSource, LiveRegistry, SessionPresence, Supervisor};
use peerage_store::Store;

use crate::edge::RequestSource;
use crate::errors::ApiError;
use crate::hashing::HashQueue;
use crate::heavy::HeavyPool;
use crate::log_reads::LogReads;
use crate::measure::ServerMetrics;
use crate::position::PositionWaiters;
use crate::quota::{OwnLimits, PerClient, PerMinute, QuotaLeft, QuotaSubject, RefusalCounts};
use crate::sending::LongAnswers;
use crate::settings::{EdgeLimits, EdgeSettings};
use crate::uses::UseCounts;

/// One node of a registry: the state that the API, the pages and the identity provider share.
pub struct Node {
    pub engine: Engine,
    pub live: Arc<LiveRegistry>,
    pub store: Store,
    pub environment: Arc<dyn Environment>,
    /// When sessions were used.
    pub presence: Arc<SessionPresence>,
    /// Starts and watches the long-lived tasks.
    pub supervisor: Supervisor,
    pub settings: EdgeSettings,
    pub measures: Arc<ServerMetrics>,
    pub server_key: ServerKey,
    /// The principal of everyone without credentials.
    pub anonymous: Arc<Principal>,
    pub quotas: NodeQuotas,
    pub uses: UseCounts,
    pub hashing: Arc<HashQueue>,
    /// The pool for queries, exports and long bodies that take long.
    pub heavy: HeavyPool,
    /// Long answers that are being sent.
    pub long_answers: Arc<LongAnswers>,
    /// Requests that read the log.
    pub log_reads: Arc<LogReads>,
    /// Requests that wait until this node shows a change.
    pub waiters: Arc<PositionWaiters>,
    /// Requests that wait until this node knows a credential that another node or the operator may just have made. They
    /// are apart, because anyone can invent one of the right form.
    pub credential_waiters: Arc<PositionWaiters>,
}

/// What the caller passes in to start a node.
pub struct NodeParts {
    pub live: Arc<LiveRegistry>,
    pub store: Store,
    pub server_key: ServerKey,
    pub environment: Arc<dyn Environment>,
    pub facts: Arc<dyn FactSource>,
    /// The number of log lines that were lost so far.
    pub lost_log_lines: Arc<AtomicU64>,
}

impl Node {
    /// Starts the task that writes.
    pub fn start(parts: NodeParts, settings: EdgeSettings, supervisor: &Supervisor) -> Arc<Node> {
        let NodeParts { live, store, server_key, environment, facts, lost_log_lines } = parts;
        let rules = settings.rules.clone();
        let engine =
            Engine::start(Arc::clone(&live), store.clone(), Arc::clone(&environment), facts, rules, supervisor);
        engine.log_changes();
        Arc::new(Node {
            presence: Arc::clone(engine.presence()),
            measures: Arc::new(ServerMetrics::new(supervisor, engine.measures(), lost_log_lines)),
            engine,
            quotas: NodeQuotas::new(&settings.limits),
            anonymous: Arc::new(Principal::anonymous()),
            uses: UseCounts::default(),
            hashing: Arc::default(),
            heavy: HeavyPool::default(),
            long_answers: LongAnswers::new(&settings.limits),
            log_reads: Arc::default(),
            waiters: Arc::default(),
            credential_waiters: Arc::default(),
            live,
            store,
            supervisor: supervisor.clone(),
            settings,
            server_key,
            environment,
        })
    }

    /// Returns how long the database has been silent, if it is so long that credentials can no longer be checked: they may
    /// have been revoked meanwhile.
    pub fn staleness(&self) -> Option<Duration> {
        let silence = self.store.silence();
        (silence > self.settings.stale_after).then_some(silence)
    }

    /// Whether this node knows what other nodes have changed, within the limit of the settings.
    pub fn is_current(&self) -> bool {
        self.staleness().is_none() && !self.live.readiness.is_failing(&[Readiness::LOG_NOT_FOLLOWED])
    }

    /// Returns random bytes for two texts.
    pub fn entropy(&self) -> [[u8; ENTROPY_BYTES]; 2] {
        let mut entropy = [[0; ENTROPY_BYTES]; 2];
        for bytes in &mut entropy {
            self.environment.fill(bytes);
        }
        entropy
    }

    /// Counts a change by the API or a page: by key, person or address, and also for all keys of one organization
    /// together.
    ///
    /// # Errors
    /// 429 if there were too many.
    pub fn count_write(&self, principal: &Principal, source: RequestSource) -> Result<Option<QuotaLeft>, ApiError> {
        let throttled = |wait| ApiError::Throttled { wait };
        if let Some(org) = principal.key().and_then(|key| key.org) {
            self.quotas.writes_of_org.check(&QuotaSubject::Org(org)).map_err(throttled)?;
        }
        let left = match (principal.key(), principal.user()) {
            (Some(key), _) => self.quotas.writes.check(&QuotaSubject::Key(key.id)),
            (None, Some(user)) => self.quotas.writes.check(&QuotaSubject::User(user)),
            (None, None) => self.quotas.writes_of_client.check(source.address),
        };
        left.map_err(throttled)
    }
}

/// The number of accounts that one client may request in a day, if mails are limited at all.
const REGISTRATIONS_A_DAY: u32 = 20;

/// Limits on what callers may do.
pub struct NodeQuotas {
    /// Requests of any kind.
    pub requests: PerClient,
    pub writes: PerMinute,
    /// Changes by anonymous callers.
    pub writes_of_client: PerClient,
    pub writes_of_org: PerMinute,
    /// Password attempts for one account.
    pub passwords: PerMinute,
    /// Guesses at secrets, wherever they come from.
    pub guesses: PerClient,
    pub members: PerMinute,
    /// Page requests without a login.
    pub pages: PerClient,
    /// Mails requested without a login.
    pub mails: PerClient,
    pub joins: PerClient,
    /// Previews of imports, for which a member list is fetched.
    pub previews: PerClient,
    /// Lookups of registrations for forms that are filled in.
    pub lookups: PerClient,
    /// Requests for accounts.
    pub registrations: PerClient,
    pub own: OwnLimits,
    pub refusals: RefusalCounts,
}

impl NodeQuotas {
    pub fn new(limits: &EdgeLimits) -> NodeQuotas {
        NodeQuotas {
            requests: PerClient::per_second(limits.requests_per_second, limits.requests_burst),
            writes: PerMinute::new(limits.writes_per_minute),
            writes_of_client: PerClient::per_minute(limits.writes_per_minute),
            writes_of_org: PerMinute::new(limits.writes_per_minute_per_org),
            passwords: PerMinute::new(limits.passwords_per_minute),
            guesses: PerClient::guesses(limits.passwords_per_minute),
            // One a second (spec/write-api.md, 7.3), if changes are limited at all.
            members: PerMinute::new(if limits.writes_per_minute == 0 { 0 } else { 60 }),
            pages: PerClient::per_minute(limits.pages_per_minute),
            mails: PerClient::per_minute(limits.mails_per_minute),
            // One a minute (spec/ixf.md, 2), if changes are limited at all.
            previews: PerClient::per_minute(u32::from(limits.writes_per_minute != 0)),
            // Ten a minute by default: nobody types more numbers.
            lookups: PerClient::per_minute(limits.writes_per_minute.div_ceil(10)),
            // Three a minute (spec/accounts.md, 14), if mails are limited at all.
            joins: PerClient::per_minute(if limits.mails_per_minute == 0 { 0 } else { 3 }),
            registrations: PerClient::per_day(if limits.mails_per_minute == 0 { 0 } else { REGISTRATIONS_A_DAY }),
            own: OwnLimits::default(),
            refusals: RefusalCounts::new(limits.refusals_per_minute),
        }
    }

    pub fn forget_quiet(&self) {
        for bound in [&self.writes, &self.writes_of_org, &self.passwords, &self.members] {
            bound.forget_quiet();
        }
        for bound in [
            &self.requests,
            &self.writes_of_client,
            &self.guesses,
            &self.pages,
            &self.mails,
            &self.joins,
            &self.previews,
            &self.lookups,
            &self.registrations,
        ] {
            bound.forget_quiet();
        }
        self.refusals.forget_quiet(Instant::now());
    }
}
