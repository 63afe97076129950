//! Pages about member lists of exchanges.

use askama::Template;

use crate::PageFrame;
use crate::edit::EditedObject;
use crate::parts::FormErrors;

/// A row of what an import would do.
#[derive(Clone, Debug)]
pub struct PreviewedPort {
    pub action: String,
    /// The class of its badge.
    pub mood: &'static str,
    pub asn: String,
    /// Name and address of the network, if the registry has it.
    pub network: Option<(String, String)>,
    pub addresses: Vec<String>,
    pub speed: String,
    pub reason: String,
}

/// The imports of an exchange.
#[derive(Template)]
#[template(path = "edit/import.html")]
pub struct ImportPage<'a> {
    pub frame: PageFrame<'a>,
    pub object: EditedObject,
    pub action: String,
    pub has_list: bool,
    /// Whether the reader can change the exchange.
    pub may_change: bool,
    /// The address of the list; empty: none, or not for the reader.
    pub url: String,
    pub is_daily: bool,
    /// The state of the request; empty: none was made.
    pub state: String,
    pub requested: String,
    /// What the import does at the moment, and how much of it is done: of 0, unknown.
    pub running: Option<(String, usize, usize)>,
    /// Whether the state changes without the reader.
    pub is_watched: bool,
    pub last: String,
    /// Networks in the list, as of the last import.
    pub count: String,
    pub is_previewed: bool,
    /// Why the import would not be made as it is.
    pub guard: Option<String>,
    /// What a confirmation confirms; empty: none is needed.
    pub mark: String,
    /// Why the last import failed, and since when.
    pub failed: Option<(String, String)>,
    pub rows: Vec<PreviewedPort>,
    pub left_out: usize,
    pub problems: Vec<String>,
    /// The preview for scripts.
    pub json: String,
    pub errors: FormErrors,
}

/// Something that was found in a list.
#[derive(Clone, Debug)]
pub struct DefectView {
    /// The key of its name, and the class of its badge.
    pub severity: (&'static str, &'static str),
    pub line: String,
    pub path: String,
    pub text: String,
    pub explanation: &'static str,
    pub rule: &'static str,
}

/// What was found in a list.
#[derive(Clone, Debug)]
pub struct ValidatedList {
    pub is_importable: bool,
    pub members: usize,
    pub connections: usize,
    pub ports: usize,
    pub findings: Vec<DefectView>,
    pub left_out: usize,
}

/// The page that checks a pasted list.
#[derive(Template)]
#[template(path = "edit/validate.html")]
pub struct ValidatePage<'a> {
    pub frame: PageFrame<'a>,
    pub found: Option<ValidatedList>,
    pub pasted: String,
}

crate::shown! { ImportPage ValidatePage }
