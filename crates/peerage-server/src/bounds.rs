//! `docs/bounds.md`: the maximum that a request to each endpoint can cost, from the tables of endpoints.
//!
//! The numbers are the constants that enforce them.

use std::fmt::Write as _;

use peerage_api::manage::STRANGER_BYTES_MAX;
use peerage_edge::EdgeLimits;
use peerage_edge::body::{PARSED_AT_ONCE_MAX, VALUES_MAX};
use peerage_edge::bounds::bytes_text as bytes;
use peerage_edge::heavy::{
    PATIENCE, PATIENT_MAX, PATIENT_PER_CLIENT, PLACES_MAX, PLACES_PER_CLIENT, SENT_FREELY_MAX, SHORT_ANSWERS_MAX,
    SHORT_ANSWERS_PER_CLIENT,
};
use peerage_edge::log_reads::{READS_MAX, READS_PER_READER};
use peerage_registry::query::work::{LIGHT_BYTES_MAX, LIGHT_WORK_MAX, WORK_A_ROW, WORK_MAX};
use peerage_web::log_in::resume::KEPT_BYTES_MAX;
use peerage_web::log_in::{FORMS_MAX, FORMS_PER_SESSION};

use crate::endpoints;

/// Returns the text of `docs/bounds.md`, with the default limits.
pub fn document() -> String {
    let limits = EdgeLimits::default();
    let mut text = String::from(BEGIN);
    // Writing to a String cannot fail.
    let rows = [request_bounds(&limits), work_bounds(), shared_bounds()].concat();
    for (what, bound) in rows {
        let _ = writeln!(text, "| {what} | {bound} |");
    }
    text.push_str(ENDPOINTS);
    for endpoint in endpoints::all() {
        let bounds = &endpoint.bounds;
        let counts: Vec<String> = bounds.counts.iter().map(|count| format!("{} {}", count.max, count.what)).collect();
        let counts = if counts.is_empty() { "–".to_owned() } else { counts.join("; ") };
        let (method, path) = (&endpoint.method, endpoint.path);
        let (body, work, stored) = (bounds.body.text(&limits), bounds.work.text(), bounds.stored.text());
        let _ = writeln!(text, "| {method} `{path}` | {body} | {counts} | {work} | {stored} |");
    }
    text.push_str(END);
    text
}

/// The limits of a request and its connection.
fn request_bounds(limits: &EdgeLimits) -> Vec<(&'static str, String)> {
    vec![
        ("query string", bytes(limits.query_bytes_max)),
        ("parameters of a query string", limits.query_params_max.to_string()),
        ("header names and values", bytes(limits.header_bytes_max)),
        ("body of an API request", bytes(limits.body_bytes_max)),
        ("values of a JSON body", VALUES_MAX.to_string()),
        ("body that is parsed where connections are served", bytes(PARSED_AT_ONCE_MAX)),
        ("body of a request to keys, roles or people without a known credential", bytes(STRANGER_BYTES_MAX)),
        ("time for headers, and lifetime of an idle connection", format!("{} s", limits.header_timeout.as_secs())),
        ("time that sent bytes may stay unread", format!("{} s", limits.write_timeout.as_secs())),
        ("time for a body", format!("{} s", limits.body_timeout.as_secs())),
        ("minimum speed of a body", format!("{} bytes per second", limits.body_rate_min)),
        ("connections of one client", limits.connections_per_client.to_string()),
        ("connections", limits.connections_max.to_string()),
        (
            "memory of all long answers while they are sent",
            format!(
                "{}; above it, the slowest connection of the client that uses most is closed",
                bytes(limits.long_answer_bytes_max)
            ),
        ),
        (
            "earlier states of the registry that answers still show",
            format!("{}; above it, connections that read the earliest are closed", bytes(limits.earlier_bytes_max)),
        ),
    ]
}

