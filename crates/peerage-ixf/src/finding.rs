//! Findings about a list.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::bounds::FINDINGS_PER_DEFECT_MAX;
use crate::defect::Defect;
use crate::path::{JsonPath, Source};
use crate::quote::Quote;

/// Something about a list that is wrong or could be better.
///
/// As JSON: `{"rule":"speed-text","severity":"warning","path":"…","line":7,"value":"10000","text":"…"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub defect: Defect,
    pub source: Source,
    /// What the list says there.
    pub value: Option<Quote>,
    /// Another place that the finding is about, such as the first of two equal addresses.
    pub other: Option<Source>,
}

impl fmt::Display for Finding {
    /// Writes the text without the place.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.defect.title())?;
        if let Some(value) = &self.value {
            write!(formatter, ": {value}")?;
        }
        if let Some(other) = &self.other {
            write!(formatter, " (see {other})")?;
        }
        Ok(())
    }
}

impl Serialize for Finding {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            rule: &'static str,
            severity: crate::Severity,
            path: JsonPath,
            line: u32,
            #[serde(skip_serializing_if = "Option::is_none")]
            value: Option<&'a Quote>,
            #[serde(skip_serializing_if = "Option::is_none")]
            other: Option<Source>,
            text: String,
        }
        let shown = Shown {
            rule: self.defect.name(),
            severity: self.defect.severity(),
            path: self.source.path,
            line: self.source.line,
            value: self.value.as_ref(),
            other: self.other,
            text: self.to_string(),
        };
        shown.serialize(serializer)
    }
}

/// Findings: at most [`FINDINGS_PER_DEFECT_MAX`] of each kind, so that a frequent one does not hide the others. The rest
/// is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DefectFindings {
    listed: Vec<Finding>,
    counts: BTreeMap<Defect, usize>,
}

impl DefectFindings {
    pub fn listed(&self) -> &[Finding] {
        &self.listed
    }

    /// The number of findings of a kind, also of those that are not listed.
    pub fn count(&self, defect: Defect) -> usize {
        self.counts.get(&defect).copied().unwrap_or_default()
    }

    /// The number of findings that are not listed, for each kind that has some.
    pub fn left_out(&self) -> BTreeMap<Defect, usize> {
        let over = |count: usize| count.checked_sub(FINDINGS_PER_DEFECT_MAX).filter(|over| *over > 0);
        self.counts.iter().filter_map(|(defect, count)| Some((*defect, over(*count)?))).collect()
    }

    pub(crate) fn add(&mut self, defect: Defect, source: Source, value: Option<&str>) {
        self.add_with(defect, source, value, None);
    }

    pub(crate) fn add_with(&mut self, defect: Defect, source: Source, value: Option<&str>, other: Option<Source>) {
        let count = self.counts.entry(defect).or_default();
        *count += 1;
        if *count <= FINDINGS_PER_DEFECT_MAX {
            self.listed.push(Finding { defect, source, value: value.map(Quote::of), other });
        }
    }

    /// Sorts by line, as a reader goes through the list.
    pub(crate) fn sort(&mut self) {
        self.listed.sort_by_key(|finding| (finding.source.line, finding.source.path, finding.defect));
    }
}
