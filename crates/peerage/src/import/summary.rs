//! The summary of an import, for people and for programs.

use std::fmt::Write;

use peerage_registry::dump::{ImportReport, RowComplaint, RowCounts};
use peerage_schema::Resource;
use serde_json::json;

use crate::progress::grouped;

/// Maximum number of warnings and errors that are shown.
const SHOWN_MAX: usize = 20;

/// A table of the results, one line for each kind that has rows.
pub fn table(report: &ImportReport) -> String {
    let total = report.total();
    let (with_erased, with_deleted) = (total.erased > 0, total.deleted > 0);
    let mut out = String::new();
    let line = |out: &mut String, name: &str, count: RowCounts| {
        let cells = [count.read, count.new, count.changed, count.unchanged, count.refused].map(grouped);
        // Writing to a String cannot fail.
        let _ = write!(out, "{name:<11}");
        for cell in cells {
            let _ = write!(out, "{cell:>11}");
        }
        if with_erased {
            let _ = write!(out, "{:>11}", grouped(count.erased));
        }
        if with_deleted {
            let _ = write!(out, "{:>11}", grouped(count.deleted));
        }
        out.push('\n');
    };
    let _ =
        write!(out, "{:<11}{:>11}{:>11}{:>11}{:>11}{:>11}", "kind", "read", "new", "changed", "unchanged", "refused");
    for (is_shown, title) in [(with_erased, "erased"), (with_deleted, "deleted")] {
        if is_shown {
            let _ = write!(out, "{title:>11}");
        }
    }
    out.push('\n');
    for resource in Resource::ALL {
        let count = report.count(resource);
        if count != RowCounts::default() {
            line(&mut out, resource.tag(), count);
        }
    }
    line(&mut out, "total", total);
    out
}

/// The first warnings and errors, one per line, and where to find the others.
pub fn complaints(report: &ImportReport, has_file: bool) -> String {
    let mut out = String::new();
    for complaint in report.complaints.iter().take(SHOWN_MAX) {
        let what = if complaint.refused { "refused" } else { "imported with a change" };
        let _ = writeln!(out, "{what}: {complaint}");
    }
    let more = report.complaints.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        let where_ = if has_file { "all are in the report" } else { "--report FILE writes all" };
        let _ = writeln!(out, "… and {} more; {where_}", grouped(more as u64));
    }
    out
}

/// One JSON object per line, each a warning or error.
pub fn lines(complaints: &[RowComplaint]) -> anyhow::Result<Vec<u8>> {
    let mut out = Vec::new();
    for complaint in complaints {
        serde_json::to_writer(&mut out, complaint)?;
        out.push(b'\n');
    }
    Ok(out)
}

/// The complete summary as one JSON object.
pub fn as_json(report: &ImportReport, head: u64, seconds: f64, applied: bool) -> String {
    let counts: serde_json::Map<String, serde_json::Value> = Resource::ALL
        .into_iter()
        .filter(|resource| report.count(*resource) != RowCounts::default())
        .map(|resource| (resource.tag().to_owned(), json!(report.count(resource))))
        .collect();
    json!({
        "applied": applied,
        "kinds": counts,
        "total": report.total(),
        "complaints": report.complaints,
        "head": head,
        "seconds": seconds,
    })
    .to_string()
}
