//! What people have done in organization 1 of the demo: role accounts, keys that are used and that are not, changes of its
//! objects, requests and an invitation that wait. Without it, half of the pages would say that there is nothing.

use peerage_access::acts::invitations::{self, InvitationRequest};
use peerage_access::acts::keys::{self, KeyOwner, KeyPatch};
use peerage_access::acts::roles::{self, RolePatch};
use peerage_access::acts::users::{self, UserPatch};
use peerage_access::notices::due;
use peerage_access::records::{
    Application, ApplicationAim, ApplicationState, MemberRole, PermissionRules, RecordStep, RoleKind,
};
use peerage_access::usage::KeyUse;
use peerage_access::{AccessContext, Patch, ServerKey};
use peerage_registry::ids::{KeyId, OrgId, UserId};
use peerage_registry::moment::{DAY, Moment, days, print_seconds};
use peerage_registry::place::of_organization;
use peerage_store::Store;

use super::clock::SetBackClock;
use super::history::{self, SampleChange};
use super::member_list;
use crate::chance::SystemRandom;
use crate::operator::act::{ChangeArgs, OperatorContext};

/// The name under which the store remembers that this was done, so that it does not return when somebody removed it.
const MARK: &str = "demo activity";

pub const COMMAND: &str = "serve --demo";

/// A key of the organization, in days before or after today.
struct SampleKey {
    name: &'static str,
    note: &'static str,
    email: &'static str,
    rights: u8,
    created: u32,
    expires: Option<u32>,
    /// The last use, and requests a day until then.
    used: Option<(u32, u64)>,
}

const READ: u8 = 1;
const CHANGE: u8 = 1 | 2 | 4;

const KEYS: [SampleKey; 5] = [
    SampleKey {
        name: "Port sync",
        note: "Writes ports of the route servers every night",
        email: "noc@glex.example",
        rights: CHANGE,
        created: 140,
        expires: Some(220),
        used: Some((0, 96)),
    },
    SampleKey {
        name: "Member portal",
        note: "Shows members on the website",
        email: "web@glex.example",
        rights: READ,
        created: 192,
        expires: Some(12),
        used: Some((1, 480)),
    },
    SampleKey {
        name: "Old monitoring",
        note: "Monitoring that was replaced",
        email: "noc@glex.example",
        rights: READ,
        created: 188,
        expires: Some(90),
        used: Some((121, 24)),
    },
    SampleKey {
        name: "Looking glass trial",
        note: "",
        email: "web@glex.example",
        rights: READ,
        created: 75,
        expires: Some(290),
        used: None,
    },
    SampleKey {
        name: "Contact export",
        note: "Weekly export for the office",
        email: "office@glex.example",
        rights: READ,
        created: 40,
        expires: Some(25),
        used: Some((3, 1)),
    },
];

/// People who ask to join: user name, first and last name, how many days ago.
const APPLICANTS: [(&str, &str, &str, u32); 2] = [("nadja", "Nadja", "Newcomer", 2), ("oskar", "Oskar", "Waiting", 9)];

/// Adds the activity, unless that was done before.
pub async fn fill(
    context: &mut OperatorContext,
    store: &Store,
    server_key: &ServerKey,
    clock: &SetBackClock,
) -> anyhow::Result<()> {
    if store.value(MARK).await?.is_some() {
        return Ok(());
    }
    store.swap_value(MARK, None, "1").await?;
    let org = OrgId::new(1);
    roles(context, org).await?;
    let keys = KEYS.iter().map(|key| (key.created, SampleStep::Key(key)));
    let changes = history::CHANGES.iter().map(|change| (change.ago, SampleStep::Change(change)));
    let list = std::iter::once((member_list::AGO, SampleStep::MemberList));
    let mut steps: Vec<_> = keys.chain(changes).chain(list).collect();
    steps.sort_by_key(|(ago, _)| std::cmp::Reverse(*ago));
    for (ago, step) in steps {
        clock.set(ago);
        match step {
            SampleStep::Key(sample) => key(context, store, server_key, (org, sample)).await?,
            SampleStep::Change(sample) => history::make(context, sample).await?,
            SampleStep::MemberList => member_list::import(context).await?,
        }
    }
    clock.set(0);
    for (username, first, last, ago) in APPLICANTS {
        let user = applicant(context, (username, first, last)).await?;
        apply(context, org, user, ago).await?;
    }
    let request = InvitationRequest {
        email: "kim@demo.example".to_owned(),
        rank: MemberRole::Member,
        grants: PermissionRules::new(),
        roles: Vec::new(),
    };
    let make = move |access_context: &AccessContext<'_>, chance: &mut SystemRandom| {
        let (_, steps) = invitations::invite(access_context, org, &request, &chance.bytes())?;
        Ok(((), steps))
    };
    context.act(COMMAND, &ChangeArgs::default(), make).await?;
    // What the server would do in its first minute: the log of a demo is at rest when it starts.
    let make = |access_context: &AccessContext<'_>, _: &mut SystemRandom| {
        Ok(((), due(access_context.people, access_context.now)))
    };
    context.act(COMMAND, &ChangeArgs::default(), make).await
}

