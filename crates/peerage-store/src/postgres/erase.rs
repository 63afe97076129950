//! Erasing payload from the log. The server keeps what was there until it cleans up, out of reach of SQL.

use peerage_registry::{ErasedEvents, Sequences};

use crate::erase::Counts;
use crate::postgres::error::Fault;
use crate::postgres::line::Live;

pub const ERASE_ACTOR: &str = "UPDATE \"event\" SET \"actor\" = NULL, \"person\" = NULL, \"key_id\" = NULL, \
     \"salt\" = decode(repeat('00', 16), 'hex') || substr(\"salt\", length(\"salt\") - 15) \
     WHERE \"sequence\" BETWEEN $1 AND $2 AND \"actor\" IS NOT NULL";
pub const ERASE_ROWS: &str = "UPDATE \"event\" SET \"before\" = NULL, \"after\" = NULL, \
     \"salt\" = substr(\"salt\", 1, 16) || decode(repeat('00', 16), 'hex') WHERE \"sequence\" BETWEEN $1 AND $2 \
     AND (\"before\" IS NOT NULL OR \"after\" IS NOT NULL)";

/// Erases payload, within the transaction that appends the event that tells so.
pub async fn erase(live: &mut Live, erasure: &ErasedEvents) -> Result<Counts, Fault> {
    Ok(Counts {
        actors: run(live, ERASE_ACTOR, &erasure.actors).await?,
        rows: run(live, ERASE_ROWS, &erasure.rows).await?,
    })
}

async fn run(live: &mut Live, sql: &str, sequences: &Sequences) -> Result<u64, Fault> {
    let statement = live.prepared(sql).await?;
    let mut count = 0;
    for (first, last) in sequences.ranges() {
        count += live.client.execute(&statement, &[&(*first as i64), &(*last as i64)]).await?;
    }
    Ok(count)
}
