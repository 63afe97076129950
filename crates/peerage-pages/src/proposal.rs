//! Pages about changes of ports that member lists propose.

use askama::Template;

use crate::PageFrame;
use crate::edit::EditedObject;
use crate::object::FieldChange;
use crate::parts::FormErrors;

/// A proposed change of a port.
#[derive(Clone, Debug)]
pub struct ProposalView {
    /// What the form sends: which one, as it was shown.
    pub value: String,
    pub action: String,
    /// The class of its badge.
    pub mood: &'static str,
    pub addresses: Vec<String>,
    pub fields: Vec<FieldChange>,
    /// Where the list has it.
    pub source: String,
    /// RFC 3339.
    pub since: String,
}

/// The proposals of one exchange, or to one network.
#[derive(Clone, Debug)]
pub struct ProposalGroup {
    pub name: String,
    pub link: String,
    /// When its list was last imported; empty: never.
    pub seen: String,
    pub open: Vec<ProposalView>,
    pub dismissed: Vec<ProposalView>,
}

/// What member lists propose for the ports of a network, or at an exchange.
#[derive(Template)]
#[template(path = "edit/proposals.html")]
pub struct ProposalsPage<'a> {
    pub frame: PageFrame<'a>,
    pub object: EditedObject,
    pub action: String,
    pub about: String,
    /// Whether the reader decides, or only looks.
    pub decides: bool,
    pub groups: Vec<ProposalGroup>,
    pub left_out: usize,
    /// The same in the API.
    pub api: String,
    pub errors: FormErrors,
}

crate::shown! { ProposalsPage }
