//! Pages for admins of organizations, for the keys of a person, and for staff.

use askama::Template;

use crate::frame::PageFrame;
use crate::parts::{FormErrors, PageTab, Paging, PermissionMatrix, SelectChoice};
use crate::shown;

/// An address of a person, as lists show it.
#[derive(Clone, Debug)]
pub struct MailView {
    pub address: String,
    pub is_confirmed: bool,
}

/// A request to join the organization.
#[derive(Clone, Debug)]
pub struct RequestView {
    pub id: String,
    pub name: String,
    pub username: String,
    pub mails: Vec<MailView>,
    pub requested: String,
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
    /// The second factors of the person: text and kind of each badge.
    pub factors: Vec<(String, &'static str)>,
    /// Requirements of the policy that the person does not meet.
    pub lacks: Vec<String>,
    pub is_resting: bool,
    /// Numbers of the person's account recoveries for which the reader can vouch.
    pub recoveries: Vec<u32>,
    /// Name of the permission set that the person has, if any.
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

/// A carrier that wants to be listed at a facility.
#[derive(Clone, Debug)]
pub struct PresenceView {
    pub id: String,
    pub carrier: String,
    /// The carrier's organization.
    pub of: String,
    pub fac: String,
    pub requested: String,
}

#[derive(Template)]
#[template(path = "manage/people.html")]
pub struct PeoplePage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    pub org: u32,
    pub requests: Vec<RequestView>,
    pub presences: Vec<PresenceView>,
    pub members: Vec<MemberView>,
    pub invitations: Vec<InvitationView>,
    /// Entries of the invitation form.
    pub email: String,
    pub ranks: Vec<SelectChoice>,
    pub presets: Vec<SelectChoice>,
    /// Permission sets for the approval of requests.
    pub approvals: Vec<SelectChoice>,
    pub roles: Vec<SelectChoice>,
    pub errors: FormErrors,
}

/// The permissions of one holder, by object.
#[derive(Clone, Debug)]
pub struct HolderView {
    /// `user.3`, `key.abc`, `role.2`.
    pub id: String,
    pub name: String,
    pub kind: String,
    /// Letters of the effective permissions, one text for each object.
    pub cells: Vec<String>,
}

#[derive(Template)]
#[template(path = "manage/rights.html")]
pub struct RightsPage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    pub org: u32,
    /// Search text for objects.
    pub search: String,
    pub places: Vec<String>,
    pub holders: Vec<HolderView>,
    /// The holder whose permissions are edited, if any.
    pub chosen: Option<ChosenView>,
    pub errors: FormErrors,
}

#[derive(Clone, Debug)]
pub struct ChosenView {
    pub id: String,
    pub name: String,
    /// Why nothing can be changed, or empty.
    pub fixed: Option<String>,
    pub own: PermissionMatrix,
    pub effective: PermissionMatrix,
    /// Short names of the objects in the form.
    pub shown: Vec<String>,
    /// Holders whose permissions can be copied.
    pub others: Vec<SelectChoice>,
    /// Named permission sets.
    pub bundles: Vec<SelectChoice>,
}

#[derive(Clone, Debug)]
pub struct RoleView {
    pub id: u32,
    pub kind: String,
    pub name: String,
    pub email: String,
    pub names: Vec<String>,
    pub people: Vec<SelectChoice>,
    /// Whether the reader is in the role account and can create a key for it.
    pub is_own: bool,
    pub keys: usize,
}

#[derive(Template)]
#[template(path = "manage/roles.html")]
pub struct RolesPage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    pub org: u32,
    pub may_manage: bool,
    pub roles: Vec<RoleView>,
    pub kinds: Vec<SelectChoice>,
    pub people: Vec<SelectChoice>,
    /// The marks of the forms that create a key. Each form creates one.
    pub once: String,
    pub errors: FormErrors,
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
    /// From which address and with which client.
    pub last_from: String,
    pub created: String,
    /// The key's own page.
    pub address: String,
    /// Address of the page that changes its permissions, or empty.
    pub rights_address: String,
}

#[derive(Template)]
#[template(path = "manage/keys.html")]
pub struct KeysPage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    /// Action of the forms: `/org/7/manage/keys` or `/profile/keys`.
    pub at: String,
    pub is_own: bool,
    pub keys: Vec<KeyView>,
    pub presets: Vec<SelectChoice>,
    /// The marks of this page's forms. Each form creates one secret.
    pub once: String,
    /// Whether keys are suspended because the account was recovered.
    pub is_recovered: bool,
    /// Entries of the form.
    pub name: String,
    pub email: String,
    pub note: String,
    pub expires: String,
    pub networks: String,
    pub errors: FormErrors,
}

/// The page of one key.
#[derive(Template)]
#[template(path = "manage/key.html")]
pub struct KeyPage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    /// Address of the list. The forms that change the key's state are sent below it.
    pub list: String,
    pub key: KeyView,
    pub is_own: bool,
    /// Whether the key has permissions of its own.
    pub is_of_org: bool,
    pub may_rotate: bool,
    pub once: String,
    pub overlaps: Vec<SelectChoice>,
    pub secret_made: String,
    /// When the previous secret expires, or empty.
    pub old_until: String,
    /// When and why the key was revoked, or empty.
    pub ended: String,
    pub count: u64,
    /// Networks, clients and permissions, each with the time of its last use.
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
    /// `None` if the key is not an organization key.
    pub manages_members: Option<bool>,
    pub errors: FormErrors,
}

