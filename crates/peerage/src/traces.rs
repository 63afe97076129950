//! Traces of a server, sent to the collector that the environment names.

use peerage_outbound::CollectorClient;
use peerage_server::VERSION;
use peerage_traces::{CollectorSettings, TraceExport};

/// Begins to record and send spans, if the environment names a collector. `instance` distinguishes this process.
///
/// What is wrong with the environment is logged: a registry runs without its traces.
pub fn start(instance: &str) -> Option<TraceExport> {
    match started(instance) {
        Ok(Some(export)) => {
            tracing::info!("exporting traces");
            Some(export)
        }
        Ok(None) => None,
        Err(why) => {
            tracing::warn!("traces are not exported: {why}");
            None
        }
    }
}

fn started(instance: &str) -> Result<Option<TraceExport>, String> {
    let Some(settings) = CollectorSettings::from_environment()? else { return Ok(None) };
    let runtime = tokio::runtime::Handle::current();
    let client = CollectorClient::new(runtime, settings.ca_file.as_deref(), settings.timeout);
    TraceExport::start(client.map_err(|error| error.to_string())?, VERSION, instance).map(Some)
}

/// Sends what is left. The server's threads still have to run, because they send it.
pub async fn stop(export: Option<TraceExport>) {
    if let Some(export) = export {
        let _ = tokio::task::spawn_blocking(move || export.stop()).await;
    }
}
