//! `peerage audit erase`: personal data out of the log, as the law may ask for. The digests stay, so that the chain
//! still holds; what was said goes, for good.

use clap::Args;
use peerage_access::acts::users::is_closed;
use peerage_access::acts::{AccessError, RecordStep};
use peerage_access::records::Key;
use peerage_access::{Desk, KeyKind};
use peerage_registry::{Action, Actor, Change, Entry, Event, Head, Record, Subject};
use peerage_schema::Resource;
use peerage_store::{AppendError, Erasure, StoreError};
use serde_json::json;

use crate::chance::{Chance, now};
use crate::failure::usage;
use crate::operator::act::{Office, Told, Writing, actor, words};
use crate::operator::audit::subject;
use crate::operator::{read, sheet};
use crate::store::block_on;

/// How often it begins anew because others write meanwhile.
const ATTEMPTS_MAX: u32 = 5;

const EXPLAINED: &str = "\
--person erases who acted from all that the person did, and what the log says of
the account, its password, its sessions and its own keys; their use is forgotten
too. The account has to be closed first: peerage user close USER.

--object erases what the log says of one object. What the object is now stays as
it is: change or delete it first.

The erasing itself is an event, with its reason, and without the data. Whoever
was told before keeps what was told: backups, exports and mirrors are yours to
renew. On SQLite the file is written anew, during which others cannot write.";

#[derive(Debug, Args)]
#[command(after_help = EXPLAINED)]
#[group(id = "what", required = true, multiple = false, args = ["person", "object"])]
pub struct Erase {
    /// A person whose account is closed, by number, or closed-account-<number>.
    #[arg(long, value_name = "USER")]
    person: Option<String>,
    /// One object, such as `poc 42`.
    #[arg(long, num_args = 2, value_names = ["KIND", "ID"])]
    object: Option<Vec<String>>,
    /// Confirms it: nobody can bring back what is erased.
    #[arg(long, required = true)]
    yes_erase_for_good: bool,
    /// Why; stands in the trail. Name no person here.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    told: Told,
}

impl Erase {
    pub fn run(self) -> anyhow::Result<()> {
        let Some(reason) = words(Some(&self.reason))? else { return Err(usage("reason: may not be empty")) };
        let (row, is_scrubbed) = block_on(async {
            let mut office = Office::open(&self.told.common).await?;
            let (erasure, about) = match (&self.person, &self.object) {
                (Some(person), _) => self.of_person(&mut office, person).await?,
                (None, object) => of_object(&office, object.as_deref().unwrap_or_default())?,
            };
            office.progress.stage("erasing");
            let (counts, is_scrubbed) = erase(&mut office, erasure, about, &reason).await?;
            office.store.settle().await;
            office.progress.end();
            let row = json!({
                "erased": format!("{} {}", about.0.name(), about.1),
                "events_without_actor": counts.actors,
                "events_without_content": counts.rows,
                "is_scrubbed": is_scrubbed,
            });
            Ok((row, is_scrubbed))
        })?;
        sheet::one(self.told.json, &row)?;
        anyhow::ensure!(
            is_scrubbed,
            "traces of what was erased are left in the file, because somebody reads it or the disk is full; they go \
             with the next erasure, or when the registry is opened again"
        );
        Ok(())
    }

