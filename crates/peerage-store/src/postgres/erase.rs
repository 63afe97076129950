//! Erasing payload from the log. The server keeps what was there until it cleans up, out of reach of SQL.

use crate::erase::{Counts, Erasure};
use crate::postgres::error::Fault;
use crate::postgres::line::Live;

pub const ERASE_ACTOR: &str = "UPDATE \"event\" SET \"actor\" = NULL, \"person\" = NULL, \"key_id\" = NULL, \
     \"salt\" = decode(repeat('00', 16), 'hex') || substr(\"salt\", length(\"salt\") - 15) \
     WHERE \"person\" = $1 AND \"sequence\" <= $2";
pub const ERASE_ROWS: &str = "UPDATE \"event\" SET \"before\" = NULL, \"after\" = NULL, \
     \"salt\" = substr(\"salt\", 1, 16) || decode(repeat('00', 16), 'hex') WHERE \"resource\" = $1 AND \"object\" = $2 \
     AND \"sequence\" <= $3 AND (\"before\" IS NOT NULL OR \"after\" IS NOT NULL)";

/// Erases payload of events up to one, within the transaction that appends the event that tells so.
pub async fn erase(live: &mut Live, erasure: &Erasure, up_to: u64) -> Result<Counts, Fault> {
    let mut counts = Counts::default();
    let up_to = up_to as i64;
    for person in &erasure.people {
        let statement = live.prepared(ERASE_ACTOR).await?;
        counts.actors += live.client.execute(&statement, &[&i64::from(*person), &up_to]).await?;
    }
    for (subject, id) in &erasure.objects {
        let statement = live.prepared(ERASE_ROWS).await?;
        counts.rows += live.client.execute(&statement, &[&subject.name(), &i64::from(*id), &up_to]).await?;
    }
    Ok(counts)
}
