//! Keys of an organization and its role accounts, and a person's own keys.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_access::acts::keys::{self as acts, KeyOwner, KeyPatch, KeyStateChange, OVERLAP_DEFAULT};
use peerage_access::acts::recovery;
use peerage_access::records::{Key, KeyState};
use peerage_access::usage::KeyUse;
use peerage_access::{AccessError, KeyKind, Patch};
use peerage_pages::PageFrame;
use peerage_pages::manage::{KeyView, KeysPage, NewKeyPage};
use peerage_pages::parts::{FormErrors, SelectChoice};
use peerage_registry::ids::{KeyId, OrgId, UserId};
use peerage_registry::moment::{self, Moment, SignedDuration, print_seconds};

use super::policy::networks;
use super::{frame, needs_admin, preset, preset_choices, tabs};
use crate::address::escaped;
use crate::frame::person_name;
use crate::outcome::FormRefusal;
use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;

/// Maximum number of revoked keys in the list: the newest.
const ENDED_MAX: usize = 20;

/// The owner of the keys on a page.
#[derive(Clone, Copy)]
pub(super) enum KeyPageOwner {
    Own(UserId),
    Org(OrgId),
}

impl KeyPageOwner {
    pub(super) fn owner(self) -> KeyOwner {
        match self {
            KeyPageOwner::Own(user) => KeyOwner::User(user),
            KeyPageOwner::Org(org) => KeyOwner::Org(org),
        }
    }

    pub(super) fn address(self) -> String {
        match self {
            KeyPageOwner::Own(_) => "/profile/keys".to_owned(),
            KeyPageOwner::Org(org) => format!("/org/{org}/manage/keys"),
        }
    }

    /// Returns the address of the page of a key.
    pub(super) fn address_of(self, public: &str) -> String {
        let public = escaped(public);
        match self {
            KeyPageOwner::Own(_) => format!("/profile/key/{public}"),
            KeyPageOwner::Org(org) => format!("/org/{org}/manage/key/{public}"),
        }
    }

    pub(super) fn has(self, key: &Key) -> bool {
        match self {
            KeyPageOwner::Own(user) => key.user == Some(user) && key.kind != KeyKind::Org,
            KeyPageOwner::Org(org) => key.org == Some(org),
        }
    }
}

pub(super) fn own(visit: &Visit) -> Result<KeyPageOwner, Box<Response<Body>>> {
    visit.needs_person().map(|(user, _)| KeyPageOwner::Own(user.id)).map_err(Box::new)
}

pub async fn show(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    match needs_admin(&visit, org) {
        Ok(()) => page(&visit, KeyPageOwner::Org(org), StatusCode::OK, FormErrors::none()).await,
        Err(answer) => *answer,
    }
}

pub async fn show_own(visit: Visit) -> Response<Body> {
    match own(&visit) {
        Ok(whose) => page(&visit, whose, StatusCode::OK, FormErrors::none()).await,
        Err(answer) => *answer,
    }
}

/// Returns the usage of keys by ID, or nothing if the store does not answer.
pub async fn uses(visit: &Visit, keys: &[KeyId]) -> BTreeMap<KeyId, KeyUse> {
    let app = &visit.app;
    let kept: BTreeMap<KeyId, String> = app.store.uses(Some(keys)).await.unwrap_or_default().into_iter().collect();
    let now = app.environment.now();
    let of = |id: &KeyId| (*id, app.uses.with_pending(*id, kept.get(id).map(String::as_str), now));
    keys.iter().map(of).filter(|(_, used)| used.last > Moment::EPOCH).collect()
}