#[derive(Template)]
#[template(path = "manage/key_made.html")]
pub struct NewKeyPage<'a> {
    pub frame: PageFrame<'a>,
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
    /// Page of the key or person, or empty.
    pub address: String,
    /// Whether the finding has buttons to suspend and revoke the key.
    pub may_end: bool,
    /// Otherwise, address and label of the page that resolves the finding.
    pub do_address: String,
    pub do_label: String,
}

#[derive(Template)]
#[template(path = "manage/hygiene.html")]
pub struct KeyReviewPage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    pub org: u32,
    pub findings: Vec<FindingView>,
}

#[derive(Clone, Debug)]
pub struct AuditRowView {
    pub sequence: u64,
    pub time: String,
    pub actor: String,
    pub what: String,
    pub reason: String,
    pub changed: String,
}

#[derive(Template)]
#[template(path = "manage/audit.html")]
pub struct AuditPage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    pub at: String,
    pub kinds: Vec<SelectChoice>,
    pub person: String,
    pub keys: Vec<SelectChoice>,
    pub object: String,
    pub field: String,
    pub from: String,
    pub to: String,
    pub events: Vec<AuditRowView>,
    pub older: Option<String>,
    pub csv: String,
    pub json: String,
    pub lines: String,
    pub errors: FormErrors,
}

#[derive(Template)]
#[template(path = "manage/policy.html")]
pub struct PolicyPage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    pub org: u32,
    pub domains: String,
    pub subdomains: bool,
    pub periods: Vec<SelectChoice>,
    pub requires_passkey: bool,
    pub refuses_totp: bool,
    pub wants_factor: bool,
    pub grace_days: String,
    pub key_days: String,
    pub idle_days: String,
    pub allows_user_keys: bool,
    pub requires_networks: bool,
    pub networks: String,
    /// Who would lose access, and why. `None` if no preview was requested.
    pub locked_out: Option<Vec<(String, String)>>,
    pub errors: FormErrors,
}

/// A fact with its heading, and whether it speaks against approval.
pub type FactView = (String, String, bool);

#[derive(Clone, Debug)]
pub struct PendingView {
    /// ID used by the forms: `application.3`, `net.42`.
    pub id: String,
    pub title: String,
    pub kind: String,
    pub facts: Vec<FactView>,
    /// Effects of an approval, one text each.
    pub effects: Vec<String>,
    /// Address of the page that also looks up external data; empty on that page.
    pub look: String,
}

#[derive(Template)]
#[template(path = "staff/queue.html")]
pub struct QueuePage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    pub waiting: Vec<PendingView>,
    pub paging: Paging,
    pub errors: FormErrors,
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
    /// The name of the person's staff rank.
    pub rank: Option<String>,
    pub factors: usize,
    pub keys: usize,
}

#[derive(Template)]
#[template(path = "staff/users.html")]
pub struct UsersPage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    /// The page of an organization that the reader can see.
    pub org_page: &'static str,
    pub search: String,
    pub users: Vec<AccountView>,
    pub paging: Paging,
    pub errors: FormErrors,
}

#[derive(Clone, Debug)]
pub struct StaffView {
    pub id: String,
    pub username: String,
    pub name: String,
    pub mails: Vec<MailView>,
    pub rank: String,
    pub is_active: bool,
    pub has_factor: bool,
    /// Whether the registry would have no admin without this person.
    pub is_last: bool,
    /// Other ranks, and none.
    pub choices: Vec<SelectChoice>,
}

#[derive(Template)]
#[template(path = "staff/ranks.html")]
pub struct RanksPage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    pub staff: Vec<StaffView>,
    pub person: String,
    pub choices: Vec<SelectChoice>,
    pub errors: FormErrors,
}

#[derive(Clone, Debug)]
pub struct RecoveryView {
    pub id: String,
    pub user: u32,
    pub username: String,
    /// Organizations of which the person is the only admin.
    pub organizations: String,
    pub is_waiting_for_staff: bool,
    pub state: String,
    pub mood: &'static str,
    /// End of the waiting period; empty before it has started.
    pub ends: String,
    pub begun: String,
    pub evidence: Vec<String>,
    pub from: String,
}

#[derive(Template)]
#[template(path = "staff/recoveries.html")]
pub struct RecoveriesPage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    pub recoveries: Vec<RecoveryView>,
    pub errors: FormErrors,
}

#[derive(Clone, Debug)]
pub struct OwnRequestView {
    pub id: u32,
    pub target: String,
    pub requested: String,
    pub state: String,
    pub mood: &'static str,
    pub note: String,
    pub is_pending: bool,
    /// Who decides, while it is pending.
    pub next: String,
}

#[derive(Template)]
#[template(path = "joining/join.html")]
pub struct JoinPage<'a> {
    pub frame: PageFrame<'a>,
    pub requests: Vec<OwnRequestView>,
    pub asn: String,
    pub org: String,
    pub errors: FormErrors,
}

/// Asks for confirmation: to request ownership, to leave, to accept an invitation.
#[derive(Template)]
#[template(path = "joining/sure.html")]
pub struct ConfirmActionPage<'a> {
    pub frame: PageFrame<'a>,
    pub action: String,
    pub text: String,
    /// Shown in a separate box.
    pub warning: Option<String>,
    pub label: String,
    pub is_danger: bool,
    pub hidden_name: String,
    pub hidden_value: String,
    pub errors: FormErrors,
}

shown!(PeoplePage RightsPage RolesPage KeysPage KeyPage NewKeyPage KeyReviewPage AuditPage PolicyPage QueuePage UsersPage RanksPage RecoveriesPage JoinPage ConfirmActionPage);
