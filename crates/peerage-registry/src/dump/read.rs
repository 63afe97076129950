//! Parses documents: which lists they contain, and of which kind.

use std::fmt;
use std::io::Read;
use std::sync::Arc;

use peerage_schema::Resource;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::dump::batch::{DumpBatch, SourcePosition};
use crate::dump::cells::DumpCells;

/// Why a document could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The disk, the network or the decompressor failed.
    #[error("{file}: {source}")]
    Input { file: Arc<str>, source: std::io::Error },
    /// Not JSON, truncated, or not a list of rows where one is expected. Contains line and column.
    #[error("{file}: {reason}")]
    Document { file: Arc<str>, reason: String },
}

/// A document to read.
pub struct DumpReader<'a> {
    /// Name of the file, for complaints.
    pub file: &'a str,
    /// The kind of the rows if the document does not say so itself, see [`kind_of_file`].
    pub kind: Option<Resource>,
    /// Called from time to time with the number of rows read so far in this document.
    pub progress: &'a mut dyn FnMut(u64),
}

/// Number of rows between two calls of [`DumpReader::progress`].
const PROGRESS_ROWS: u32 = 1000;

/// The depth in a file's name: 3 for `net-3.json`.
///
/// ```
/// use peerage_registry::dump::depth_of_file;
///
/// assert_eq!(depth_of_file("net-3.json"), Some(3));
/// assert_eq!(depth_of_file("net.json"), None);
/// ```
pub fn depth_of_file(name: &str) -> Option<u32> {
    kind_of_file(name)?;
    let stem = name.rsplit(['/', '\\']).next()?.split('.').next()?;
    stem.rsplit_once('-')?.1.parse().ok()
}

/// The kind in a file's name: `net.json`, `net.json.gz`, `net-0.json`, with or without a path.
///
/// ```
/// use peerage_registry::dump::kind_of_file;
/// use peerage_schema::Resource;
///
/// assert_eq!(kind_of_file("net-0.json"), Some(Resource::Net));
/// ```
pub fn kind_of_file(name: &str) -> Option<Resource> {
    let file = name.rsplit(['/', '\\']).next()?;
    let stem = file.split('.').next()?;
    let tag = match stem.rsplit_once('-') {
        Some((tag, depth)) if !depth.is_empty() && depth.bytes().all(|byte| byte.is_ascii_digit()) => tag,
        _ => stem,
    };
    Resource::from_tag(tag)
}

impl DumpBatch {
    /// Reads one document to its end, row by row. Holds no more than one row of its text in memory.
    ///
    /// # Errors
    /// A problem with a row becomes a complaint. Invalid JSON is an error. The rows before it stay in the batch, so the
    /// batch should be dropped.
    pub fn read<'a>(&'a mut self, input: impl Read, reading: DumpReader<'a>) -> Result<(), ReadError> {
        let file: Arc<str> = reading.file.into();
        self.files.push(Arc::clone(&file));
        let mut document = DumpDocument { file: self.files.len() as u32 - 1, batch: self, reading, found: false };
        let mut deserializer = serde_json::Deserializer::from_reader(input);
        let read = document.deserialize_with(&mut deserializer).and_then(|()| deserializer.end());
        let reason = match read {
            Ok(()) if document.found => return Ok(()),
            Ok(()) => "holds no list of rows: neither \"data\" nor a kind such as \"net\"".to_owned(),
            Err(error) if error.is_io() => return Err(ReadError::Input { file, source: error.into() }),
            Err(error) if error.is_data() => error.to_string(),
            Err(error) => format!("is broken JSON: {error}"),
        };
        Err(ReadError::Document { file, reason })
    }
}

struct DumpDocument<'a> {
    batch: &'a mut DumpBatch,
    reading: DumpReader<'a>,
    file: u32,
    found: bool,
}

impl DumpDocument<'_> {
    fn deserialize_with<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn own_kind<E: Error>(&self) -> Result<Resource, E> {
        self.reading.kind.ok_or_else(|| {
            E::custom(
                "holds rows of one kind, but the file's name does not say which; \
                 name it after the kind: net.json, fac.json …",
            )
        })
    }

    fn read_rows<'de, A: SeqAccess<'de>>(&mut self, resource: Resource, mut items: A) -> Result<(), A::Error> {
        self.found = true;
        self.batch.named[resource.index()] = true;
        let mut cells = DumpCells::new(resource.table());
        let mut row = 0_u32;
        while let Some(shape) = items.next_element_seed(&mut cells)? {
            row = row.checked_add(1).ok_or_else(|| A::Error::custom("holds more rows than can be counted"))?;
            self.batch.take(resource, shape, &cells, SourcePosition { file: self.file, row });
            if row.is_multiple_of(PROGRESS_ROWS) {
                (self.reading.progress)(u64::from(row));
            }
        }
        (self.reading.progress)(u64::from(row));
        Ok(())
    }
}

/// The document as a whole.
impl<'de> Visitor<'de> for &mut DumpDocument<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        let resource = self.own_kind()?;
        self.read_rows(resource, items)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let resource = match key.as_str() {
                "data" => Some(self.own_kind()?),
                "meta" => None,
                _ => {
                    let resource = Resource::from_tag(&key);
                    if resource.is_none() {
                        self.batch.unknown.insert(key);
                    }
                    resource
                }
            };
            match resource {
                Some(resource) => map.next_value_seed(RowList { document: self, resource })?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The rows of one kind: a list, or an envelope with a list.
struct RowList<'a, 'b> {
    document: &'a mut DumpDocument<'b>,
    resource: Resource,
}

impl<'de> DeserializeSeed<'de> for RowList<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RowList<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the list of {} rows", self.resource.tag())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        self.document.read_rows(self.resource, items)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "data" {
                map.next_value_seed(RowList { document: self.document, resource: self.resource })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
