//! The page of one key, and the forms that change it.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_access::acts::keys::{self as acts, KeyPatch};
use peerage_access::key_string::PUBLIC_LETTERS;
use peerage_access::records::Key;
use peerage_access::usage::KeyUse;
use peerage_access::{KeyKind, Patch};
use peerage_pages::PageFrame;
use peerage_pages::manage::KeyPage;
use peerage_pages::parts::{FormErrors, SelectChoice};
use peerage_registry::ids::OrgId;
use peerage_registry::moment::{self, Moment, print_seconds};

use super::keys::{FormRetry, KeyPageOwner, once, own, refusals, uses, view};
use super::policy::networks;
use super::{needs_admin, tabs};
use crate::visit::Visit;

/// Choices for the overlap of the old secret, in hours, with the key of their text.
const OVERLAPS: [(u32, &str); 6] = [
    (0, "key-overlap-none"),
    (1, "key-overlap-hour"),
    (24, "key-overlap-day"),
    (72, "key-overlap-three"),
    (168, "key-overlap-week"),
    (720, "key-overlap-month"),
];

/// Maximum number of rows in the usage table: the latest.
const USES_MAX: usize = 50;

pub async fn show(Path((org, key)): Path<(OrgId, String)>, visit: Visit) -> Response<Body> {
    match needs_admin(&visit, org) {
        Ok(()) => page(&visit, KeyPageOwner::Org(org), &key, StatusCode::OK, FormErrors::none()).await,
        Err(answer) => *answer,
    }
}

pub async fn show_own(Path(key): Path<String>, visit: Visit) -> Response<Body> {
    match own(&visit) {
        Ok(whose) => page(&visit, whose, &key, StatusCode::OK, FormErrors::none()).await,
        Err(answer) => *answer,
    }
}

async fn page(
    visit: &Visit,
    whose: KeyPageOwner,
    public: &str,
    status: StatusCode,
    errors: FormErrors,
) -> Response<Body> {
    let state = visit.app.live.full();
    let Some(entry) = state.people.key(public).filter(|entry| whose.has(&entry.key)) else {
        return crate::public::not_found();
    };
    let key = &*entry.key;
    let used = uses(visit, &[key.id]).await.remove(&key.id);
    let frame = visit.frame("manage-keys");
    let title = frame.text_with("key-title", &[("name", &key.name)]);
    let frame = frame.named(title);
    let is_sent = visit.form.has("name");
    let entry = |name: &str, known: String| if is_sent { visit.form.text(name).to_owned() } else { known };
    let ticked = |name: &str, known: bool| if is_sent { visit.form.is_on(name) } else { known };
    let list = |key: &Key| key.networks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let now = visit.app.environment.now();
    let old = key.secrets.get(1).and_then(|secret| secret.until).filter(|until| *until > now);
    let page = KeyPage {
        tabs: match whose {
            KeyPageOwner::Org(org) => tabs(visit, &frame, org, "keys"),
            KeyPageOwner::Own(_) => Vec::new(),
        },
        list: whose.address(),
        is_own: key.kind == KeyKind::User,
        is_of_org: key.kind == KeyKind::Org,
        may_rotate: key.public.len() == PUBLIC_LETTERS && !key.is_expired(now),
        once: once(visit),
        overlaps: OVERLAPS
            .iter()
            .map(|(hours, text)| SelectChoice::new(hours.to_string(), frame.text(text), *hours == 24))
            .collect(),
        secret_made: key.secrets.first().map(|secret| print_seconds(secret.made)).unwrap_or_default(),
        old_until: old.map(print_seconds).unwrap_or_default(),
        ended: key.ended.as_ref().map(|ended| ended_words(&frame, ended.at, &ended.why)).unwrap_or_default(),
        count: used.as_ref().map_or(0, KeyUse::count),
        uses: used.as_ref().map(use_rows).unwrap_or_default(),
        curl: format!("curl -H \"Authorization: Api-Key $PEERAGE_KEY\" {}/api/whoami", visit.app.settings.site),
        name: entry("name", key.name.clone()),
        email: entry("email", key.email.clone()),
        note: entry("note", key.note.clone()),
        expires: entry("expires", key.expires.map(day).unwrap_or_default()),
        networks: entry("networks", list(key)),
        per_minute: entry("per_minute", key.per_minute.map(|rate| rate.to_string()).unwrap_or_default()),
        readonly: ticked("readonly", key.readonly),
        rotates_itself: ticked("rotates_itself", key.rotates_itself),
        manages_members: (key.kind == KeyKind::Org).then(|| ticked("manages_members", key.manages_members)),
        key: view(visit, &frame, whose, key, used.as_ref()),
        errors,
        frame,
    };
    visit.page("key", status, page.language(), page.show())
}

