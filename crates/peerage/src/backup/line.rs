//! The lines of a backup: JSON objects with one key, which says what they are.

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;
use peerage_registry::ids::{KeyId, OrgId};
use peerage_registry::moment::{parse, print_exact};
use peerage_registry::{Action, EventHash, EventSubject, LogHead, Record, stored};
use peerage_schema::Resource;
use peerage_store::{BackupEvent, BackupItem, BackupStart};
use serde::{Deserialize, Serialize};

use super::file::BackupFault;

/// The version of this format.
pub const FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BackupLine {
    Header(HeaderLine),
    Event(EventLine),
    Row { kind: String, body: String },
    Record { kind: String, id: u32, body: String },
    KeyUse { key: KeyId, body: String },
    Value { name: String, value: String },
    End(EndLine),
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderLine {
    pub format: u32,
    /// Version of the program that wrote it.
    pub program: String,
    /// Version of its tables.
    pub layout: u32,
    /// The id of the registry.
    pub registry: String,
    pub made: String,
    /// Only events after this one; event 0: all.
    pub after: PositionLine,
    /// The end of the log.
    pub head: PositionLine,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositionLine {
    pub event: u64,
    pub hash: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventLine {
    sequence: u64,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    action: String,
    subject: String,
    id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<OrgId>,
    salt: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows_digest: Option<String>,
}

/// The last line: what is before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupCounts {
    pub events: u64,
    pub rows: u64,
    pub records: u64,
    pub key_uses: u64,
    pub values: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndLine {
    pub counts: BackupCounts,
    /// SHA-256 of all lines before it.
    pub sha256: String,
}

impl BackupCounts {
    pub fn add(&mut self, item: &BackupItem) {
        match item {
            BackupItem::Start(_) => {}
            BackupItem::Event(_) => self.events += 1,
            BackupItem::Row(..) => self.rows += 1,
            BackupItem::Record(..) => self.records += 1,
            BackupItem::KeyUse(..) => self.key_uses += 1,
            BackupItem::Value(..) => self.values += 1,
        }
    }

    pub fn total(&self) -> u64 {
        let BackupCounts { events, rows, records, key_uses, values } = self;
        events + rows + records + key_uses + values
    }
}

/// The digest of all lines.
pub struct LineDigest(Context);

impl LineDigest {
    pub fn new() -> LineDigest {
        LineDigest(Context::new(&SHA256))
    }

    pub fn add(&mut self, line: &[u8]) {
        self.0.update(line);
        self.0.update(b"\n");
    }

    pub fn text(&self) -> String {
        HEXLOWER.encode(self.0.clone().finish().as_ref())
    }
}

impl PositionLine {
    fn of(head: LogHead) -> PositionLine {
        PositionLine { event: head.sequence, hash: HEXLOWER.encode(&head.hash) }
    }

    pub fn head(&self) -> Result<LogHead, String> {
        Ok(LogHead { sequence: self.event, hash: hash(&self.hash)? })
    }
}

fn hash(text: &str) -> Result<EventHash, String> {
    let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| format!("{text:?} is not a hash"))
}

impl HeaderLine {
    pub fn of(start: &BackupStart, made: String) -> HeaderLine {
        HeaderLine {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            layout: peerage_store::layout_version(),
            registry: start.registry.clone(),
            made,
            after: PositionLine::of(start.after),
            head: PositionLine::of(start.head),
        }
    }

    /// Reads the first line of a file.
    pub fn read(line: &[u8]) -> Result<HeaderLine, BackupFault> {
        /// What the first line of every version has.
        #[derive(Deserialize)]
        struct AnyHeader {
            header: AnyFormat,
        }
        #[derive(Deserialize)]
        struct AnyFormat {
            format: u32,
            layout: u32,
        }
        let known = peerage_store::layout_version();
        match serde_json::from_slice::<AnyHeader>(line).map(|any| any.header) {
            Err(_) => return Err(BackupFault::Foreign),
            Ok(AnyFormat { format, .. }) if format != FORMAT => return Err(BackupFault::Format(format)),
            Ok(AnyFormat { layout, .. }) if layout > known => return Err(BackupFault::Layout { found: layout, known }),
            Ok(_) => {}
        }
        match serde_json::from_slice(line) {
            Ok(BackupLine::Header(header)) => Ok(header),
            _ => Err(BackupFault::Foreign),
        }
    }

    pub fn start(&self) -> Result<BackupStart, String> {
        Ok(BackupStart { registry: self.registry.clone(), after: self.after.head()?, head: self.head.head()? })
    }
}

impl BackupLine {
    /// Returns the line of an item. `made` is the time for the first one.
    pub fn of(item: BackupItem, made: &str) -> BackupLine {
        match item {
            BackupItem::Start(start) => BackupLine::Header(HeaderLine::of(&start, made.to_owned())),
            BackupItem::Event(event) => BackupLine::Event(EventLine::of(*event)),
            BackupItem::Row(resource, row) => {
                BackupLine::Row { kind: resource.tag().to_owned(), body: stored::to_json(resource, &row) }
            }
            BackupItem::Record(record, id, body) => {
                BackupLine::Record { kind: record.name().to_owned(), id, body: body.as_ref().to_owned() }
            }
            BackupItem::KeyUse(key, body) => BackupLine::KeyUse { key, body },
            BackupItem::Value(name, value) => BackupLine::Value { name, value },
        }
    }

    /// Returns the item of a line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn item(self) -> Result<BackupItem, String> {
        match self {
            BackupLine::Header(header) => Ok(BackupItem::Start(header.start()?)),
            BackupLine::Event(event) => Ok(BackupItem::Event(Box::new(event.event()?))),
            BackupLine::Row { kind, body } => {
                let resource = Resource::from_tag(&kind).ok_or_else(|| unknown(&kind))?;
                let row = stored::from_json(resource, &body).map_err(|error| error.to_string())?;
                Ok(BackupItem::Row(resource, row))
            }
            BackupLine::Record { kind, id, body } => {
                let record = Record::from_name(&kind).ok_or_else(|| unknown(&kind))?;
                Ok(BackupItem::Record(record, id, body.into()))
            }
            BackupLine::KeyUse { key, body } => Ok(BackupItem::KeyUse(key, body)),
            BackupLine::Value { name, value } => Ok(BackupItem::Value(name, value)),
            BackupLine::End(_) => Err("the end is here already".to_owned()),
        }
    }
}

fn unknown(kind: &str) -> String {
    format!("{kind:?} is a kind that this program does not know; a newer one has written it")
}

impl EventLine {
    fn of(event: BackupEvent) -> EventLine {
        EventLine {
            sequence: event.sequence,
            at: print_exact(event.at),
            actor: event.actor,
            action: event.action.name().to_owned(),
            subject: event.subject.name().to_owned(),
            id: event.id,
            org: event.org,
            salt: HEXLOWER.encode(&event.salt),
            before: event.before,
            after: event.after,
            actor_digest: event.actor_digest.map(|digest| HEXLOWER.encode(&digest)),
            rows_digest: event.rows_digest.map(|digest| HEXLOWER.encode(&digest)),
        }
    }

    fn event(self) -> Result<BackupEvent, String> {
        Ok(BackupEvent {
            sequence: self.sequence,
            at: parse(&self.at).ok_or_else(|| format!("{:?} is not a time", self.at))?,
            actor: self.actor,
            action: Action::from_name(&self.action).ok_or_else(|| unknown(&self.action))?,
            subject: EventSubject::from_name(&self.subject).ok_or_else(|| unknown(&self.subject))?,
            id: self.id,
            org: self.org,
            salt: hash(&self.salt)?,
            before: self.before,
            after: self.after,
            actor_digest: self.actor_digest.as_deref().map(hash).transpose()?,
            rows_digest: self.rows_digest.as_deref().map(hash).transpose()?,
        })
    }
}
