//! Pages by which an organization's admins steer who may do what, people see to their own keys, and staff to the queue.

use askama::Template;

use crate::frame::Frame;
use crate::parts::{Choice, Errors, Matrix, Paging, Tab};
use crate::shown;

/// An address of a person, as lists show it.
#[derive(Clone, Debug)]
pub struct MailView {
    pub address: String,
    pub is_confirmed: bool,
}

/// Somebody asks for a place.
#[derive(Clone, Debug)]
pub struct RequestView {
    pub id: String,
    pub name: String,
    pub username: String,
    pub mails: Vec<MailView>,
    pub asked: String,
    pub note: String,
    pub wants_ownership: bool,
}

#[derive(Clone, Debug)]
pub struct MemberView {
    pub user: String,
    pub name: String,
    pub username: String,
    pub mails: Vec<MailView>,
    pub is_admin: bool,
    pub is_last_admin: bool,
    /// What the person shows beside a password: word and kind of the badge.
    pub factors: Vec<(String, &'static str)>,
    /// What they lack of what is demanded.
    pub lacks: Vec<String>,
    pub is_resting: bool,
    /// Whether the person asks for a way back into the account, and the reader may say that it is them.
    pub recoveries: Vec<u32>,
    /// The name of what they may do, where it has one.
    pub bundle: String,
    pub since: String,
    pub roles: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct InvitationView {
    pub id: String,
    pub email: String,
    pub rank: String,
    pub by: String,
    pub until: String,
}

/// A carrier that asks to be listed at a facility.
#[derive(Clone, Debug)]
pub struct PresenceView {
    pub id: String,
    pub carrier: String,
    /// The carrier's organization.
    pub of: String,
    pub fac: String,
    pub asked: String,
}

#[derive(Template)]
#[template(path = "manage/people.html")]
pub struct People<'a> {
    pub frame: Frame<'a>,
    pub tabs: Vec<Tab>,
    pub org: u32,
    pub requests: Vec<RequestView>,
    pub presences: Vec<PresenceView>,
    pub members: Vec<MemberView>,
    pub invitations: Vec<InvitationView>,
    /// What was written into the invitation.
    pub email: String,
    pub ranks: Vec<Choice>,
    pub presets: Vec<Choice>,
    /// The same for whoever is approved.
    pub approvals: Vec<Choice>,
    pub roles: Vec<Choice>,
    pub errors: Errors,
}

/// What somebody may do, place by place.
#[derive(Clone, Debug)]
pub struct HolderView {
    /// `user.3`, `key.abc`, `role.2`.
    pub id: String,
    pub name: String,
    pub kind: String,
    /// Letters of the rights that hold, one text a place.
    pub cells: Vec<String>,
}

#[derive(Template)]
#[template(path = "manage/rights.html")]
pub struct RightsPage<'a> {
    pub frame: Frame<'a>,
    pub tabs: Vec<Tab>,
    pub org: u32,
    /// What is looked for among the places.
    pub search: String,
    pub places: Vec<String>,
    pub holders: Vec<HolderView>,
    /// Whose rights are being changed, if anybody's.
    pub chosen: Option<ChosenView>,
    pub errors: Errors,
}

#[derive(Clone, Debug)]
pub struct ChosenView {
    pub id: String,
    pub name: String,
    /// Why nothing can be changed, if that is so.
    pub fixed: Option<String>,
    pub own: Matrix,
    pub effective: Matrix,
    /// Short names of the places that the form speaks of.
    pub shown: Vec<String>,
    /// Whose rights may be copied.
    pub others: Vec<Choice>,
    /// Sets of rights with a name.
    pub bundles: Vec<Choice>,
}

#[derive(Clone, Debug)]
pub struct RoleView {
    pub id: u32,
    pub kind: String,
    pub name: String,
    pub email: String,
    pub names: Vec<String>,
    pub people: Vec<Choice>,
    /// Whether the reader is in it, and may make a key in it.
    pub is_own: bool,
    pub keys: usize,
}

