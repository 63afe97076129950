//! Pages on which people create, change and delete objects of the registry.

use std::borrow::Cow;

use askama::Template;

use crate::PageFrame;
use crate::object::FieldChange;
use crate::parts::{FormErrors, PageTab, SelectChoice, SimilarView};

/// How a field is entered.
#[derive(Clone, Debug)]
pub enum EditInput {
    /// One line. `kind`: the type of HTML. `is_code`: in letters of even width.
    Line {
        kind: &'static str,
        is_code: bool,
    },
    /// An object of the kind with this tag, by name or ID.
    Reference(&'static str),
    /// Several lines of Markdown.
    Lines,
    Tick,
    One(Vec<SelectChoice>),
    Several(Vec<SelectChoice>),
    /// Services and identifiers.
    Profiles(Vec<ProfileEntry>),
    /// It can be seen here, but not changed.
    Fixed,
}

/// A profile on another site.
#[derive(Clone, Debug)]
pub struct ProfileEntry {
    pub services: Vec<SelectChoice>,
    pub identifier: String,
}

/// A field of a form.
#[derive(Clone, Debug)]
pub struct EditField {
    /// The name in the form, with the prefix of its row.
    pub name: String,
    pub label: String,
    pub help: String,
    pub value: String,
    pub input: EditInput,
    pub is_required: bool,
    /// The longest text in characters; 0: no bound.
    pub longest: usize,
}

impl EditField {
    pub fn longest(&self) -> usize {
        self.longest
    }

    pub fn is_ticked(&self) -> bool {
        !self.value.is_empty()
    }

    /// What a table shows instead of an input.
    pub fn is_fixed(&self) -> bool {
        matches!(self.input, EditInput::Fixed)
    }
}

/// Fields that belong together.
#[derive(Clone, Debug)]
pub struct EditGroup {
    pub title: String,
    pub fields: Vec<EditField>,
}

/// What is edited, and the way back.
#[derive(Clone, Debug)]
pub struct EditedObject {
    pub name: String,
    /// The object's page.
    pub path: String,
    /// Names and addresses of what it is part of.
    pub crumbs: Vec<(String, Option<String>)>,
    /// The facts, and each list.
    pub tabs: Vec<PageTab>,
}

/// A field that the reader and somebody else changed.
#[derive(Clone, Debug)]
pub struct ConflictView {
    /// The name of the field in the form.
    pub name: String,
    /// The row, if there are several, and the field.
    pub label: String,
    pub theirs: String,
    pub mine: String,
}

/// What every form of an object has.
#[derive(Clone, Debug)]
pub struct EditForm {
    pub object: EditedObject,
    /// Where it is sent.
    pub action: String,
    /// Names and values that it carries unseen.
    pub kept: Vec<(String, String)>,
    /// The reason that the history shows.
    pub note: String,
    /// What a person should know before.
    pub about: String,
    pub errors: FormErrors,
    /// Whether it was sent before, and has what was entered.
    pub is_sent: bool,
}

/// What is known about an object before it is created.
#[derive(Clone, Debug, Default)]
pub struct ObjectHints {
    /// What its AS number or prefix is registered as: whether that is good, and a sentence.
    pub registered: Option<(bool, String)>,
    /// Public objects that look like it.
    pub similar: Vec<SimilarView>,
    /// Whether the person asked, and should be told also that there are none.
    pub is_requested: bool,
}

/// A form with the fields of one object.
#[derive(Template)]
#[template(path = "edit/form.html")]
pub struct EditPage<'a> {
    pub frame: PageFrame<'a>,
    pub form: EditForm,
    pub groups: Vec<EditGroup>,
    /// What is known about a new object; none: not a new one.
    pub hints: Option<ObjectHints>,
    /// Where the object can be deleted; none: not by the reader.
    pub deletion: Option<String>,
}

/// A row of a grid.
#[derive(Clone, Debug)]
pub struct GridRow {
    pub prefix: String,
    /// What screen readers call it.
    pub label: String,
    /// The first cell: what it is, and where its page or form is.
    pub name: String,
    pub link: String,
    /// What a new row is about, if it has to be said.
    pub key: Option<EditField>,
    pub is_new: bool,
    pub is_removed: bool,
    pub fields: Vec<EditField>,
}

