//! What is indexed: documents with tagged texts.

/// A document: its kind, a number below [`KINDS_MAX`] that the caller chooses, and its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentKey {
    pub kind: u8,
    pub id: u32,
}

/// Number of kinds that an index can hold.
pub const KINDS_MAX: usize = 8;

/// The first id that cannot be indexed.
pub const IDS_END: u32 = 1 << 25;

/// Which field of a document a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldTag {
    Name,
    /// Another name.
    Aka,
    NameLong,
    /// Names of AS-SETs.
    AsSet,
    /// A code by which the trade knows the document, such as a CLLI code.
    Code,
    City,
    State,
    /// The code and the name of the country.
    Country,
    /// The name of the owner.
    Organization,
    /// Street and number.
    Address,
    Postcode,
    /// A number, which the caller indexes ([`DocumentSource::numbered`]).
    Number,
}

impl FieldTag {
    pub const ALL: [FieldTag; 12] = [
        FieldTag::Name,
        FieldTag::Aka,
        FieldTag::NameLong,
        FieldTag::AsSet,
        FieldTag::Code,
        FieldTag::City,
        FieldTag::State,
        FieldTag::Country,
        FieldTag::Organization,
        FieldTag::Address,
        FieldTag::Postcode,
        FieldTag::Number,
    ];

    /// Whether it names the document itself.
    pub fn is_name(self) -> bool {
        TagSet::NAMES.has(self)
    }
}

/// A set of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagSet(u16);

impl TagSet {
    pub const ALL: TagSet = TagSet(u16::MAX);
    /// What names the document itself.
    pub const NAMES: TagSet =
        TagSet::of(&[FieldTag::Name, FieldTag::Aka, FieldTag::NameLong, FieldTag::AsSet, FieldTag::Code]);

    pub const fn of(tags: &[FieldTag]) -> TagSet {
        let mut bits = 0;
        let mut at = 0;
        while at < tags.len() {
            bits |= 1 << tags[at] as u16;
            at += 1;
        }
        TagSet(bits)
    }

    pub const fn has(self, tag: FieldTag) -> bool {
        self.0 & (1 << tag as u16) != 0
    }

    /// The same for a tag in an occurrence.
    pub(crate) const fn has_bit(self, tag: u32) -> bool {
        self.0 & (1 << tag) != 0
    }
}

/// A document with its texts.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchDocument<'a> {
    pub key: DocumentKey,
    /// Not folded. Empty texts are ignored.
    pub texts: Vec<(FieldTag, &'a str)>,
    /// An AS number or the like. The index does not hold it: the caller finds documents by number.
    pub number: Option<i64>,
    /// How large it is, such as its number of ports. Between equal matches, the larger comes first.
    pub size: u32,
    /// Whether free search finds it. Substring candidates include what is not live.
    pub is_live: bool,
    /// Latitude and longitude in millionths of a degree.
    pub position: Option<(i32, i32)>,
}

impl<'a> SearchDocument<'a> {
    /// The first text with this tag.
    pub fn text(&self, tag: FieldTag) -> Option<&'a str> {
        self.texts.iter().find(|(of, _)| *of == tag).map(|(_, text)| *text)
    }
}

/// Where the texts of indexed documents are. It must be in the state with which the index was last changed.
pub trait DocumentSource {
    fn document(&self, key: DocumentKey) -> Option<SearchDocument<'_>>;

    /// Documents whose number is in the range, ascending by number, at most `limit`.
    fn numbered(&self, from: i64, to: i64, limit: usize) -> Vec<DocumentKey>;
}

/// One occurrence of a word, in 32 bits that sort by kind, id and tag: 3, 25 and 4 bits.
pub fn occurrence(key: DocumentKey, tag: FieldTag) -> u32 {
    debug_assert!(usize::from(key.kind) < KINDS_MAX && key.id < IDS_END);
    u32::from(key.kind) << 29 | key.id << 4 | tag as u32
}

/// Kind, id and tag of an occurrence.
pub fn parts(occurrence: u32) -> (u8, u32, u32) {
    ((occurrence >> 29) as u8, (occurrence >> 4) & (IDS_END - 1), occurrence & 15)
}
