//! The rules of writing: from a request and the state at the head of the log to steps, or to a refusal.
//!
//! `draft` reads a body by the table. One file for each resource contains its own rules. `save` runs them in order for
//! `create` and `update`, and `steps` collects the changes. All rules and texts: spec/write-api.md.
//!
//! Pure: if a decision depends on an external service ([`FactLookup`]), the caller asks the service and decides again.

mod action;
mod address;
mod campus;
mod cell;
mod complaint;
mod create;
mod delete;
mod draft;
mod fac;
mod founding;
mod ignored;
mod irr;
mod ix;
mod ixlan;
mod ixpfx;
mod logo;
mod net;
mod netixlan;
mod parent;
mod poc;
mod reach;
mod request;
mod restore;
mod save;
mod social;
mod steps;
mod takeover;
mod unique;
mod update;
mod value;
mod web;
mod website;

pub use action::{IMPORT_LIFE, ImportProgress, note_import};
pub use fac::NO_POWER;
pub use founding::{approve, found_organization, organization_named, refuse};
pub use ignored::{ExtraName, extras, ignored};
pub use logo::show_logo;
pub use net::{bears, is_reserved};
pub use reach::{EditScope, edit_scope};
pub use takeover::{NumberHolder, NumberTaken, organization_of_network, take_number};
pub use web::is_email;

use peerage_schema::{Resource, Status};
use serde_json::{Map, Value as Json};

use crate::event::Action;
use crate::ids::OrgId;
use crate::moment::Moment;
use crate::rights::Authority;
use crate::row::Row;
use crate::snapshot::Snapshot;

/// A parsed body.
#[derive(Debug, Clone, Default)]
pub struct RequestBody {
    /// JSON values. In a form: texts, and lists of texts for keys that occur more than once.
    pub values: Map<String, Json>,
    /// Whether it is a form, to which other rules apply (spec/write-api.md, 4.5).
    pub is_form: bool,
}