async fn page(visit: &Visit, whose: KeyPageOwner, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let people = &visit.state.people;
    let mut keys: Vec<&Key> = people.keys().map(|entry| &*entry.key).filter(|key| whose.has(key)).collect();
    let ended: Vec<KeyId> = keys.iter().filter(|key| key.is_final()).map(|key| key.id).collect();
    let dropped = ended.len().saturating_sub(ENDED_MAX);
    keys.retain(|key| !ended[..dropped].contains(&key.id));
    keys.sort_by_key(|key| key.is_final());
    let ids: Vec<KeyId> = keys.iter().map(|key| key.id).collect();
    let uses = uses(visit, &ids).await;
    let frame = match whose {
        KeyPageOwner::Own(_) => visit.frame("keys-own-title"),
        KeyPageOwner::Org(org) => frame(visit, "keys-title", org),
    };
    let rows = keys.iter().map(|key| view(visit, &frame, whose, key, uses.get(&key.id))).collect();
    let form = &visit.form;
    let presets = match whose {
        KeyPageOwner::Org(_) => preset_choices(&frame, form.text("preset"), ("none", "preset-none")),
        KeyPageOwner::Own(_) => vec![
            SelectChoice::new("whole", frame.text("preset-whole"), form.text("preset") != "readonly"),
            SelectChoice::new("readonly", frame.text("keys-readonly"), form.text("preset") == "readonly"),
        ],
    };
    let page = KeysPage {
        tabs: match whose {
            KeyPageOwner::Org(org) => tabs(visit, &frame, org, "keys"),
            KeyPageOwner::Own(_) => Vec::new(),
        },
        at: whose.address(),
        is_own: matches!(whose, KeyPageOwner::Own(_)),
        keys: rows,
        presets,
        once: once(visit),
        is_recovered: is_recovered(visit, whose),
        name: form.text("name").to_owned(),
        email: form.text("email").to_owned(),
        note: form.text("note").to_owned(),
        expires: if form.has("expires") { form.text("expires").to_owned() } else { end_default(visit, whose) },
        networks: form.text("networks").to_owned(),
        errors,
        frame,
    };
    visit.page("keys", status, page.language(), page.show())
}

/// Returns the default expiry date of a new key.
fn end_default(visit: &Visit, whose: KeyPageOwner) -> String {
    let org = if let KeyPageOwner::Org(org) = whose { Some(org) } else { None };
    let context = visit.access_context();
    print_seconds(context.now + acts::life_default(&context, org))[..10].to_owned()
}

/// Whether a person sees their own keys after a recovery, and some are suspended.
fn is_recovered(visit: &Visit, whose: KeyPageOwner) -> bool {
    let KeyPageOwner::Own(user) = whose else { return false };
    let people = &visit.state.people;
    let rests = |key: &Key| whose.has(key) && key.state == KeyState::Suspended;
    recovery::lately_done(people, user).is_some() && people.keys().any(|entry| rests(&entry.key))
}

/// Returns the mark of a page's forms: each form creates at most one secret.
pub(super) fn once(visit: &Visit) -> String {
    data_encoding::HEXLOWER.encode(&visit.chance::<16>())
}

/// Returns the mark of a form, or `None` for programs, which create a key with each call.
pub(super) fn said_once(visit: &Visit) -> Option<String> {
    let text = visit.form.text("once");
    let is_mark = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_mark.then(|| text.to_owned())
}

/// Redirects a form that was already submitted to the list of keys, with a message.
pub(super) fn already<T>(visit: &Visit, done: &Result<T, ChangeDenied>, back: &str) -> Option<Response<Body>> {
    let is_already = matches!(done, Err(ChangeDenied::Access(AccessError::Already)));
    (is_already && !visit.wants_json()).then(|| visit.go_telling(back, "told-key-made-already"))
}

