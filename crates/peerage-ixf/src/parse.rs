//! Reads a list from bytes.
//!
//! The document is checked as a whole first, so an error of its syntax has a line and a column. Then it is opened level by
//! level: an element of the wrong type is an error of that element alone, not of the list.

mod exchanges;
mod members;
mod raw;
mod value;

use serde_json::value::RawValue;

use crate::bounds::{
    CONNECTIONS_MAX, ENTRIES_MAX, EXCHANGES_MAX, INTERFACES_MAX, LIST_BYTES_MAX, MEMBERS_MAX, SWITCHES_MAX, VLANS_MAX,
};
use crate::defect::Defect;
use crate::file::MemberFile;
use crate::finding::DefectFindings;
use crate::lines::{SourceText, line_feeds};
use crate::path::{JsonPath, Source};
use raw::{Elements, elements, fields, is_null};

/// Why a list cannot be read at all.
///
/// Printed as `The file is not JSON: expected value (line 1, column 1).` Nothing of the file is repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (line {line}, column {column}).")]
pub struct ParseError {
    pub problem: ParseProblem,
    /// From 1.
    pub line: u32,
    /// In bytes, from 1; 0 if the problem is the whole line.
    pub column: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseProblem {
    #[error("The file is empty. Check the exporter's log: some answer with status 200 when they fail")]
    Empty,
    #[error("The file is an HTML page, not a member list. Check the address")]
    Html,
    #[error("The file has more than 10 MiB")]
    TooLarge,
    #[error("The file is not UTF-8")]
    NotUtf8,
    #[error("The file is not JSON: comma after the last element")]
    TrailingComma,
    #[error("The file ends too early")]
    EndsEarly,
    #[error("The file is not JSON: {0}")]
    NotJson(String),
    #[error("The document is not a member list: it is not an object")]
    NotAnObject,
    #[error("The document is not a member list: member_list is missing")]
    NoMemberList,
    #[error("The document is not a member list: member_list is not a list")]
    MemberListNotAList,
    #[error("The list has more than {most} {what}")]
    TooMany { what: &'static str, most: usize },
}

impl ParseProblem {
    /// The finding that reports this problem.
    pub fn defect(&self) -> Defect {
        match self {
            Self::Empty => Defect::EmptyFile,
            Self::Html => Defect::HtmlPage,
            Self::TooLarge | Self::TooMany { .. } => Defect::TooLarge,
            Self::NotUtf8 => Defect::NotUtf8,
            Self::TrailingComma => Defect::TrailingComma,
            Self::EndsEarly | Self::NotJson(_) => Defect::NotJson,
            Self::NotAnObject | Self::NoMemberList | Self::MemberListNotAList => Defect::NotMemberList,
        }
    }
}

const VERSIONS: [&str; 6] = ["0.3", "0.4", "0.5", "0.6", "0.7", "1.0"];

/// Reads a list.
///
/// Bounds: 10 MiB, and the numbers in [`crate::bounds`]. The lists of the document can be null or missing, except
/// `member_list`; the version does not matter.
///
/// Cost: linear; each byte is read once for each level of the schema above it, at most ten times.
///
/// # Errors
/// [`ParseError`] if the bytes are not a member list. Everything below the level of members is reported as a finding.
///
/// ```
/// let file = peerage_ixf::parse(br#"{"member_list":[{"asnum":"64500","connection_list":null}]}"#)?;
/// assert_eq!(file.members[0].asn.value(), Some(64500));
///
/// let error = peerage_ixf::parse(b"{\"member_list\":[\n{},]}").unwrap_err();
/// assert_eq!(error.to_string(), "The file is not JSON: comma after the last element (line 2, column 4).");
/// # Ok::<(), peerage_ixf::ParseError>(())
/// ```
pub fn parse(bytes: &[u8]) -> Result<MemberFile, ParseError> {
    let at_start = |problem| ParseError { problem, line: 1, column: 1 };
    if bytes.len() > LIST_BYTES_MAX {
        return Err(at_start(ParseProblem::TooLarge));
    }
    let without_mark = bytes.strip_prefix(b"\xef\xbb\xbf");
    let content = without_mark.unwrap_or(bytes);
    let text = std::str::from_utf8(content).map_err(|error| {
        let before = &content[..error.valid_up_to()];
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        ParseError { problem: ParseProblem::NotUtf8, line: line_feeds(before) + 1, column: column as u32 }
    })?;
    let document = document(text)?;
    let mut reader = Reader { source: SourceText::new(text), findings: DefectFindings::default(), left: Budget::FULL };
    let top = Source::new(JsonPath::Top(""), 1);
    if without_mark.is_some() {
        reader.findings.add(Defect::ByteOrderMark, top, None);
    }
    reader.file(document)
}

/// Checks that a text is one JSON document.
fn document(text: &str) -> Result<&RawValue, ParseError> {
    let at_start = |problem| ParseError { problem, line: 1, column: 1 };
    let begin = text.trim_start();
    if begin.is_empty() {
        return Err(at_start(ParseProblem::Empty));
    }
    if begin.starts_with('<') {
        return Err(at_start(ParseProblem::Html));
    }
    serde_json::from_str(text).map_err(|error| {
        // Errors of syntax are fixed sentences; they contain nothing of the document.
        let said = error.to_string();
        let what = said.split(" at line ").next().unwrap_or_default();
        let problem = if is_after_comma(text, error.line(), error.column()) {
            ParseProblem::TrailingComma
        } else if error.is_eof() {
            ParseProblem::EndsEarly
        } else {
            ParseProblem::NotJson(what.to_owned())
        };
        ParseError { problem, line: error.line() as u32, column: error.column() as u32 }
    })
}

/// Whether a position, both from 1, is that of a closing bracket after a comma.
fn is_after_comma(text: &str, line: usize, column: usize) -> bool {
    let feeds = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
    let begin = std::iter::once(0).chain(feeds).nth(line.saturating_sub(1)).unwrap_or_default();
    let Some((before, after)) = text.as_bytes().split_at_checked(begin + column.saturating_sub(1)) else {
        return false;
    };
    matches!(after.first(), Some(b']' | b'}')) && before.trim_ascii_end().ends_with(b",")
}

/// How many elements of each kind can still be read.
struct Budget {
    members: usize,
    connections: usize,
    interfaces: usize,
    entries: usize,
    exchanges: usize,
    switches: usize,
    vlans: usize,
}

impl Budget {
    const FULL: Self = Self {
        members: MEMBERS_MAX,
        connections: CONNECTIONS_MAX,
        interfaces: INTERFACES_MAX,
        entries: ENTRIES_MAX,
        exchanges: EXCHANGES_MAX,
        switches: SWITCHES_MAX,
        vlans: VLANS_MAX,
    };
}

/// Kinds of lists with a bound.
#[derive(Debug, Clone, Copy)]
enum Counted {
    Members,
    Connections,
    Interfaces,
    Entries,
    Exchanges,
    Switches,
    Vlans,
}

struct Reader<'a> {
    source: SourceText<'a>,
    findings: DefectFindings,
    left: Budget,
}

impl<'a> Reader<'a> {
    fn source(&self, at: JsonPath, raw: &RawValue) -> Source {
        Source::new(at, self.source.line(raw))
    }

