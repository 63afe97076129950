//! A field of a resource, as data: what it holds, where its value comes from, who can change it, how it is shown.

mod make;

use crate::choices::FieldChoice;
use crate::resource::Resource;

pub use make::*;

/// What a field holds. Bounds are checked when a value is written (spec/write-api.md); reading never rejects a row.
#[derive(Debug, Clone, Copy)]
pub enum FieldKind {
    /// Id of a row, unique within its resource. Assigned in sequence and never reused.
    Id,
    /// Id of a row of another resource.
    Ref(Resource),
    /// Integer between two bounds, inclusive.
    Int {
        min: i64,
        max: i64,
    },
    /// Autonomous system number, 32 bit (RFC 6793).
    Asn,
    /// Number of linked rows. Derived.
    Count,
    Bool,
    /// Degrees with six decimals, stored as millionths.
    Degrees,
    /// Text of at most `max` characters (Unicode code points); 0 means unbounded.
    Text {
        max: u32,
    },
    /// One of a list of values.
    Choice(&'static [FieldChoice]),
    /// Several of a list of values, stored in the order given and separated by commas.
    Choices(&'static [FieldChoice]),
    /// One of a list of numbers.
    NumberChoice(&'static [i64]),
    /// URL. `any_scheme` also accepts telnet and ssh, for looking glasses and route servers.
    Url {
        max: u32,
        any_scheme: bool,
    },
    Email,
    /// Phone number in E.164.
    Phone {
        max: u32,
    },
    /// ISO 3166-1 alpha-2 code, or `XK`.
    Country,
    /// MAC address.
    Mac,
    Ip4,
    Ip6,
    /// Network prefix in canonical CIDR notation.
    Prefix,
    /// Point in time, UTC. Stored in microseconds since 1970, shown in whole seconds (truncated).
    Time,
    /// List of `{"service", "identifier"}` objects, stored as JSON text.
    Social,
    /// List of words, stored as JSON text.
    Words(&'static [FieldChoice]),
    /// The row that `via` points to, expanded at sufficient `depth`.
    One {
        of: Resource,
        via: &'static str,
    },
    /// The rows that point to this one, expanded at sufficient `depth`.
    Set(RelatedSet),
}

/// A list of related rows.
#[derive(Debug, Clone, Copy)]
pub struct RelatedSet {
    pub of: Resource,
    pub through: SetRelation,
    /// Fields that are left out of the objects in the set (spec/read-api.md, 3.1).
    pub without: &'static [&'static str],
}

/// How the rows of a [`RelatedSet`] are found.
#[derive(Debug, Clone, Copy)]
pub enum SetRelation {
    /// The rows point here with this field.
    Child(&'static str),
    /// Link rows point here with `here` and to the target with `there`. One entry for each link row, in their order.
    Link { link: Resource, here: &'static str, there: &'static str },
}

/// How a value is stored in memory and SQL, and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueStorage {
    Int,
    Bool,
    /// Millionths of a degree.
    Degrees,
    Text,
    /// Microseconds since 1970-01-01T00:00:00Z.
    Time,
    /// Nothing is stored: the field is a relation.
    None,
}

impl FieldKind {
    pub const fn storage(&self) -> ValueStorage {
        match self {
            FieldKind::Id
            | FieldKind::Ref(_)
            | FieldKind::Int { .. }
            | FieldKind::Asn
            | FieldKind::Count
            | FieldKind::NumberChoice(_) => ValueStorage::Int,
            FieldKind::Bool => ValueStorage::Bool,
            FieldKind::Degrees => ValueStorage::Degrees,
            FieldKind::Time => ValueStorage::Time,
            FieldKind::One { .. } | FieldKind::Set(_) => ValueStorage::None,
            _ => ValueStorage::Text,
        }
    }

    pub const fn is_relation(&self) -> bool {
        matches!(self.storage(), ValueStorage::None)
    }
}

/// Where a field's value comes from.
#[derive(Debug, Clone, Copy)]
pub enum ValueOrigin {
    /// A column of the resource's own table.
    Stored,
    /// Computed from other rows whenever one of them changes.
    Derived(Derivation),
}

/// How a derived value is computed.
#[derive(Debug, Clone, Copy)]
pub enum Derivation {
    /// The value of `field` in the row that `via` points to.
    Parent { via: &'static str, field: &'static str },
    /// Name of a port: the exchange's name, followed by the LAN's name if it has one.
    PortName,
    /// Number of `child` rows with status `ok` whose field `by` points here.
    Count { child: Resource, by: &'static str },
    /// As `Count`, but counts each distinct value of `of` once.
    CountDistinct { child: Resource, by: &'static str, of: &'static str },
    /// The value of `field` in the campus's facility with the lowest id. Facilities with status `ok` come first.
    CampusFacility { field: &'static str },
}

/// How a stored value is converted for output. Filters compare the stored value unless the field says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisplayForm {
    AsStored,
    /// The organization's website, if the row has none of its own.
    OrOrganization,
    /// List sorted by code points.
    Sorted,
    /// List sorted in the order of the choices.
    InChoiceOrder,
    /// The first item of the list in another field.
    FirstOf(&'static str),
    /// The entries, with the row's own website added.
    WithWebsite,
    /// `ok` for the RIR states that mean "assigned", otherwise null.
    RirOk,
    /// Whether the exchange has a live prefix of this address family.
    HasPrefix(&'static str),
    /// Always this text, whatever is stored.
    Always(&'static str),
    /// Always false, whatever is stored.
    AlwaysFalse,
    /// Empty once the row is deleted, so that personal data does not outlive its row.
    BlankWhenDeleted,
    /// Left out for viewers who cannot see it.
    ToWhoMaySee,
    /// Stored and filterable, never shown.
    Never,
}

/// The value of the field in a row that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmptyValue {
    /// An empty text, an empty list, or the type's default. Null is read as that.
    Blank,
    /// Null. An empty text is read as null.
    Null,
    /// Null and the empty text are different values.
    Either,
}

/// Who can set the field through the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteAccess {
    Yes,
    /// Clients, only when the row is created.
    Create,
    /// Clients, only after the row exists. Ignored when it is created.
    Update,
    No,
}

/// The value of a field that the creation of a row does not mention.
#[derive(Debug, Clone, Copy)]
pub enum DefaultValue {
    None,
    Text(&'static str),
    Int(i64),
    Bool(bool),
}

/// Whether and how rows with a given value are found without a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldIndex {
    None,
    /// Several rows can have the same value.
    Many,
    /// No two rows have the same value, whatever their status. Case is ignored. Null and the empty text do not count.
    Unique,
    /// As [`FieldIndex::Unique`], among rows that are not deleted.
    UniqueLive,
}

/// Whether the field can be used as a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterSupport {
    Yes,
    /// Only from a resource one step away. Ignored under its own name, as in the reference.
    FromNeighbours,
    /// Ignored like an unknown parameter, as in the reference.
    No,
}

/// One field. Built by the functions of this module and refined by its methods, so that a table reads as a list.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub kind: FieldKind,
    pub origin: ValueOrigin,
    pub shown: DisplayForm,
    pub empty: EmptyValue,
    pub write: WriteAccess,
    /// A request body must contain the field, with a value.
    pub required: bool,
    /// A request body must contain the field. An empty text is accepted, null is not.
    pub named: bool,
    pub default: DefaultValue,
    /// An update that does not mention the field resets it to its default (spec/write-api.md, 5).
    pub reset: bool,
    /// The largest number that can be written. Imported rows may have larger ones.
    pub limit: Option<i64>,
    /// Error text for clients that still set the field; empty for a field in use.
    pub retired: &'static str,
    /// A choice that older rows have but that can no longer be written, with the error text for clients that try.
    pub closed_choice: Option<(&'static str, &'static str)>,
    /// Error text for a value that another row already has.
    pub taken: &'static str,
    pub index: FieldIndex,
    pub filter: FilterSupport,
    /// Label in forms and docs.
    pub label: &'static str,
    pub help: &'static str,
}

impl Field {
    const fn new(name: &'static str, kind: FieldKind, label: &'static str) -> Field {
        Field {
            name,
            kind,
            origin: ValueOrigin::Stored,
            shown: DisplayForm::AsStored,
            empty: EmptyValue::Blank,
            write: WriteAccess::Yes,
            required: false,
            named: false,
            default: DefaultValue::None,
            reset: false,
            limit: None,
            retired: "",
            closed_choice: None,
            taken: "This field must be unique.",
            index: FieldIndex::None,
            filter: FilterSupport::Yes,
            label,
            help: "",
        }
    }

    pub const fn nullable(mut self) -> Field {
        self.empty = EmptyValue::Null;
        self
    }

    pub const fn null_or_blank(mut self) -> Field {
        self.empty = EmptyValue::Either;
        self
    }

    pub const fn read_only(mut self) -> Field {
        self.write = WriteAccess::No;
        self
    }

    pub const fn on_create(mut self) -> Field {
        self.write = WriteAccess::Create;
        self
    }

    pub const fn required(mut self) -> Field {
        self.required = true;
        self
    }

    pub const fn on_update(mut self) -> Field {
        self.write = WriteAccess::Update;
        self
    }

    pub const fn named(mut self) -> Field {
        self.named = true;
        self
    }

    pub const fn reset(mut self) -> Field {
        self.reset = true;
        self
    }

    pub const fn limit(mut self, limit: i64) -> Field {
        self.limit = Some(limit);
        self
    }

    pub const fn without(mut self, choice: &'static str, message: &'static str) -> Field {
        self.closed_choice = Some((choice, message));
        self
    }

    pub const fn retired(mut self, message: &'static str) -> Field {
        self.retired = message;
        self
    }

    pub const fn taken(mut self, message: &'static str) -> Field {
        self.taken = message;
        self
    }

    pub const fn default_text(mut self, value: &'static str) -> Field {
        self.default = DefaultValue::Text(value);
        self
    }

    pub const fn default_int(mut self, value: i64) -> Field {
        self.default = DefaultValue::Int(value);
        self
    }

    pub const fn default_true(mut self) -> Field {
        self.default = DefaultValue::Bool(true);
        self
    }

    pub const fn indexed(mut self) -> Field {
        self.index = FieldIndex::Many;
        self
    }

    pub const fn unique(mut self) -> Field {
        self.index = FieldIndex::Unique;
        self
    }

    pub const fn unique_live(mut self) -> Field {
        self.index = FieldIndex::UniqueLive;
        self
    }

    pub const fn filterable_from_neighbours(mut self) -> Field {
        self.filter = FilterSupport::FromNeighbours;
        self
    }

    pub const fn not_filterable(mut self) -> Field {
        self.filter = FilterSupport::No;
        self
    }

    pub const fn shown_as(mut self, shown: DisplayForm) -> Field {
        self.shown = shown;
        self
    }

    pub const fn hidden(self) -> Field {
        self.shown_as(DisplayForm::Never).read_only()
    }

    pub const fn help(mut self, help: &'static str) -> Field {
        self.help = help;
        self
    }

    pub const fn derived(mut self, derivation: Derivation) -> Field {
        self.origin = ValueOrigin::Derived(derivation);
        self.write = WriteAccess::No;
        self
    }

    pub const fn is_stored(&self) -> bool {
        matches!(self.origin, ValueOrigin::Stored)
            && !self.kind.is_relation()
            && !matches!(self.shown, DisplayForm::FirstOf(_))
    }

    /// Whether people set the field, when a row is created or later: not what follows from another field, nor what is kept
    /// only for old rows.
    pub fn is_entered(&self) -> bool {
        let follows = matches!(self.shown, DisplayForm::FirstOf(_) | DisplayForm::Always(_) | DisplayForm::AlwaysFalse);
        self.write != WriteAccess::No && self.is_stored() && self.is_shown() && self.retired.is_empty() && !follows
    }

    /// Whether a text can contain line breaks. Texts without a bound can, since people write them at length; all others
    /// are names, addresses and the like.
    pub const fn has_lines(&self) -> bool {
        matches!(self.kind, FieldKind::Text { max: 0 })
    }

    /// Whether the API shows what is stored, at most in another order or with more than that. Other fields follow from
    /// something else, or their stored text is private.
    pub const fn is_shown_as_stored(&self) -> bool {
        let follows = matches!(
            self.shown,
            DisplayForm::FirstOf(_)
                | DisplayForm::RirOk
                | DisplayForm::HasPrefix(_)
                | DisplayForm::Always(_)
                | DisplayForm::AlwaysFalse
        );
        self.is_shown() && !follows
    }

    /// Whether a new row gets a value other than the empty one if the field is not given.
    pub const fn has_default(&self) -> bool {
        !matches!(self.default, DefaultValue::None)
    }

    /// Whether the field can appear in an answer. True for relations as well.
    pub const fn is_shown(&self) -> bool {
        !matches!(self.shown, DisplayForm::Never)
    }

    /// The name of a foreign key without its `_id`, as filters use it: `org` for `org_id`.
    ///
    /// ```
    /// use peerage_schema::tables::net;
    ///
    /// assert_eq!(net::TABLE.fields[net::ORG_ID.position()].relation_name(), Some("org"));
    /// assert_eq!(net::TABLE.fields[net::ASN.position()].relation_name(), None);
    /// ```
    pub fn relation_name(&self) -> Option<&'static str> {
        matches!(self.kind, FieldKind::Ref(_)).then(|| self.name.strip_suffix("_id")).flatten()
    }
}