pub(super) fn view(
    visit: &Visit,
    frame: &PageFrame<'_>,
    whose: KeyPageOwner,
    key: &Key,
    used: Option<&KeyUse>,
) -> KeyView {
    let people = &visit.state.people;
    let (state, mood) = match key.state_at(visit.app.environment.now()) {
        "active" => ("keys-state-active", "good"),
        "rotating" => ("keys-state-rotating", "good"),
        "suspended" => ("keys-state-suspended", "warning"),
        "expired" => ("keys-state-expired", "warning"),
        "exposed" => ("keys-state-exposed", "bad"),
        _ => ("keys-state-revoked", "plain"),
    };
    let kind = match key.kind {
        KeyKind::User => "keys-kind-user",
        KeyKind::Org => "keys-kind-org",
        KeyKind::Role => "keys-kind-role",
    };
    let role = key.role.and_then(|role| people.role(role)).map(|role| role.name.clone());
    let person = key.user.and_then(|user| people.user(user)).map(|user| person_name(user));
    let owner = match whose {
        KeyPageOwner::Own(_) => role,
        KeyPageOwner::Org(_) => Some([role, person].into_iter().flatten().collect::<Vec<_>>().join(", ")),
    };
    let given = key.org.zip(key.grants.as_ref());
    let rights = match (given, key.readonly) {
        (Some((org, rules)), false) => super::rights::rules_word(visit, frame, org, rules),
        (None, false) => frame.text("preset-whole").into_owned(),
        (_, true) => frame.text("keys-readonly").into_owned(),
    };
    let networks = key.networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let from = used.map(|used| [used.last_address.as_str(), used.last_agent.as_str()].join(" · "));
    let used = used.map(|used| print_seconds(used.last));
    KeyView {
        public: key.public.clone(),
        name: key.name.clone(),
        kind: frame.text(kind).into_owned(),
        owner: owner.unwrap_or_default(),
        email: key.email.clone(),
        is_email_confirmed: key.email_confirmed,
        note: key.note.clone(),
        state: frame.text(state).into_owned(),
        mood,
        is_final: key.is_final(),
        is_suspended: state == "keys-state-suspended",
        rights,
        expires: key.expires.map_or_else(|| frame.text("keys-forever").into_owned(), print_seconds),
        networks: if networks.is_empty() { frame.text("keys-anywhere").into_owned() } else { networks },
        last_used: used.unwrap_or_else(|| frame.text("keys-never").into_owned()),
        last_from: from.map(|from| from.trim_matches([' ', '·']).to_owned()).unwrap_or_default(),
        created: print_seconds(key.created),
        address: whose.address_of(&key.public),
        rights_address: match whose {
            KeyPageOwner::Org(org) if key.kind == KeyKind::Org => {
                format!("/org/{org}/manage/rights?of=key.{}", key.public)
            }
            _ => String::new(),
        },
    }
}

/// The page that shows a key's text. It is shown nowhere else.
pub fn new_key_page(visit: &Visit, text: &str, back: String) -> Response<Body> {
    let page = NewKeyPage {
        frame: visit.frame("key-made-title"),
        key: text.to_owned(),
        curl: format!("curl -H \"Authorization: Api-Key $PEERAGE_KEY\" {}/api/whoami", visit.app.settings.site),
        back,
    };
    visit.page("key made", StatusCode::OK, page.language(), page.show())
}