fn ended_words(frame: &PageFrame<'_>, at: Moment, why: &str) -> String {
    let at = print_seconds(at);
    format!("{} · {}", frame.moment(&at).unwrap_or(at), frame.texts.message(why))
}

/// Returns the date of a time, as a date field needs it.
fn day(at: Moment) -> String {
    print_seconds(at)[..10].to_owned()
}

/// Returns the usage of a key, latest first.
fn use_rows(used: &KeyUse) -> Vec<(String, String)> {
    let networks = used.networks.iter().map(|(network, at)| (network.to_string(), *at));
    let clients = used.agents.iter().map(|(agent, at)| (agent.clone(), *at));
    let rights = used.exercised.iter().map(|(right, at)| (right.clone(), *at));
    let mut rows: Vec<(String, Moment)> = networks.chain(clients).chain(rights).collect();
    rows.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    rows.truncate(USES_MAX);
    rows.into_iter().map(|(what, at)| (what, print_seconds(at))).collect()
}

/// Converts the form. Unchanged fields are omitted.
fn read_patch(visit: &Visit, key: &Key) -> Result<KeyPatch, FormErrors> {
    let form = &visit.form;
    let mut errors = FormErrors::none();
    let networks = networks(form.text("networks"));
    if let Err(text) = &networks {
        errors = errors.on("networks", text.clone());
    }
    let date = form.text("expires").trim();
    let is_same_day = key.expires.map(day).unwrap_or_default() == date;
    let expires = Patch::from(moment::parse(&format!("{date}T00:00:00Z")));
    if expires == Patch::Clear && !date.is_empty() {
        errors = errors.on("expires", "Enter a date such as 2027-01-31.");
    }
    let rate = form.text("per_minute").trim();
    let per_minute = Patch::from(rate.parse().ok());
    if per_minute == Patch::Clear && !rate.is_empty() {
        errors = errors.on("per_minute", "A valid integer is required.");
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(KeyPatch {
        name: Some(form.text("name").to_owned()),
        email: Some(form.text("email").to_owned()),
        note: Some(form.text("note").to_owned()),
        readonly: (key.kind != KeyKind::Org).then(|| form.is_on("readonly")),
        networks: networks.ok(),
        per_minute,
        rotates_itself: Some(form.is_on("rotates_itself")),
        manages_members: (key.kind == KeyKind::Org).then(|| form.is_on("manages_members")),
        expires: if is_same_day { Patch::Keep } else { expires },
        ..KeyPatch::default()
    })
}

async fn change(visit: Visit, whose: KeyPageOwner, public: String) -> Response<Body> {
    let Some(entry) = visit.state.people.key(&public).filter(|entry| whose.has(&entry.key)) else {
        return crate::public::not_found();
    };
    let patch = match read_patch(&visit, &entry.key) {
        Ok(patch) => patch,
        Err(errors) => return page(&visit, whose, &public, StatusCode::BAD_REQUEST, errors).await,
    };
    let back = whose.address_of(&public);
    let named = public.clone();
    let done = visit
        .act(move |context| {
            let before = acts::of_owner(context, whose.owner(), &named)?.key.clone();
            acts::change(context, &before, &patch)
        })
        .await;
    match refusals(&visit, done, &back) {
        Ok(_) => visit.success(&back, "told-key-changed"),
        Err(FormRetry::Errors(errors)) => page(&visit, whose, &public, StatusCode::BAD_REQUEST, errors).await,
        Err(FormRetry::Answer(answer)) => *answer,
    }
}

pub async fn save(Path((org, key)): Path<(OrgId, String)>, visit: Visit) -> Response<Body> {
    match needs_admin(&visit, org) {
        Ok(()) => change(visit, KeyPageOwner::Org(org), key).await,
        Err(answer) => *answer,
    }
}

pub async fn save_own(Path(key): Path<String>, visit: Visit) -> Response<Body> {
    match own(&visit) {
        Ok(whose) => change(visit, whose, key).await,
        Err(answer) => *answer,
    }
}
