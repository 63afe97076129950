//! `peerage audit erase`: permanently erases personal data from the log, as the law may require. The digests stay, so
//! that the hash chain remains valid.

use std::collections::BTreeSet;

use clap::Args;
use peerage_access::acts::users::is_closed;
use peerage_access::acts::{AccessError, erasing};
use peerage_access::records::personal::{PersonIdentity, actor_value};
use peerage_access::{AccessContext, KeyKind};
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::Moment;
use peerage_registry::{
    Action, Actor, Cause, ErasedEvents, Event, EventChange, EventSubject, LogEntry, LogHead, Record,
};
use peerage_schema::Resource;
use peerage_store::{AUDIT_EVENTS_MAX, AppendError, AuditEvent, AuditQuery, Store, StoreError};
use serde_json::json;

use crate::chance::{SystemRandom, now};
use crate::failure::usage;
use crate::operator::act::{COMMAND_LINE, ChangeArgs, OperatorContext, OutputArgs, actor, words};
use crate::operator::audit::subject;
use crate::operator::{read, table};
use crate::store::block_on;

/// How often an erasure is retried when others write at the same time.
const ATTEMPTS_MAX: u32 = 5;

const EXPLAINED: &str = "\
--person erases everything that the log and the registry hold about a person: the
account with its password, sessions, second factors, links, recoveries, requests,
consents and personal keys with their usage; invitations and key contacts at the
person's addresses; and the actor, address and client of each change that the
person made. Texts of others are erased where they name the person. Close the
account first: peerage user close USER.

--object erases what the log holds about one object. The current object is not
changed: change or delete it first.

The log records the erasure with its reason, but without the data. Copies made
earlier still hold the data: renew backups, exports and mirrors yourself. On
SQLite the file is rewritten, and nobody can write during that time.";

#[derive(Debug, Args)]
#[command(after_help = EXPLAINED)]
#[group(id = "what", required = true, multiple = false, args = ["person", "object"])]
pub struct EraseFromLog {
    /// Person whose account is closed: ID, or closed-account-ID.
    #[arg(long, value_name = "USER")]
    person: Option<String>,
    /// Object to erase, such as `poc 42`.
    #[arg(long, num_args = 2, value_names = ["KIND", "ID"])]
    object: Option<Vec<String>>,
    /// Confirm the erasure. It cannot be undone.
    #[arg(long, required = true)]
    yes_erase_for_good: bool,
    /// Reason, recorded in the audit log. Do not name a person here.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    output: OutputArgs,
}

impl EraseFromLog {
    pub fn run(self) -> anyhow::Result<()> {
        let Some(reason) = words(Some(&self.reason))? else { return Err(usage("reason: may not be empty")) };
        let (row, is_scrubbed) = block_on(async {
            let mut operator_context = OperatorContext::open(&self.output.common).await?;
            let what = match (&self.person, &self.object) {
                (Some(person), _) => self.of_person(&mut operator_context, person).await?,
                (None, object) => of_object(&operator_context, object.as_deref().unwrap_or_default())?,
            };
            let about = what.about();
            let (counts, is_scrubbed) = erase(&mut operator_context, &what, &reason).await?;
            operator_context.store.settle().await;
            operator_context.progress.end();
            let row = json!({
                "erased": format!("{} {}", about.0.name(), about.1),
                "events_without_actor": counts.actors,
                "events_without_content": counts.rows,
                "is_scrubbed": is_scrubbed,
            });
            Ok((row, is_scrubbed))
        })?;
        table::one(self.output.json, &row)?;
        anyhow::ensure!(
            is_scrubbed,
            "some erased data is still in the database file, because it is in use or the disk is full; it goes \
             with the next erasure, or when the registry is opened again"
        );
        Ok(())
    }