/// What happened on a day.
enum SampleStep {
    Key(&'static SampleKey),
    Change(&'static SampleChange),
    MemberList,
}

async fn roles(context: &mut OperatorContext, org: OrgId) -> anyhow::Result<()> {
    let ann = context.people.user_named("ann").map(|user| user.id);
    let ben = context.people.user_named("ben").map(|user| user.id);
    let sample_roles = [
        (RoleKind::Noc, "NOC", "noc@glex.example", ann.into_iter().chain(ben).collect::<Vec<_>>()),
        (RoleKind::Policy, "Peering team", "peering@glex.example", ann.into_iter().collect()),
    ];
    for (kind, name, email, people) in sample_roles {
        let patch = RolePatch {
            kind: Some(kind),
            name: Some(name.to_owned()),
            email: Some(email.to_owned()),
            people: Some(people),
            ..RolePatch::default()
        };
        let make = move |access_context: &AccessContext<'_>, _: &mut SystemRandom| {
            let (_, steps) = roles::create(access_context, org, &patch)?;
            Ok(((), steps))
        };
        context.act(COMMAND, &ChangeArgs::default(), make).await?;
    }
    Ok(())
}

/// Creates a key by the context's clock, and notes its uses.
async fn key(
    context: &mut OperatorContext,
    store: &Store,
    server_key: &ServerKey,
    (org, sample): (OrgId, &'static SampleKey),
) -> anyhow::Result<()> {
    let server_key = server_key.clone();
    let make = move |access_context: &AccessContext<'_>, chance: &mut SystemRandom| {
        let today = access_context.now + days(sample.created);
        let patch = KeyPatch {
            name: Some(sample.name.to_owned()),
            note: Some(sample.note.to_owned()),
            email: Some(sample.email.to_owned()),
            readonly: Some(sample.rights == READ),
            grants: Patch::Set(PermissionRules::from([(of_organization(org), sample.rights)])),
            expires: sample.expires.map_or(Patch::Keep, |left| Patch::Set(today + days(left))),
            ..KeyPatch::default()
        };
        let issued = keys::issue(access_context, KeyOwner::Org(org), &patch, &server_key, &chance.bytes())?;
        Ok(((issued.key.id, today), issued.steps))
    };
    let (id, today): (KeyId, Moment) = context.act(COMMAND, &ChangeArgs::default(), make).await?;
    let Some((last, a_day)) = sample.used else { return Ok(()) };
    let usage = usage(today, sample.created, last, a_day);
    let text = serde_json::to_string(&usage)?;
    store.note_use(vec![id], move |_, _| text.clone()).await?;
    Ok(())
}

/// Uses of a key at each day until the last one.
fn usage(now: Moment, created: u32, last: u32, a_day: u64) -> KeyUse {
    let day = |ago: u32| print_seconds(now - days(ago)).get(..10).unwrap_or_default().to_owned();
    let each = (last..created).take(90);
    let last = now - days(last) - DAY / 24;
    KeyUse {
        first: now - days(created) + DAY,
        last,
        last_address: "192.0.2.17".to_owned(),
        last_agent: "glex-sync/2.4".to_owned(),
        days: each.map(|ago| (day(ago), a_day + u64::from(ago % 7))).collect(),
        agents: [("glex-sync/2.4".to_owned(), last)].into(),
        ..KeyUse::default()
    }
}

async fn applicant(context: &mut OperatorContext, names: (&str, &str, &str)) -> anyhow::Result<UserId> {
    let (username, first, last) = names;
    let patch = UserPatch {
        username: Some(username.to_owned()),
        email: Some(format!("{username}@demo.example")),
        first_name: Some(first.to_owned()),
        last_name: Some(last.to_owned()),
        ..UserPatch::default()
    };
    let make = move |access_context: &AccessContext<'_>, _: &mut SystemRandom| {
        let (user, steps) = users::create(access_context, &patch)?;
        Ok((user.id, steps))
    };
    context.act(COMMAND, &ChangeArgs::default(), make).await
}

async fn apply(context: &mut OperatorContext, org: OrgId, user: UserId, ago: u32) -> anyhow::Result<()> {
    let make = move |access_context: &AccessContext<'_>, _: &mut SystemRandom| {
        let application = Application {
            id: access_context.people.free_id::<Application>(),
            user,
            wanted: ApplicationAim::Place,
            org: Some(org),
            asn: None,
            org_name: String::new(),
            state: ApplicationState::Pending,
            created: access_context.now - days(ago),
            note: String::new(),
            decided: None,
        };
        Ok(((), vec![RecordStep::create(&application)]))
    };
    context.act(COMMAND, &ChangeArgs::default(), make).await
}
