//! What may be written: from a request and the state at the head of the log to steps, or to a refusal.
//!
//! `draft` reads a body by the table, one file a resource holds what is special to it, `save` puts them in order for
//! `create` and `update`; `steps` collects the changes. All rules and texts: spec/write-api.md.
//!
//! Pure: what has to be asked of strangers ([`Lookup`]) is answered by the caller, who asks and judges again.

mod action;
mod address;
mod asked;
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
mod save;
mod social;
mod steps;
mod takeover;
mod unique;
mod update;
mod value;
mod web;
mod website;

pub use fac::NO_POWER;
pub use founding::{approve, found_organization, organization_named, refuse};
pub use ignored::{Extra, extras, ignored};
pub use logo::show_logo;
pub use net::{bears, is_reserved};
pub use takeover::{NumberHolder, NumberTaken, organization_of_network, take_number};
pub use web::is_email;

use peerage_schema::Resource;
use serde_json::{Map, Value as Json};

use crate::event::Action;
use crate::ids::OrgId;
use crate::moment::Micros;
use crate::rights::Authority;
use crate::row::Row;
use crate::snapshot::Snapshot;

/// A body, as its parser gives it.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// JSON values; of a form: texts, and lists of texts where a key came more than once.
    pub values: Map<String, Json>,
    /// Whether it came as a form, for which other rules hold (spec/write-api.md, 4.5).
    pub is_form: bool,
}

/// What shall be done. Ids are as they stood in the path.
#[derive(Debug, Clone, Copy)]
pub enum Act<'a> {
    Create,
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
}

/// What an operator has set about writing.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Stands in messages.
    pub support_email: String,
    /// The organization that receives suggestions.
    pub suggestion_org: OrgId,
    /// Whether an AS number has to be found at its registry, bearing an address of the caller.
    pub checks_rir: bool,
    /// Whether an exchange may be approved at once by the registration of its prefix and its member list.
    pub approves_exchanges: bool,
    /// Whether a facility may say that it has no power. The sync clients of today cannot read that.
    pub takes_no_power: bool,
}

/// A request to change something.
pub struct Write<'a> {
    pub resource: Resource,
    pub act: Act<'a>,
    pub body: &'a Body,
    pub authority: &'a dyn Authority,
    pub policy: &'a Policy,
    pub outside: &'a Outside,
    pub now: Micros,
}

/// Something to be asked of strangers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Registration of an AS number (RFC 9083).
    Autnum(u32),
    /// Registration of a prefix's address space.
    Network(ipnet::IpNet),
    /// The member list of an exchange, in the Euro-IX schema.
    MemberList(String),
}

/// What strangers have said so far.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    pub autnum: Option<Registration>,
    pub network: Option<Registration>,
    pub member_list: Option<MemberList>,
}

/// What a registry says about a number or a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registration {
    /// Mail addresses in the record, and the name of who holds it, where it says so.
    Found { mails: Vec<String>, holder: Option<String> },
    /// The answer covers a block of AS numbers, with the mail addresses in it. Registries answer so for numbers that
    /// nobody has, and for blocks that one organization holds: only who is named in it can be told to hold one of them.
    Block { first: u32, last: u32, mails: Vec<String> },
    /// The registry keeps it back: nobody holds it.
    Reserved,
    /// Nobody has it.
    Unassigned,
    /// The registry has an error of its own to tell.
    Refused(String),
    /// No answer, or one that makes no sense.
    Unavailable,
}

impl Registration {
    /// Whether one of the addresses, all confirmed by their owner, stands in the record.
    pub fn bears(&self, own: &[String]) -> bool {
        matches!(self, Registration::Found { mails, .. } | Registration::Block { mails, .. } if bears(mails, own))
    }
}

/// What a member list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberList {
    /// AS numbers of its members.
    Members(Vec<u32>),
    Failed(String),
}

/// One change, judged.
#[derive(Debug, Clone)]
pub struct Step {
    pub action: Action,
    pub resource: Resource,
    pub id: u32,
    /// Stored cells.
    pub before: Option<Row>,
    pub after: Option<Row>,
    /// The organization that the row belongs to after the change.
    pub org: Option<OrgId>,
}