    /// Finds what must be erased about a person. Data in the registry itself is emptied first.
    async fn of_person(&self, operator_context: &mut OperatorContext, person: &str) -> anyhow::Result<EraseTarget> {
        let id = read::user(&operator_context.people, person)?;
        let is_shut = operator_context.people.user(id).is_none_or(|user| is_closed(user));
        anyhow::ensure!(is_shut, "person: account {id} is open. Close it first with `peerage user close {id}`");
        operator_context.progress.stage("looking for the person");
        let identity = known_as(&operator_context.store, id).await?;
        let writing = ChangeArgs { reason: Some(self.reason.clone()), dry_run: false, output: self.output.clone() };
        let shared = identity.clone();
        let decide = move |access_context: &AccessContext<'_>, _: &mut SystemRandom| {
            // The account may have been reopened in the meantime.
            if access_context.people.user(id).is_some_and(|user| !is_closed(user)) {
                return Err(AccessError::Refused(format!("person: account {id} is open")));
            }
            Ok(((), erasing::emptied(access_context, &shared)))
        };
        operator_context.act("audit erase", &writing, decide).await?;
        let keys = operator_context.people.keys().map(|entry| &*entry.key);
        let own = keys.filter(|key| key.user == Some(id) && key.kind != KeyKind::Org).map(|key| key.id).collect();
        operator_context.store.note_use(own, |_, _| "{}".to_owned()).await?;
        // Pending ceremonies name no person. Anyone who has started one starts again.
        operator_context.store.sweep_ceremonies(Moment::MAX).await?;
        Ok(EraseTarget::Person(identity))
    }
}

/// What to erase.
enum EraseTarget {
    Person(PersonIdentity),
    Object(EventSubject, u32),
}

impl EraseTarget {
    /// Returns the subject of the event that records the erasure.
    fn about(&self) -> (EventSubject, u32) {
        match self {
            EraseTarget::Person(identity) => (EventSubject::Record(Record::User), identity.user.get()),
            EraseTarget::Object(subject, id) => (*subject, *id),
        }
    }
}

/// Returns all names and addresses that an account ever had, as far as the log still contains them.
async fn known_as(store: &Store, user: UserId) -> anyhow::Result<PersonIdentity> {
    let mut identity = PersonIdentity::of(user);
    let query = AuditQuery {
        subject: Some(EventSubject::Record(Record::User)),
        object: Some(user.get()),
        ..AuditQuery::default()
    };
    each(store, query, |event| {
        for text in [&event.before, &event.after].into_iter().flatten() {
            if let Ok(value) = serde_json::from_str(text) {
                identity.learn(Record::User, &value);
            }
        }
    })
    .await?;
    Ok(identity)
}

/// Calls `look` with each event that matches the query, and returns the last one.
async fn each(store: &Store, mut query: AuditQuery, mut look: impl FnMut(&AuditEvent)) -> anyhow::Result<u64> {
    query.limit = AUDIT_EVENTS_MAX;
    loop {
        let page = store.audit_log(&query).await?;
        page.iter().for_each(&mut look);
        match page.last() {
            Some(last) => query.after = Some(last.sequence),
            None => return Ok(query.after.unwrap_or(0)),
        }
    }
}

/// Returns the events that lose their payload, from the whole log up to `head`.
async fn events_of(store: &Store, what: &EraseTarget, head: u64) -> anyhow::Result<ErasedEvents> {
    let mut found = ErasedEvents::default();
    // Records that belong to the person or name them. Changes by others to these may reveal an address.
    let mut own: BTreeSet<(Record, u32)> = BTreeSet::new();
    let query = AuditQuery { before: Some(head + 1), ..AuditQuery::default() };
    each(store, query, |event| {
        let texts = || [&event.before, &event.after].into_iter().flatten();
        let has_rows = texts().next().is_some();
        let identity = match what {
            EraseTarget::Object(subject, id) => {
                if (event.subject, event.id) == (*subject, *id) && has_rows {
                    found.rows.insert(event.sequence);
                }
                return;
            }
            EraseTarget::Person(identity) => identity,
        };
        let mut is_own = false;
        if let EventSubject::Record(record) = event.subject {
            let is_in = |text: &String| serde_json::from_str(text).is_ok_and(|value| identity.is_in(record, &value));
            if texts().any(is_in) {
                own.insert((record, event.id));
                found.rows.insert(event.sequence);
            }
            is_own = own.contains(&(record, event.id));
        }
        let Some(actor) = &event.actor else { return };
        let value = actor_value(actor);
        // An actor who was not logged in and acted on the person's records was that person, or cannot be told apart
        // from them.
        let is_nobody = value["user"].is_null() && value["name"] != COMMAND_LINE;
        if identity.acted(&value) || (is_own && is_nobody) {
            found.actors.insert(event.sequence);
        }
    })
    .await?;
    Ok(found)
}