fn read_patch(visit: &Visit, whose: KeyPageOwner) -> Result<KeyPatch, FormErrors> {
    let form = &visit.form;
    let mut errors = FormErrors::none();
    let networks = networks(form.text("networks"));
    if let Err(text) = &networks {
        errors = errors.on("networks", text.clone());
    }
    let date = form.text("expires").trim();
    let expires = moment::parse(&format!("{date}T00:00:00Z"));
    if expires.is_none() && !date.is_empty() {
        errors = errors.on("expires", "Enter a date such as 2027-01-31.");
    }
    let chosen = form.text("preset");
    let grants = match whose {
        KeyPageOwner::Org(org) => {
            let rules = preset(org, chosen);
            if rules.is_none() {
                errors = errors.on("preset", "Choose an item from the list.");
            }
            Patch::from(rules)
        }
        KeyPageOwner::Own(_) => Patch::Keep,
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(KeyPatch {
        name: Some(form.text("name").to_owned()),
        email: matches!(whose, KeyPageOwner::Org(_)).then(|| form.text("email").to_owned()),
        note: Some(form.text("note").to_owned()),
        readonly: matches!(whose, KeyPageOwner::Own(_)).then_some(chosen == "readonly"),
        grants,
        networks: networks.ok(),
        // The form has a default date: an empty field means a key that never expires.
        expires: if form.has("expires") { Patch::from(expires) } else { Patch::Keep },
        once: said_once(visit),
        ..KeyPatch::default()
    })
}

async fn make_for(visit: Visit, whose: KeyPageOwner) -> Response<Body> {
    let patch = match read_patch(&visit, whose) {
        Ok(patch) => patch,
        Err(errors) => return page(&visit, whose, StatusCode::BAD_REQUEST, errors).await,
    };
    let done = visit.issue(whose.owner(), patch).await;
    if let Some(answer) = already(&visit, &done, &whose.address()) {
        return answer;
    }
    match refusals(&visit, done, &whose.address()) {
        Ok(issued) => new_key_page(&visit, issued.text.as_str(), whose.address()),
        Err(FormRetry::Errors(errors)) => page(&visit, whose, StatusCode::BAD_REQUEST, errors).await,
        Err(FormRetry::Answer(answer)) => *answer,
    }
}

pub(super) enum FormRetry {
    Errors(FormErrors),
    Answer(Box<Response<Body>>),
}

/// The page also needs data from the store, which is asynchronous, so errors are returned instead of the page.
pub(super) fn refusals<T>(visit: &Visit, done: Result<T, ChangeDenied>, back: &str) -> Result<T, FormRetry> {
    done.map_err(|denied| match visit.refused(denied, back) {
        FormRefusal::Errors(errors) => FormRetry::Errors(errors),
        FormRefusal::Answer(answer) => FormRetry::Answer(answer),
    })
}

pub async fn make(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    match needs_admin(&visit, org) {
        Ok(()) => make_for(visit, KeyPageOwner::Org(org)).await,
        Err(answer) => *answer,
    }
}

pub async fn make_own(visit: Visit) -> Response<Body> {
    match own(&visit) {
        Ok(whose) => make_for(visit, whose).await,
        Err(answer) => *answer,
    }
}

async fn act_on(visit: Visit, whose: KeyPageOwner, verb: &str) -> Response<Body> {
    let public = visit.form.text("key").trim().to_owned();
    let (turn, notice) = match verb {
        "suspend" => (KeyStateChange::Suspend, "told-key-changed"),
        "resume" => (KeyStateChange::Resume, "told-key-changed"),
        "revoke" => (KeyStateChange::Revoke, "told-key-revoked"),
        "rotate" => return rotate(visit, whose, public).await,
        _ => return crate::public::not_found(),
    };
    let back = back(&visit, whose, &public);
    let done = visit.turn(whose.owner(), public, turn).await;
    match refusals(&visit, done, &back) {
        Ok(()) => visit.success(&back, notice),
        Err(FormRetry::Errors(errors)) => page(&visit, whose, StatusCode::BAD_REQUEST, errors).await,
        Err(FormRetry::Answer(answer)) => *answer,
    }
}

/// Returns where the buttons of a key lead: to the list, or to the page of the key where they were pressed.
fn back(visit: &Visit, whose: KeyPageOwner, public: &str) -> String {
    if visit.form.is_on("stay") { whose.address_of(public) } else { whose.address() }
}

async fn rotate(visit: Visit, whose: KeyPageOwner, public: String) -> Response<Body> {
    let (entropy, server_key) = (visit.chance(), visit.app.server_key.clone());
    let hours = visit.form.number::<u32>("overlap_hours").map(|hours| SignedDuration::from_hours(i64::from(hours)));
    let (overlap, once) = (hours.unwrap_or(OVERLAP_DEFAULT), said_once(&visit));
    let back = back(&visit, whose, &public);
    let done = visit
        .act(move |context| {
            let before = acts::of_owner(context, whose.owner(), &public)?.key.clone();
            let issued = match &once {
                Some(once) => acts::rotate_once(context, &before, overlap, once, &server_key, &entropy)?,
                None => acts::rotate(context, &before, overlap, &server_key, &entropy)?,
            };
            let steps = issued.steps.clone();
            Ok((issued, steps))
        })
        .await;
    if let Some(answer) = already(&visit, &done, &back) {
        return answer;
    }
    match refusals(&visit, done, &back) {
        Ok(issued) => new_key_page(&visit, issued.text.as_str(), back),
        Err(FormRetry::Errors(errors)) => page(&visit, whose, StatusCode::BAD_REQUEST, errors).await,
        Err(FormRetry::Answer(answer)) => *answer,
    }
}

pub async fn act(Path((org, verb)): Path<(OrgId, String)>, visit: Visit) -> Response<Body> {
    match needs_admin(&visit, org) {
        Ok(()) => act_on(visit, KeyPageOwner::Org(org), &verb).await,
        Err(answer) => *answer,
    }
}

pub async fn act_own(Path(verb): Path<String>, visit: Visit) -> Response<Body> {
    match own(&visit) {
        Ok(whose) => act_on(visit, whose, &verb).await,
        Err(answer) => *answer,
    }
}
