//! Two builds of the program, side by side.

use std::path::Path;

use anyhow::{Context, Result};

use crate::report::{MeasureOptions, OTHER, SERVER, cases, compare, say, serve, serve_constant};

/// How long both servers have to compress listings before they are measured.
const BACKGROUND_WORK: std::time::Duration = std::time::Duration::from_secs(15);

/// Measures `how.program` and the program before it, and prints each one's ratio to constant bytes.
///
/// # Errors
/// A program does not start, or an answer is not 200.
pub async fn run(how: &MeasureOptions, before: &Path, database: &Path) -> Result<()> {
    let database = database.to_str().context("the path of the database is not UTF-8")?;
    let first = serve(before, database, SERVER, &[]).await?;
    let second = serve(&how.program, database, OTHER, &[]).await?;
    let constant = serve_constant().await?;
    tokio::time::sleep(BACKGROUND_WORK).await;
    let mut text = String::new();
    say(&mut text, "| request | bytes | before | after | after / before |\n| --- | ---: | ---: | ---: | ---: |")?;
    for case in cases(SERVER).await?.iter().filter(|case| case.name.contains(&how.only)) {
        let seen = compare(how, [&first, &second], &constant, case).await?;
        let [before, after] = seen.ratios;
        let (name, size, change) = (case.name, seen.size, seen.second_to_first);
        say(&mut text, &format!("| {name} | {size} | {before:.2} | {after:.2} | **{change:.2}** |"))?;
    }
    for (name, server) in [("before", &first), ("after", &second)] {
        say(&mut text, &format!("\nMemory {name}: {:.1} MB.", server.memory()? as f64 / 1e6))?;
    }
    Ok(())
}