/// What a request that may be carried out comes to.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// In order; all or none.
    pub steps: Vec<Step>,
    /// The row to show; none for an answer without a body.
    pub shown: Option<(Resource, u32)>,
    /// Whether it is new: its sets are not shown then.
    pub is_new: bool,
    /// What the answer tells beside the row's own fields, after them.
    pub extra: Vec<(&'static str, Json)>,
    /// Fields that this one answer shows otherwise than they are stored: a list that was given as null is null.
    pub instead: Vec<(&'static str, Json)>,
    /// What the answer's `meta` tells.
    pub meta: Vec<(&'static str, Json)>,
    /// Whether the row is shown as it was before the steps.
    pub as_it_was: bool,
}

impl Judged {
    /// The state of which the answer shows its row. Clients know that the parents of a new row are shown as they were
    /// before it, counters and times; and a row that was refused by its facility as it was before that.
    ///
    /// `before` is the state that was judged at, `after` the one that the steps lead to.
    pub fn shown_state(&self, before: &Snapshot, after: &Snapshot) -> Snapshot {
        if self.as_it_was {
            return before.clone();
        }
        if !self.is_new {
            return after.clone();
        }
        let is_shown = |step: &&Step| step.action == Action::Create || self.shown == Some((step.resource, step.id));
        let rows = self.steps.iter().filter(is_shown);
        before.with(rows.filter_map(|step| Some((step.resource, after.row(step.resource, step.id)?.clone()))))
    }
}

/// Why a request is not carried out. Nothing changes then.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// The body is wrong: says where, and how.
    Invalid(Complaints),
    /// The request cannot be carried out, whatever the fields of its body say; says why.
    Impossible(String),
    /// A facility joins a campus of its own organization only.
    OtherOrganization,
    /// The object is not the caller's to change.
    NotYours,
    /// The caller lacks the right to do this.
    NotPermitted,
    /// The same, and which right is missing.
    NotPermittedBecause(String),
    /// Other objects need the one that is to be deleted; says which.
    StillNeeded(String),
    /// The object is not there; says which.
    NotFound(String),
    /// What is to be deleted is not there.
    AlreadyGone,
    /// The decision depends on what external services say: look it up, and decide again.
    NeedsFacts(Lookup),
}

/// What is wrong with a body.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Complaints {
    /// By field, in the order of the table: texts, or what the field itself has for them.
    pub fields: Map<String, Json>,
    /// The caller is at fault, and no field: nothing that they write there would help.
    pub concerns_caller: bool,
}

/// Judges a request at a state.
///
/// # Errors
/// The first refusal in the order that clients know (spec/write-api.md, 1).
///
/// ```
/// use peerage_registry::rights::{Authority, Rights};
/// use peerage_registry::rules::{Act, Body, Outside, Policy, Refusal, Write, judge};
/// use peerage_registry::Snapshot;
/// use peerage_registry::ids::OrgId;
/// use peerage_schema::Resource;
/// use serde_json::{Map, json};
///
/// struct Anybody;
///
/// impl Authority for Anybody {
///     fn may(&self, _namespace: &str, _needed: Rights) -> bool {
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
/// let policy = Policy {
///     support_email: "support@example.net".to_owned(),
///     suggestion_org: OrgId::new(0),
///     checks_rir: false,
///     approves_exchanges: false,
///     takes_no_power: false,
/// };
/// let create = |name: &str| {
///     let values = Map::from_iter([("name".to_owned(), json!(name))]);
///     let body = Body { values, is_form: false };
///     let (resource, act, outside) = (Resource::Org, Act::Create, Outside::default());
///     let write =
///         Write { resource, act, body: &body, authority: &Anybody, policy: &policy, outside: &outside, now: 1 };
///     judge(&write, &Snapshot::default())
/// };
/// assert_eq!(create("Example").expect("an organization").shown, Some((Resource::Org, 1)));
/// let Err(Refusal::Invalid(complaints)) = create("") else { panic!("a name is required") };
/// assert_eq!(complaints.fields["name"], json!(["This field may not be blank."]));
/// ```
pub fn judge(write: &Write<'_>, state: &Snapshot) -> Result<Judged, Refusal> {
    match write.act {
        Act::Create => create::create(write, state),
        Act::Update(id) => update::update(write, state, id),
        Act::Delete(id) => delete::delete(write, state, id),
        Act::RequestImport(id) => action::request_import(write, state, id),
        Act::AddFacility(id, fac) => action::add_facility(write, state, id, fac),
        Act::RemoveFacility(id, fac) => action::remove_facility(write, state, id, fac),
        Act::SetNetSide(id) => action::set_side(write, state, id, action::Side::Net),
        Act::SetIxSide(id) => action::set_side(write, state, id, action::Side::Ix),
        Act::Approve(id) => action::approve(write, state, id),
        Act::Reject(id) => action::reject(write, state, id),
    }
}