/// The limits of one query and its answer.
fn work_bounds() -> Vec<(&'static str, String)> {
    vec![
        (
            "work of one query",
            format!(
                "{WORK_MAX} units, about 50 ms of CPU time; or {WORK_A_ROW} per row of the registry, if that is more"
            ),
        ),
        ("the part of it that runs where connections are served", format!("{LIGHT_WORK_MAX} units")),
        (
            "bytes of an answer that is made where connections are served",
            format!("{}; a third of it if it is indented (`pretty`)", bytes(LIGHT_BYTES_MAX)),
        ),
        (
            "answers made there that are not sent yet",
            format!(
                "{SHORT_ANSWERS_MAX} above {}, {SHORT_ANSWERS_PER_CLIENT} of one client; the next is made as a heavy \
                 request",
                bytes(SENT_FREELY_MAX)
            ),
        ),
    ]
}

/// The limits that concurrent requests share.
fn shared_bounds() -> Vec<(&'static str, String)> {
    vec![
        (
            "heavy requests that run or wait for their turn",
            format!("{PLACES_MAX}; further ones wait, and are answered 503 with `Retry-After` if no slot becomes free"),
        ),
        (
            "of these, for one client",
            format!(
                "{PLACES_PER_CLIENT}; an answer above {} that no other request shares counts until it is sent",
                bytes(SENT_FREELY_MAX)
            ),
        ),
        (
            "requests that wait for one of these slots",
            format!(
                "{PATIENT_MAX}, {PATIENT_PER_CLIENT} of one client, {} s each; long bodies never wait",
                PATIENCE.as_secs()
            ),
        ),
        (
            "heavy requests that run at a time",
            "one for each core but one, and two of two; clients take turns".to_owned(),
        ),
        (
            "requests that read the log at a time",
            format!("{READS_MAX}, {READS_PER_READER} of one person; further ones are answered 503 with `Retry-After`"),
        ),
        (
            "forms that a node keeps while their senders verify",
            format!(
                "{FORMS_MAX}, {FORMS_PER_SESSION} of one session, {} each, for 10 minutes; further ones have to be sent again",
                bytes(KEPT_BYTES_MAX)
            ),
        ),
    ]
}

const BEGIN: &str = "\
# Bounds

The most that one request can make the server read, do and store. This page is generated from the tables of endpoints, where
each row has its bounds.

## Every request

| what | at most |
| --- | --- |
";

const ENDPOINTS: &str = "
Settings change most of these limits: see `peerage serve --help`. For limits on the rate of requests, see
[Operate a server](operations.md#limits).

## How the work of a query is bounded

The query engine counts its work: rows that it reads, cells that it tests, bytes of texts that it compares, values that it
looks up in an index. The count depends only on the query and the data, so the same query always has the same result. A query
that would exceed its budget is answered 400; the error suggests to use fewer conditions or to select rows by `id`, `asn` or
`org_id` first. Writing the answer is not part of the budget: it grows with the bytes that are sent.

A list of values costs no more per row than one value: numbers, IDs and whole texts are sorted or hashed, and duplicates count
once. Where each value must be compared separately, the number of values is limited, and the error names the limit.

A query starts on the threads that serve connections. If it needs more than a small part of its budget, or its answer is long,
it starts again in a separate pool. Exports, searches, the compression of long answers and the formatting of audit logs run in
this pool, too. Clients take turns there, with one request each, so a client with many requests waits only for itself. One
client is an IPv4 address or an IPv6 /64, and an IPv6 /48 takes turns as one. Health checks and lookups by an index never wait
for the pool.

## Every endpoint

\"One change\" means that the request stores only the event of an accepted change and the resulting rows. Changes are limited per
minute, over the API and pages together. A number with a noun is the most that one owner can have.

| endpoint | body | at most | work | stored |
| --- | --- | --- | --- | --- |
";

const END: &str = "
## Measure it

    scripts/soak bounds

generates a registry of today's real size, sends the most expensive 32 KiB that we know to each endpoint, and reports the CPU
time of each, without the time to send the answer. It fails above 50 ms, and if `/healthz` takes longer than 20 ms during 64 of
the most expensive requests.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n01_the_document_of_bounds_is_the_table() {
        endpoints::tests::compare("bounds.md", &document());
    }
}