#[derive(Template)]
#[template(path = "manage/roles.html")]
pub struct Roles<'a> {
    pub frame: Frame<'a>,
    pub tabs: Vec<Tab>,
    pub org: u32,
    pub may_manage: bool,
    pub roles: Vec<RoleView>,
    pub kinds: Vec<Choice>,
    pub people: Vec<Choice>,
    /// What marks the forms that make a key: each makes one.
    pub once: String,
    pub errors: Errors,
}

#[derive(Clone, Debug)]
pub struct KeyView {
    pub public: String,
    pub name: String,
    pub kind: String,
    pub owner: String,
    pub email: String,
    pub is_email_confirmed: bool,
    pub note: String,
    pub state: String,
    /// Kind of the badge.
    pub mood: &'static str,
    pub is_final: bool,
    pub is_suspended: bool,
    pub rights: String,
    pub expires: String,
    pub networks: String,
    pub last_used: String,
    /// From where, and by what.
    pub last_from: String,
    pub created: String,
    /// The key's own page.
    pub address: String,
    /// Where its rights are changed; empty if they are not.
    pub rights_address: String,
}

#[derive(Template)]
#[template(path = "manage/keys.html")]
pub struct Keys<'a> {
    pub frame: Frame<'a>,
    pub tabs: Vec<Tab>,
    /// Where forms are sent: `/org/7/manage/keys` or `/profile/keys`.
    pub at: String,
    pub is_own: bool,
    pub keys: Vec<KeyView>,
    pub presets: Vec<Choice>,
    /// What marks this page's forms: each makes one secret.
    pub once: String,
    /// Whether keys rest because the account was recovered.
    pub is_recovered: bool,
    /// What was written.
    pub name: String,
    pub email: String,
    pub note: String,
    pub expires: String,
    pub networks: String,
    pub errors: Errors,
}

/// One key, to be looked at and changed.
#[derive(Template)]
#[template(path = "manage/key.html")]
pub struct KeyPage<'a> {
    pub frame: Frame<'a>,
    pub tabs: Vec<Tab>,
    /// The list that it is in, below which the forms are sent that turn it.
    pub list: String,
    pub key: KeyView,
    pub is_own: bool,
    /// Whether its rights are its own, place by place.
    pub is_of_org: bool,
    pub may_rotate: bool,
    pub once: String,
    pub overlaps: Vec<Choice>,
    pub secret_made: String,
    /// Until when the secret before is accepted; empty if it is not.
    pub old_until: String,
    /// When and why it ended; empty while it has not.
    pub ended: String,
    pub count: u64,
    /// Networks, clients and rights, each with the last time.
    pub uses: Vec<(String, String)>,
    pub curl: String,
    pub name: String,
    pub email: String,
    pub note: String,
    pub expires: String,
    pub networks: String,
    pub per_minute: String,
    pub readonly: bool,
    pub rotates_itself: bool,
    /// None: the key is no organization key.
    pub manages_members: Option<bool>,
    pub errors: Errors,
}

#[derive(Template)]
#[template(path = "manage/key_made.html")]
pub struct KeyMade<'a> {
    pub frame: Frame<'a>,
    pub key: String,
    pub curl: String,
    pub back: String,
}

#[derive(Clone, Debug)]
pub struct FindingView {
    pub name: String,
    pub key: String,
    pub text: String,
    pub advice: String,
    /// The page of what it is about; empty if there is none.
    pub address: String,
    /// Whether suspending and revoking are what to do.
    pub may_end: bool,
    /// Else where it is done, and what that is called.
    pub do_address: String,
    pub do_label: String,
}

#[derive(Template)]
#[template(path = "manage/hygiene.html")]
pub struct Hygiene<'a> {
    pub frame: Frame<'a>,
    pub tabs: Vec<Tab>,
    pub org: u32,
    pub findings: Vec<FindingView>,
}

#[derive(Clone, Debug)]
pub struct EventView {
    pub sequence: u64,
    pub time: String,
    pub actor: String,
    pub what: String,
    pub reason: String,
    pub changed: String,
}

#[derive(Template)]
#[template(path = "manage/audit.html")]
pub struct Audit<'a> {
    pub frame: Frame<'a>,
    pub tabs: Vec<Tab>,
    pub at: String,
    pub kinds: Vec<Choice>,
    pub person: String,
    pub keys: Vec<Choice>,
    pub object: String,
    pub field: String,
    pub from: String,
    pub to: String,
    pub events: Vec<EventView>,
    pub older: Option<String>,
    pub csv: String,
    pub json: String,
    pub lines: String,
    pub errors: Errors,
}