    /// What has to go of a person. What their own keys still say of them is emptied first.
    async fn of_person(&self, office: &mut Office, person: &str) -> anyhow::Result<(Erasure, (Subject, u32))> {
        let id = read::user(&office.people, person)?;
        let is_shut = office.people.user(id).is_none_or(|user| is_closed(user));
        anyhow::ensure!(is_shut, "person: the account {id} is open: close it first, with `peerage user close {id}`");
        let writing = Writing { reason: Some(self.reason.clone()), dry_run: false, told: self.told.clone() };
        let judge = move |desk: &Desk<'_>, _: &mut Chance| {
            // Between two looks it may have been opened again.
            if desk.people.user(id).is_some_and(|user| !is_closed(user)) {
                return Err(AccessError::Refused(format!("person: the account {id} is open")));
            }
            let keys = desk.people.keys().map(|entry| &entry.key).filter(|key| is_own(key, id));
            let steps = keys.filter_map(|key| {
                let bare = Key {
                    name: String::new(),
                    email: String::new(),
                    email_confirmed: false,
                    note: String::new(),
                    networks: Vec::new(),
                    ..key.clone()
                };
                (bare != *key).then(|| RecordStep::update(key, &bare).because("emptied"))
            });
            Ok(((), steps.collect()))
        };
        office.act("audit erase", &writing, judge).await?;
        let keys: Vec<u32> =
            office.people.keys().map(|entry| &entry.key).filter(|key| is_own(key, id)).map(|key| key.id).collect();
        office.store.note_use(keys.clone(), |_, _| "{}".to_owned()).await?;
        let mut objects = vec![(Subject::Record(Record::User), id), (Subject::Record(Record::Password), id)];
        objects.extend(keys.into_iter().map(|key| (Subject::Record(Record::Key), key)));
        Ok((Erasure { people: vec![id], objects }, (Subject::Record(Record::User), id)))
    }
}

/// A key that speaks of a person: not those of an organization, which only have been made by somebody.
fn is_own(key: &Key, user: u32) -> bool {
    key.user == Some(user) && key.kind != KeyKind::Org
}

fn of_object(office: &Office, words: &[String]) -> anyhow::Result<(Erasure, (Subject, u32))> {
    let [kind, id] = words else { return Err(usage("object: expected a kind and an id, such as `poc 42`")) };
    let kind = subject(kind).map_err(|error| usage(format!("object: {kind:?}: {error}")))?;
    let id: u32 = id.parse().map_err(|_| usage(format!("object: {id:?} is no id")))?;
    let account = match kind {
        Subject::Record(Record::User | Record::Password) => office.people.user(id),
        _ => None,
    };
    if account.is_some_and(|user| !is_closed(user)) {
        anyhow::bail!("object: the account {id} is open: close it first, with `peerage user close {id}`");
    }
    Ok((Erasure { people: Vec::new(), objects: vec![(kind, id)] }, (kind, id)))
}

/// Erases, and appends the note that tells of it: by nobody's person, so that it never has to be erased itself.
async fn erase(
    office: &mut Office,
    erasure: Erasure,
    about: (Subject, u32),
    reason: &str,
) -> anyhow::Result<(peerage_store::Counts, bool)> {
    let (subject, id) = about;
    let actor = Actor { reason: Some(format!("erased from the log: {reason}")), ..actor("audit erase")? };
    let actor: std::sync::Arc<str> = serde_json::to_string(&actor)?.into();
    let change = match subject {
        Subject::Row(resource) => Change::Row { resource, before: None, after: None },
        Subject::Record(record) => Change::Record { record, before: None, after: None },
    };
    let org = match subject {
        Subject::Row(resource) => org_of(office, resource, id),
        Subject::Record(_) => None,
    };
    for _ in 0..ATTEMPTS_MAX {
        let known = office.store.head().await?;
        let (actor, change, salt) = (std::sync::Arc::clone(&actor), change.clone(), Chance::new()?.salt());
        let judge = move |_: Head, _: Vec<Event>| {
            let (actor, change) = (std::sync::Arc::clone(&actor), change.clone());
            let note = Entry { at: now(), actor, action: Action::Note, id, change, org, salt };
            Ok::<_, std::convert::Infallible>(vec![note])
        };
        match office.store.erase_payload(known, erasure.clone(), judge).await {
            Ok(erased) => return Ok((erased.counts, erased.is_scrubbed)),
            Err(AppendError::Refused(never)) => match never {},
            Err(AppendError::Store(StoreError::Reload(_))) => {}
            Err(AppendError::Store(error @ StoreError::Unknown(_))) => return Err(error.into()),
            Err(AppendError::Store(error)) => return Err(anyhow::Error::new(error).context("nothing was erased")),
        }
    }
    anyhow::bail!("others write to the registry without a pause; nothing was erased")
}

fn org_of(office: &Office, resource: Resource, id: u32) -> Option<u32> {
    let row = office.snapshot.row(resource, id)?;
    peerage_registry::place::organization_of(resource, row, |of, id| office.snapshot.row(of, id))
}
