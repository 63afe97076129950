//! One field of a resource, as data: what it holds, where it comes from, who may change it, how it is shown.

mod make;

use crate::choices::Choice;
use crate::resource::Resource;

pub use make::*;

/// What a field holds. Bounds are checked when a value is written, see spec/write-api.md; reading never refuses a row.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Number of a row within its resource; assigned in sequence, never reused.
    Id,
    /// Id of a row of another resource.
    Ref(Resource),
    /// Whole number within bounds, both included.
    Int {
        min: i64,
        max: i64,
    },
    /// Autonomous system number, 32 bit (RFC 6793).
    Asn,
    /// How many rows are linked. Derived.
    Count,
    Bool,
    /// Degrees with six decimals, kept as millionths.
    Degrees,
    /// Text of at most `max` characters (Unicode code points); 0 means no bound.
    Text {
        max: u32,
    },
    /// One of a list.
    Choice(&'static [Choice]),
    /// Several of a list, stored in the order given and joined by commas.
    Choices(&'static [Choice]),
    /// One of a list of numbers.
    NumberChoice(&'static [i64]),
    /// Address of a page. `any_scheme` also admits telnet and ssh, for looking glasses and route servers.
    Url {
        max: u32,
        any_scheme: bool,
    },
    Email,
    /// Phone number, E.164.
    Phone {
        max: u32,
    },
    /// ISO 3166-1 alpha-2 code, or `XK`.
    Country,
    /// Hardware address.
    Mac,
    Ip4,
    Ip6,
    /// Network in CIDR form, canonical.
    Prefix,
    /// A moment, UTC; kept in microseconds since 1970, shown in whole seconds, cut off.
    Time,
    /// List of `{"service", "identifier"}` objects, kept as JSON text.
    Social,
    /// List of words, kept as JSON text.
    Words(&'static [Choice]),
    /// The row that `via` points to, shown when the depth asks for it.
    One {
        of: Resource,
        via: &'static str,
    },
    /// Rows that point here, shown when the depth asks for it.
    Set(Set),
}

/// A list of related rows.
#[derive(Debug, Clone, Copy)]
pub struct Set {
    pub of: Resource,
    pub through: Through,
    /// Fields that objects inside the set do not repeat (spec/read-api.md, 3.1).
    pub without: &'static [&'static str],
}

/// How the rows of a [`Set`] are found.
#[derive(Debug, Clone, Copy)]
pub enum Through {
    /// They point here with this field.
    Child(&'static str),
    /// A link row points here with `here` and to them with `there`; one entry a link row, in the order of link rows.
    Link { link: Resource, here: &'static str, there: &'static str },
}

/// How a value is kept: in memory, in SQL and in comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    Int,
    Bool,
    /// Millionths of a degree.
    Degrees,
    Text,
    /// Microseconds since 1970-01-01T00:00:00Z.
    Time,
    /// Nothing: a relation.
    None,
}

impl Kind {
    pub const fn storage(&self) -> Storage {
        match self {
            Kind::Id | Kind::Ref(_) | Kind::Int { .. } | Kind::Asn | Kind::Count | Kind::NumberChoice(_) => {
                Storage::Int
            }
            Kind::Bool => Storage::Bool,
            Kind::Degrees => Storage::Degrees,
            Kind::Time => Storage::Time,
            Kind::One { .. } | Kind::Set(_) => Storage::None,
            _ => Storage::Text,
        }
    }

    pub const fn is_relation(&self) -> bool {
        matches!(self.storage(), Storage::None)
    }
}

/// Where the value comes from.
#[derive(Debug, Clone, Copy)]
pub enum Origin {
    /// A column of the row's own table.
    Stored,
    /// Made from other rows, each time one of them changes.
    Derived(Derivation),
}

/// How a derived value is made.
#[derive(Debug, Clone, Copy)]
pub enum Derivation {
    /// The value of `field` in the row that `via` points to.
    Parent { via: &'static str, field: &'static str },
    /// Name of a port: the exchange's, followed by the LAN's if it has one.
    PortName,
    /// Number of `child` rows with status `ok` whose field `by` points here.
    Count { child: Resource, by: &'static str },
    /// The same, counting each value of `of` once.
    CountDistinct { child: Resource, by: &'static str, of: &'static str },
    /// The value of `field` in the facility of this campus with the lowest id, those with status `ok` first.
    CampusFacility { field: &'static str },
}

/// How a stored value becomes the shown one. Filters compare the stored value unless the field says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    AsStored,
    /// The organization's website where the row has none of its own.
    OrOrganization,
    /// List in the order of code points.
    Sorted,
    /// List in the order of the choices.
    InChoiceOrder,
    /// The first item of another field's stored list.
    FirstOf(&'static str),
    /// The row's own website stands among the entries.
    WithWebsite,
    /// `ok` for the registries' states that mean "assigned", else null.
    RirOk,
    /// Whether a live prefix of this address family exists at the exchange.
    HasPrefix(&'static str),
    /// Always this text, whatever is stored.
    Always(&'static str),
    /// Always false, whatever is stored.
    AlwaysFalse,
    /// Empty once the row is deleted: personal data does not outlive its row.
    BlankWhenDeleted,
    /// The key is missing for whoever may not see it.
    ToWhoMaySee,
    /// Kept and filterable, never shown.
    Never,
}

/// What stands in a row that has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// An empty text, an empty list, or the type's default; null is read as that.
    Blank,
    /// Null; an empty text is read as that.
    Null,
    /// Null and the empty text are kept apart.
    Either,
}

/// Who may set it through the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    Yes,
    /// Only when the row is made.
    Create,
    /// Only once the row exists; ignored when it is made.
    Update,
    No,
}

/// Value of a field that a new row does not name.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    None,
    Text(&'static str),
    Int(i64),
    Bool(bool),
}

/// Whether and how equal values are found without walking all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    None,
    /// Many rows may share a value.
    Many,
    /// No two rows of whatever status share a value; text ignores case. Null and the empty text do not count.
    Unique,
    /// As [`Index::Unique`], among rows that are not deleted.
    UniqueLive,
}

/// Whether a filter of this name exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    Yes,
    /// Only from a resource one step away; under its own name it is ignored, as in the reference.
    FromNeighbours,
    /// Ignored like an unknown name, as in the reference.
    No,
}

/// One field. Made by the functions below and changed by its methods, so that a table reads as a list.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub origin: Origin,
    pub shown: Shown,
    pub empty: Empty,
    pub write: Write,
    /// A body has to name it, with a value.
    pub required: bool,
    /// A body has to name it, but the value may be the empty text; null is refused.
    pub named: bool,
    pub default: Default,
    /// An update that does not name it puts the default back (spec/write-api.md, 5).
    pub reset: bool,
    /// The largest number that may be written today; rows that came by import may hold more.
    pub limit: Option<i64>,
    /// What whoever still fills it is told; empty for a field that is in use.
    pub retired: &'static str,
    /// A choice that older rows have and nobody may write any more, and what whoever writes it is told.
    pub closed_choice: Option<(&'static str, &'static str)>,
    /// What is said of a value that another row has.
    pub taken: &'static str,
    pub index: Index,
    pub filter: Filter,
    /// For people, in forms and docs.
    pub label: &'static str,
    pub help: &'static str,
}

impl Field {
    const fn new(name: &'static str, kind: Kind, label: &'static str) -> Field {
        Field {
            name,
            kind,
            origin: Origin::Stored,
            shown: Shown::AsStored,
            empty: Empty::Blank,
            write: Write::Yes,
            required: false,
            named: false,
            default: Default::None,
            reset: false,
            limit: None,
            retired: "",
            closed_choice: None,
            taken: "This field must be unique.",
            index: Index::None,
            filter: Filter::Yes,
            label,
            help: "",
        }
    }

    pub const fn nullable(mut self) -> Field {
        self.empty = Empty::Null;
        self
    }

    pub const fn null_or_blank(mut self) -> Field {
        self.empty = Empty::Either;
        self
    }

    pub const fn read_only(mut self) -> Field {
        self.write = Write::No;
        self
    }

    pub const fn on_create(mut self) -> Field {
        self.write = Write::Create;
        self
    }

    pub const fn required(mut self) -> Field {
        self.required = true;
        self
    }

    pub const fn on_update(mut self) -> Field {
        self.write = Write::Update;
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

    pub const fn without(mut self, choice: &'static str, told: &'static str) -> Field {
        self.closed_choice = Some((choice, told));
        self
    }

    pub const fn retired(mut self, told: &'static str) -> Field {
        self.retired = told;
        self
    }

    pub const fn taken(mut self, told: &'static str) -> Field {
        self.taken = told;
        self
    }

    pub const fn default_text(mut self, value: &'static str) -> Field {
        self.default = Default::Text(value);
        self
    }

    pub const fn default_int(mut self, value: i64) -> Field {
        self.default = Default::Int(value);
        self
    }

    pub const fn default_true(mut self) -> Field {
        self.default = Default::Bool(true);
        self
    }

    pub const fn indexed(mut self) -> Field {
        self.index = Index::Many;
        self
    }

    pub const fn unique(mut self) -> Field {
        self.index = Index::Unique;
        self
    }

    pub const fn unique_live(mut self) -> Field {
        self.index = Index::UniqueLive;
        self
    }

    pub const fn filterable_from_neighbours(mut self) -> Field {
        self.filter = Filter::FromNeighbours;
        self
    }

    pub const fn not_filterable(mut self) -> Field {
        self.filter = Filter::No;
        self
    }

    pub const fn shown(mut self, shown: Shown) -> Field {
        self.shown = shown;
        self
    }

    pub const fn hidden(self) -> Field {
        self.shown(Shown::Never).read_only()
    }

    pub const fn help(mut self, help: &'static str) -> Field {
        self.help = help;
        self
    }

    pub const fn derived(mut self, derivation: Derivation) -> Field {
        self.origin = Origin::Derived(derivation);
        self.write = Write::No;
        self
    }

    pub const fn is_stored(&self) -> bool {
        matches!(self.origin, Origin::Stored) && !self.kind.is_relation() && !matches!(self.shown, Shown::FirstOf(_))
    }

    /// Whether a text may have line breaks: one without a bound is written by people at length. All others are names,
    /// addresses and the like, in one line.
    pub const fn has_lines(&self) -> bool {
        matches!(self.kind, Kind::Text { max: 0 })
    }

    /// Whether a new row that does not name the field has another value than the empty one.
    pub const fn has_default(&self) -> bool {
        !matches!(self.default, Default::None)
    }

    /// Whether the field can stand in an answer, relations included.
    pub const fn is_shown(&self) -> bool {
        !matches!(self.shown, Shown::Never)
    }

    /// The name of a foreign key without its `_id`, as filters name it: `org` for `org_id`.
    pub fn relation_name(&self) -> Option<&'static str> {
        matches!(self.kind, Kind::Ref(_)).then(|| self.name.strip_suffix("_id")).flatten()
    }
}