/// A form with the rows of a list.
#[derive(Template)]
#[template(path = "edit/grid.html")]
pub struct GridPage<'a> {
    pub frame: PageFrame<'a>,
    pub form: EditForm,
    pub title: String,
    /// The header of the first column, and of each field.
    pub first: String,
    pub columns: Vec<String>,
    pub rows: Vec<GridRow>,
    /// Whether rows can be added and removed.
    pub can_add: bool,
    /// How rows are pasted: the columns in order.
    pub paste_about: String,
    pub pasted: String,
    /// Pages of a long list.
    pub newer: Option<String>,
    pub older: Option<String>,
}

/// A row as a save would leave it.
#[derive(Clone, Debug)]
pub struct PreviewedRow {
    /// Created, changed, deleted.
    pub what: String,
    pub kind: String,
    pub name: String,
    pub is_new: bool,
    pub fields: Vec<FieldChange>,
    /// Labels of changed fields in Markdown, and their HTML.
    pub notes: Vec<(String, String)>,
}

/// What a form would change, before it is saved.
#[derive(Template)]
#[template(path = "edit/preview.html")]
pub struct PreviewPage<'a> {
    pub frame: PageFrame<'a>,
    pub form: EditForm,
    /// In one sentence: `3 ports change, 1 is removed`.
    pub summary: String,
    /// Whether a new object will be public at once, or why not.
    pub outlook: String,
    /// Public objects that look like the new one.
    pub similar: Vec<SimilarView>,
    pub rows: Vec<PreviewedRow>,
    /// Whether something is deleted.
    pub is_danger: bool,
    /// The way back, if it is not the form: a link.
    pub back: Option<String>,
    /// Whether it can be saved at all.
    pub is_possible: bool,
}

/// What the reader and others changed at the same time.
#[derive(Template)]
#[template(path = "edit/conflict.html")]
pub struct ConflictPage<'a> {
    pub frame: PageFrame<'a>,
    pub form: EditForm,
    pub conflicts: Vec<ConflictView>,
}

/// A text in Markdown as pages will show it.
#[derive(Template)]
#[template(path = "edit/markdown.html")]
pub struct MarkdownPage<'a> {
    pub language: &'a str,
    pub title: Cow<'a, str>,
    pub html: String,
}

impl MarkdownPage<'_> {
    pub fn show(&self) -> String {
        self.render().unwrap_or_default()
    }
}

/// A form that was sent after its session had expired, kept until its person has logged in.
#[derive(Template)]
#[template(path = "edit/expired.html")]
pub struct ExpiredPage<'a> {
    pub frame: PageFrame<'a>,
    /// Where the form is sent.
    pub action: String,
    pub fields: Vec<(String, String)>,
}

/// The form that renumbers the LAN of an exchange.
#[derive(Template)]
#[template(path = "edit/renumber.html")]
pub struct RenumberPage<'a> {
    pub frame: PageFrame<'a>,
    pub object: EditedObject,
    pub action: String,
    pub from: String,
    pub to: String,
    pub removes_old: bool,
    pub list: String,
    pub errors: FormErrors,
}

/// A row that an undo leaves as it is.
#[derive(Clone, Debug)]
pub struct LeftRow {
    pub kind: String,
    pub name: String,
    pub reason: String,
}

/// What undoing a change would do.
#[derive(Template)]
#[template(path = "edit/undo.html")]
pub struct UndoPage<'a> {
    pub frame: PageFrame<'a>,
    pub form: EditForm,
    pub summary: String,
    pub rows: Vec<PreviewedRow>,
    pub left: Vec<LeftRow>,
    /// Whether anything can be undone.
    pub is_possible: bool,
}

/// What undoing the changes of a person or key within a day would do. Without a choice, only the form that makes one.
#[derive(Template)]
#[template(path = "staff/undo.html")]
pub struct StaffUndoPage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    pub person: String,
    pub key: String,
    pub day: String,
    pub from: String,
    pub to: String,
    pub form: EditForm,
    pub summary: String,
    pub rows: Vec<PreviewedRow>,
    pub left: Vec<LeftRow>,
    /// Whether anything can be undone.
    pub is_possible: bool,
}

crate::shown! { EditPage GridPage PreviewPage ConflictPage ExpiredPage RenumberPage UndoPage StaffUndoPage }