/// The requested action. Ids are texts from the path.
#[derive(Debug, Clone, Copy)]
pub enum WriteAction<'a> {
    Create,
    /// A new object is suggested to the registry. Not part of the API, in which `suggest` in the body does so for
    /// networks and facilities.
    Suggest,
    Update(&'a str),
    Delete(&'a str),
    /// `ix/<id>/request_ixf_import`
    RequestImport(&'a str),
    /// `campus/<id>/add-facility/<fac>`
    AddFacility(&'a str, &'a str),
    /// `campus/<id>/remove-facility/<fac>`
    RemoveFacility(&'a str, &'a str),
    /// `netixlan/<id>/set-net-side`
    SetNetSide(&'a str),
    /// `netixlan/<id>/set-ix-side`
    SetIxSide(&'a str),
    /// `carrierfac/<id>/approve`
    Approve(&'a str),
    /// `carrierfac/<id>/reject`
    Reject(&'a str),
    /// A deleted row gets this status. Not part of the API: an undo restores what it knows from the log.
    Restore(&'a str, Status),
}

/// The operator's settings for writing.
#[derive(Debug, Clone)]
pub struct WritePolicy {
    /// Contact address in messages.
    pub support_email: String,
    /// The organization that receives suggestions.
    pub suggestion_org: OrgId,
    /// Whether an AS number must be registered at an RIR with an address of the caller.
    pub checks_rir: bool,
    /// Whether an exchange can be approved automatically, by the registration of its prefix and its member list.
    pub approves_exchanges: bool,
    /// Whether a facility can state that it has no power, which older sync clients cannot read.
    pub takes_no_power: bool,
}

/// A request to change something.
pub struct WriteRequest<'a> {
    pub resource: Resource,
    pub act: WriteAction<'a>,
    pub body: &'a RequestBody,
    pub authority: &'a dyn Authority,
    pub policy: &'a WritePolicy,
    pub outside: &'a ExternalFacts,
    pub now: Moment,
}

/// A query to an external service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactLookup {
    /// Registration of an AS number (RFC 9083).
    Autnum(u32),
    /// Registration of a prefix's address space (RFC 9083).
    Network(ipnet::IpNet),
    /// The member list of an exchange, in the Euro-IX schema.
    MemberList(String),
}

/// Results of external services so far.
#[derive(Debug, Clone, Default)]
pub struct ExternalFacts {
    pub autnum: Option<NumberRegistration>,
    pub network: Option<NumberRegistration>,
    pub member_list: Option<MemberList>,
}

/// The registration of an AS number or a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberRegistration {
    /// Mail addresses in the record, and the name of the holder if it has one.
    Found { mails: Vec<String>, holder: Option<String> },
    /// The result covers a block of AS numbers, with these mail addresses. RIRs return blocks for unassigned numbers
    /// and for blocks of one organization, so only the addresses prove that the caller holds one of the numbers.
    Block { first: u32, last: u32, mails: Vec<String> },
    /// The RIR has reserved it: nobody holds it.
    Reserved,
    /// It is not assigned.
    Unassigned,
    /// The RIR returned an error text.
    Refused(String),
    /// No result, or an invalid one.
    Unavailable,
}

impl NumberRegistration {
    /// Whether the record contains one of these addresses, all of which must be confirmed by their owner.
    pub fn bears(&self, own: &[String]) -> bool {
        matches!(self, NumberRegistration::Found { mails, .. } | NumberRegistration::Block { mails, .. } if bears(mails, own))
    }
}

/// The content of a member list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberList {
    /// The members' AS numbers.
    Members(Vec<u32>),
    Failed(String),
}

/// One accepted change.
#[derive(Debug, Clone)]
pub struct RowStep {
    pub action: Action,
    pub resource: Resource,
    pub id: u32,
    /// Stored cells.
    pub before: Option<Row>,
    pub after: Option<Row>,
    /// The organization of the row after the change.
    pub org: Option<OrgId>,
}

/// The result of an accepted request.
#[derive(Debug, Clone, Default)]
pub struct WriteDecision {
    /// Changes in order; all or none are made.
    pub steps: Vec<RowStep>,
    /// The row to show; `None` for an answer without a body.
    pub shown: Option<(Resource, u32)>,
    /// Whether the row is new: its sets are not shown then.
    pub is_new: bool,
    /// Additional members of the answer, after the row's own fields.
    pub extra: Vec<(&'static str, Json)>,
    /// Fields that this answer shows differently from their stored value: a list that was sent as null is shown as
    /// null.
    pub instead: Vec<(&'static str, Json)>,
    /// Members of the answer's `meta`.
    pub meta: Vec<(&'static str, Json)>,
    /// Whether the row is shown as it was before the steps.
    pub as_it_was: bool,
}

impl WriteDecision {
    /// The state from which the answer shows its row. As clients expect, the parents of a new row are shown with the
    /// counters and times from before the change, and a row that its facility has rejected as it was before.
    ///
    /// `before` is the state on which the decision was based, `after` the resulting one.
    pub fn shown_state(&self, before: &Snapshot, after: &Snapshot) -> Snapshot {
        if self.as_it_was {
            return before.clone();
        }
        if !self.is_new {
            return after.clone();
        }
        let is_shown = |step: &&RowStep| step.action == Action::Create || self.shown == Some((step.resource, step.id));
        let rows = self.steps.iter().filter(is_shown);
        before.with(rows.filter_map(|step| Some((step.resource, after.row(step.resource, step.id)?.clone()))))
    }
}

/// Why a request is refused. Nothing changes then.
#[derive(Debug, Clone, PartialEq)]
pub enum WriteRefusal {
    /// The body is invalid; with the errors by field.
    Invalid(BodyComplaints),
    /// The request is impossible, whatever the fields of its body; says why.
    Impossible(String),
    /// A facility can only join a campus of its own organization.
    OtherOrganization,
    /// The object does not belong to the caller.
    NotYours,
    /// The caller lacks the permission.
    NotPermitted,
    /// The same, with the missing permission.
    NotPermittedBecause(String),
    /// Other objects need the one to be deleted; says which.
    StillNeeded(String),
    /// The object does not exist; says which.
    NotFound(String),
    /// The object to be deleted does not exist.
    AlreadyGone,
    /// The decision depends on what external services say: look it up, and decide again.
    NeedsFacts(FactLookup),
}

/// Errors of a body.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BodyComplaints {
    /// By field, in the order of the table: lists of texts, or a structure of the field's own.
    pub fields: Map<String, Json>,
    /// Whether the caller is at fault rather than a field: no other value would help.
    pub concerns_caller: bool,
}

/// Decides about a request, given a state.
///
/// # Errors
/// The first refusal, in the order that clients expect (spec/write-api.md, 1).
///
/// ```
/// use peerage_registry::rights::{Authority, Permissions};
/// use peerage_registry::rules::{WriteAction, RequestBody, ExternalFacts, WritePolicy, WriteRefusal, WriteRequest, decide};
/// use peerage_registry::Snapshot;
/// use peerage_registry::ids::OrgId;
/// use peerage_registry::moment::Moment;
/// use peerage_schema::Resource;
/// use serde_json::{Map, json};
///
/// struct FullAuthority;
///
/// impl Authority for FullAuthority {
///     fn may(&self, _namespace: &str, _needed: Permissions) -> bool {
///         true
///     }
///     fn mail_addresses(&self) -> Vec<String> {
///         Vec::new()
///     }
///     fn is_key(&self) -> bool {
///         true
///     }
/// }
///
/// let policy = WritePolicy {
///     support_email: "support@example.net".to_owned(),
///     suggestion_org: OrgId::new(0),
///     checks_rir: false,
///     approves_exchanges: false,
///     takes_no_power: false,
/// };
/// let create = |name: &str| {
///     let values = Map::from_iter([("name".to_owned(), json!(name))]);
///     let body = RequestBody { values, is_form: false };
///     let (resource, act, outside) = (Resource::Org, WriteAction::Create, ExternalFacts::default());
///     let write =
///         WriteRequest { resource, act, body: &body, authority: &FullAuthority, policy: &policy, outside: &outside, now: Moment::EPOCH };
///     decide(&write, &Snapshot::default())
/// };
/// assert_eq!(create("Example").expect("an organization").shown, Some((Resource::Org, 1)));
/// let Err(WriteRefusal::Invalid(complaints)) = create("") else { panic!("a name is required") };
/// assert_eq!(complaints.fields["name"], json!(["This field may not be blank."]));
/// ```
pub fn decide(write: &WriteRequest<'_>, state: &Snapshot) -> Result<WriteDecision, WriteRefusal> {
    match write.act {
        WriteAction::Create | WriteAction::Suggest => create::create(write, state),
        WriteAction::Update(id) => update::update(write, state, id),
        WriteAction::Delete(id) => delete::delete(write, state, id),
        WriteAction::RequestImport(id) => action::request_import(write, state, id),
        WriteAction::AddFacility(id, fac) => action::add_facility(write, state, id, fac),
        WriteAction::RemoveFacility(id, fac) => action::remove_facility(write, state, id, fac),
        WriteAction::SetNetSide(id) => action::set_side(write, state, id, action::PortSide::Net),
        WriteAction::SetIxSide(id) => action::set_side(write, state, id, action::PortSide::Ix),
        WriteAction::Approve(id) => action::approve(write, state, id),
        WriteAction::Reject(id) => action::reject(write, state, id),
        WriteAction::Restore(id, status) => restore::restore(write, state, id, status),
    }
}