fn of_object(operator_context: &OperatorContext, words: &[String]) -> anyhow::Result<EraseTarget> {
    let [kind, id] = words else { return Err(usage("object: expected a kind and an ID, such as `poc 42`")) };
    let kind = subject(kind).map_err(|error| usage(format!("object: {kind:?}: {error}")))?;
    let id: u32 = id.parse().map_err(|_| usage(format!("object: {id:?} is not an ID")))?;
    let account = match kind {
        EventSubject::Record(Record::User | Record::Password) => operator_context.people.user(UserId::new(id)),
        _ => None,
    };
    if account.is_some_and(|user| !is_closed(user)) {
        anyhow::bail!("object: account {id} is open. Close it first with `peerage user close {id}`");
    }
    Ok(EraseTarget::Object(kind, id))
}

/// Erases the events, and appends the event that records the erasure and names each of them. Its actor is no person, so
/// it never has to be erased itself.
async fn erase(
    operator_context: &mut OperatorContext,
    what: &EraseTarget,
    reason: &str,
) -> anyhow::Result<(peerage_store::ErasureCounts, bool)> {
    let (subject, id) = what.about();
    let change = match subject {
        EventSubject::Row(resource) => EventChange::Row { resource, before: None, after: None },
        EventSubject::Record(record) => EventChange::Record { record, before: None, after: None },
    };
    let org = match subject {
        EventSubject::Row(resource) => org_of(operator_context, resource, id),
        EventSubject::Record(_) => None,
    };
    for _ in 0..ATTEMPTS_MAX {
        let known = operator_context.store.head().await?;
        operator_context.progress.stage("reading the log");
        let erased = events_of(&operator_context.store, what, known.sequence).await?;
        operator_context.progress.stage("erasing");
        let actor = Actor {
            cause: Some(Cause::Erasure(erased.clone())),
            note: Some(reason.to_owned()),
            ..actor("audit erase")?
        };
        let actor: std::sync::Arc<str> = serde_json::to_string(&actor)?.into();
        let (change, salt) = (change.clone(), SystemRandom::new()?.salt());
        let decide = move |_: LogHead, missed: Vec<Event>| {
            // Events that were written in the meantime may concern the same person or object.
            if !missed.is_empty() {
                return Err(());
            }
            let (actor, change) = (std::sync::Arc::clone(&actor), change.clone());
            Ok(vec![LogEntry { at: now(), actor, action: Action::Note, id, change, org, salt }])
        };
        match operator_context.store.erase_payload(known, erased, decide).await {
            Ok(erased) => return Ok((erased.counts, erased.is_scrubbed)),
            Err(AppendError::Refused(()) | AppendError::Store(StoreError::Reload(_))) => {}
            Err(AppendError::Store(error @ StoreError::Unknown(_))) => return Err(error.into()),
            Err(AppendError::Store(error)) => return Err(anyhow::Error::new(error).context("nothing was erased")),
        }
    }
    anyhow::bail!("nothing was erased: other processes are writing to the registry all the time. Try again later")
}

fn org_of(operator_context: &OperatorContext, resource: Resource, id: u32) -> Option<OrgId> {
    let row = operator_context.snapshot.row(resource, id)?;
    peerage_registry::place::organization_of(resource, row, |of, id| operator_context.snapshot.row(of, id))
}