#[derive(Template)]
#[template(path = "manage/policy.html")]
pub struct PolicyPage<'a> {
    pub frame: Frame<'a>,
    pub tabs: Vec<Tab>,
    pub org: u32,
    pub domains: String,
    pub subdomains: bool,
    pub periods: Vec<Choice>,
    pub requires_passkey: bool,
    pub refuses_totp: bool,
    pub wants_factor: bool,
    pub grace_days: String,
    pub key_days: String,
    pub idle_days: String,
    pub allows_user_keys: bool,
    pub requires_networks: bool,
    pub networks: String,
    /// Who could do nothing any more, and why; none: no preview was asked for.
    pub locked_out: Option<Vec<(String, String)>>,
    pub errors: Errors,
}

/// One fact with its heading, and whether it speaks against.
pub type FactView = (String, String, bool);

#[derive(Clone, Debug)]
pub struct WaitingView {
    /// What the forms name: `application.3`, `net.42`.
    pub id: String,
    pub title: String,
    pub kind: String,
    pub facts: Vec<FactView>,
    /// What approving it does, one sentence each.
    pub effects: Vec<String>,
    /// The page on which strangers are asked about it, too; empty on that page.
    pub look: String,
}

#[derive(Template)]
#[template(path = "staff/queue.html")]
pub struct Queue<'a> {
    pub frame: Frame<'a>,
    pub tabs: Vec<Tab>,
    pub waiting: Vec<WaitingView>,
    pub paging: Paging,
    pub errors: Errors,
}

#[derive(Clone, Debug)]
pub struct AccountView {
    pub id: String,
    pub username: String,
    pub name: String,
    pub mails: Vec<MailView>,
    pub organizations: Vec<(u32, String)>,
    pub is_active: bool,
    pub is_verified: bool,
    pub is_staff: bool,
    pub factors: usize,
    pub keys: usize,
}

#[derive(Template)]
#[template(path = "staff/users.html")]
pub struct Users<'a> {
    pub frame: Frame<'a>,
    pub tabs: Vec<Tab>,
    pub search: String,
    pub users: Vec<AccountView>,
    pub paging: Paging,
    pub errors: Errors,
}

#[derive(Clone, Debug)]
pub struct RecoveryView {
    pub id: String,
    pub user: u32,
    pub username: String,
    /// Those of which the person is the only admin.
    pub organizations: String,
    pub is_waiting_for_staff: bool,
    pub state: String,
    pub mood: &'static str,
    /// The end of the time to wait; empty while it has not begun.
    pub ends: String,
    pub begun: String,
    pub evidence: Vec<String>,
    pub from: String,
}

#[derive(Template)]
#[template(path = "staff/recoveries.html")]
pub struct Recoveries<'a> {
    pub frame: Frame<'a>,
    pub tabs: Vec<Tab>,
    pub recoveries: Vec<RecoveryView>,
    pub errors: Errors,
}

#[derive(Clone, Debug)]
pub struct OwnRequestView {
    pub id: u32,
    pub target: String,
    pub asked: String,
    pub state: String,
    pub mood: &'static str,
    pub note: String,
    pub is_pending: bool,
}

#[derive(Template)]
#[template(path = "joining/join.html")]
pub struct Join<'a> {
    pub frame: Frame<'a>,
    pub requests: Vec<OwnRequestView>,
    pub asn: String,
    pub org: String,
    pub errors: Errors,
}

/// Asks once more before something is done: to own, to leave, to follow an invitation.
#[derive(Template)]
#[template(path = "joining/sure.html")]
pub struct Sure<'a> {
    pub frame: Frame<'a>,
    pub action: String,
    pub text: String,
    /// Said in a box of its own.
    pub warning: Option<String>,
    pub label: String,
    pub is_danger: bool,
    pub hidden_name: String,
    pub hidden_value: String,
    pub errors: Errors,
}

shown!(People RightsPage Roles Keys KeyPage KeyMade Hygiene Audit PolicyPage Queue Users Recoveries Join Sure);