    /// Returns the elements of a list; `Err(())` inside: it is no list. Missing and null count as empty.
    fn list(
        &mut self,
        raw: Option<&'a RawValue>,
        counted: Counted,
        at: JsonPath,
    ) -> Result<Result<Vec<&'a RawValue>, ()>, ParseError> {
        let Some(raw) = raw else { return Ok(Ok(Vec::new())) };
        let source = self.source(at, raw);
        if is_null(raw) {
            self.findings.add(Defect::NullList, source, None);
            return Ok(Ok(Vec::new()));
        }
        let (left, what, most) = match counted {
            Counted::Members => (&mut self.left.members, "members", MEMBERS_MAX),
            Counted::Connections => (&mut self.left.connections, "connections", CONNECTIONS_MAX),
            Counted::Interfaces => (&mut self.left.interfaces, "interfaces", INTERFACES_MAX),
            Counted::Entries => (&mut self.left.entries, "entries in vlan_list", ENTRIES_MAX),
            Counted::Exchanges => (&mut self.left.exchanges, "exchanges", EXCHANGES_MAX),
            Counted::Switches => (&mut self.left.switches, "switches", SWITCHES_MAX),
            Counted::Vlans => (&mut self.left.vlans, "VLANs", VLANS_MAX),
        };
        match elements(raw, *left) {
            Elements::All(found) => {
                *left -= found.len();
                Ok(Ok(found))
            }
            Elements::TooMany => {
                Err(ParseError { problem: ParseProblem::TooMany { what, most }, line: source.line, column: 0 })
            }
            Elements::NotAList => {
                self.findings.add(Defect::WrongType, source, Some(&raw::shown(raw)));
                Ok(Err(()))
            }
        }
    }

    /// Returns the named fields of an object, or `None` with a finding. Null counts as missing, with no finding.
    fn object<const N: usize>(
        &mut self,
        raw: &'a RawValue,
        at: JsonPath,
        names: &[&'static str; N],
    ) -> Option<[Option<&'a RawValue>; N]> {
        let found = fields(raw, names);
        if found.is_none() {
            let source = self.source(at, raw);
            self.findings.add(Defect::WrongType, source, Some(&raw::shown(raw)));
        }
        found
    }

    fn file(mut self, document: &'a RawValue) -> Result<MemberFile, ParseError> {
        let line = self.source.line(document);
        let refuse = |problem, line| ParseError { problem, line, column: 0 };
        let found = fields(document, &["version", "timestamp", "ixp_list", "ixp_info", "member_list"]);
        let [version, timestamp, exchanges, exchange, members] =
            found.ok_or_else(|| refuse(ParseProblem::NotAnObject, line))?;
        let top = |name| Source::new(JsonPath::Top(name), line);
        let members = members.ok_or_else(|| refuse(ParseProblem::NoMemberList, line))?;
        let version_text = value::short_text(version);
        match (version, &version_text) {
            (Some(raw), Some(text)) if !VERSIONS.contains(&text.as_str()) => {
                let source = self.source(JsonPath::Top("version"), raw);
                self.findings.add(Defect::VersionUnknown, source, Some(text.as_str()));
            }
            (_, None) => self.findings.add(Defect::VersionMissing, top("version"), None),
            _ => {}
        }
        if timestamp.is_none_or(is_null) {
            self.findings.add(Defect::TimestampMissing, top("timestamp"), None);
        }
        if exchanges.is_none() && exchange.is_none() {
            self.findings.add(Defect::ExchangesMissing, top("ixp_list"), None);
        }
        let exchanges = self.exchanges(exchanges, exchange)?;
        let listed = self.list(Some(members), Counted::Members, JsonPath::Top("member_list"))?;
        let members_line = self.source.line(members);
        let listed = listed.map_err(|()| refuse(ParseProblem::MemberListNotAList, members_line))?;
        let members = self.members(&listed)?;
        Ok(MemberFile { version: version_text, exchanges, members, findings: self.findings })
    }
}
