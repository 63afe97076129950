//! Sends spans to the collector that the operator names in the environment.

use std::env;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::trace::TracerProvider;
use opentelemetry::{InstrumentationScope, Key, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter};

use crate::recorded::TRACER;

/// How long the program waits at its end for spans that are not sent yet.
const FLUSH_MAX: Duration = Duration::from_secs(3);

/// How often failures are logged.
const REPORT_EVERY: Duration = Duration::from_mins(10);

/// How long a request to the collector takes at most, unless the environment says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

const SAMPLERS: [&str; 6] = [
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];

/// What the environment says about the collector.
pub struct CollectorSettings {
    /// Trusted certificates. `None`: those of the system.
    pub ca_file: Option<PathBuf>,
    /// The limit for one request.
    pub timeout: Duration,
}

impl CollectorSettings {
    /// Reads the environment. Returns `None` if it names no collector, or turns traces off.
    ///
    /// # Errors
    /// A value that this program does not support. Values are not repeated if they can contain a password.
    pub fn from_environment() -> Result<Option<CollectorSettings>, String> {
        if variable("OTEL_SDK_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let Some((name, endpoint)) = of_traces("ENDPOINT") else { return Ok(None) };
        match variable("OTEL_TRACES_EXPORTER").as_deref() {
            Some("none") => return Ok(None),
            None | Some("otlp") => {}
            Some(other) => return Err(format!("OTEL_TRACES_EXPORTER: {other:?} is not otlp or none")),
        }
        if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
            return Err(format!("{name} does not begin with http:// or https://"));
        }
        if let Some((name, protocol)) = of_traces("PROTOCOL").filter(|(_, text)| text != "http/protobuf") {
            return Err(format!("{name}: {protocol:?} is not supported; the only protocol is http/protobuf"));
        }
        if let Some((name, kind)) = of_traces("COMPRESSION").filter(|(_, text)| text != "none") {
            return Err(format!("{name}: {kind:?} is not supported; spans are sent without compression"));
        }
        let timeout = match of_traces("TIMEOUT") {
            None => TIMEOUT,
            Some((name, text)) => {
                let read = text.parse().ok().filter(|time| *time > 0);
                let unfit = || format!("{name}: {text:?} is not a number of milliseconds above 0");
                Duration::from_millis(read.ok_or_else(unfit)?)
            }
        };
        let ca_file = of_traces("CERTIFICATE").map(|(_, file)| file.into());
        Ok(Some(CollectorSettings { ca_file, timeout }))
    }
}

/// Returns a variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Returns the variable for traces, or the one for all kinds of data.
fn of_traces(name: &str) -> Option<(String, String)> {
    let names = [format!("OTEL_EXPORTER_OTLP_TRACES_{name}"), format!("OTEL_EXPORTER_OTLP_{name}")];
    names.into_iter().find_map(|name| variable(&name).map(|value| (name, value)))
}

/// Returns what is wrong with the choice of a sampler. The library would record every trace without a word.
fn sampler_fault() -> Option<String> {
    let sampler = variable("OTEL_TRACES_SAMPLER")?;
    if !SAMPLERS.contains(&sampler.as_str()) {
        let known = SAMPLERS.join(", ");
        return Some(format!("OTEL_TRACES_SAMPLER: {sampler:?} is not one of {known}; every trace is recorded"));
    }
    let ratio = variable("OTEL_TRACES_SAMPLER_ARG").and_then(|text| text.parse::<f64>().ok());
    let is_sound = !sampler.ends_with("traceidratio") || ratio.is_some_and(|ratio| (0.0..=1.0).contains(&ratio));
    (!is_sound).then(|| "OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1; every trace is recorded".to_owned())
}

/// Sends spans in the background, in batches. A slow collector costs spans, never a request or memory: spans that find
/// the queue full are lost.
pub struct TraceExport(SdkTracerProvider);

impl TraceExport {
    /// Begins to record and send spans. `client` sends requests within the time limit of the settings. `instance`
    /// distinguishes this process.
    ///
    /// # Errors
    /// The address of the collector is not valid.
    pub fn start(client: impl HttpClient + 'static, version: &'static str, instance: &str) -> Result<Self, String> {
        let failure = Arc::new(Mutex::new(None));
        let client = NotingClient { client: Arc::new(client), failure: Arc::clone(&failure) };
        // The library's message repeats the address.
        let unfit = |_| "the address of the collector is not valid".to_owned();
        let exporter = OtlpExporter::builder().with_http().with_http_client(client).build().map_err(unfit)?;
        let exporter = ReportingExporter { exporter, failure, report: Mutex::default() };
        if let Some(fault) = sampler_fault() {
            tracing::warn!("{fault}");
        }
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(exporter).build())
            .with_resource(resource(version, instance))
            .build();
        let scope = InstrumentationScope::builder("peerage").with_version(version).build();
        // A process starts this once.
        let _ = TRACER.set(provider.tracer_with_scope(scope));
        Ok(TraceExport(provider))
    }

    /// Sends the spans that are left, if that is possible in a short time. Blocks the thread.
    pub fn stop(self) {
        if self.0.shutdown_with_timeout(FLUSH_MAX).is_err() {
            tracing::warn!("not all traces could be exported before the end");
        }
    }
}

/// Describes this process. The environment has priority.
fn resource(version: &'static str, instance: &str) -> Resource {
    let found = Resource::builder().build();
    let is_named = |name: &'static str| {
        let value = found.get(&Key::from_static_str(name));
        value.is_some_and(|value| !value.as_str().starts_with("unknown_service"))
    };
    let own = [
        ("service.name", "peerage".to_owned()),
        ("service.version", version.to_owned()),
        ("service.instance.id", instance.to_owned()),
    ];
    let missing = own.into_iter().filter(|(name, _)| !is_named(name));
    Resource::builder().with_attributes(missing.map(|(name, value)| KeyValue::new(name, value))).build()
}

/// Notes why a request failed, because the exporter replaces it by "network error".
#[derive(Debug)]
struct NotingClient {
    client: Arc<dyn HttpClient>,
    failure: Arc<Mutex<Option<String>>>,
}

impl HttpClient for NotingClient {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let sent = self.client.send_bytes(request).await;
            let failure = sent.as_ref().err().map(ToString::to_string);
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
            sent
        })
    }
}

/// What was logged about failures.
#[derive(Debug, Default)]
struct ExportReport {
    /// When a failure was logged, until spans are sent again.
    logged: Option<Instant>,
    /// Spans that were lost since then.
    lost: usize,
}

/// Logs failures, but seldom.
#[derive(Debug)]
struct ReportingExporter {
    exporter: OtlpExporter,
    failure: Arc<Mutex<Option<String>>>,
    report: Mutex<ExportReport>,
}

impl ReportingExporter {
    fn report(&self, spans: usize, outcome: &OTelSdkResult) {
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        let Err(error) = outcome else {
            if report.logged.take().is_some() {
                tracing::info!("traces are exported again");
            }
            return;
        };
        report.lost += spans;
        if report.logged.is_none_or(|logged| logged.elapsed() >= REPORT_EVERY) {
            let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
            let error = failure.unwrap_or_else(|| error.to_string());
            let lost = std::mem::take(&mut report.lost);
            tracing::warn!(error, spans = lost, "traces cannot be exported; requests are not affected");
            report.logged = Some(Instant::now());
        }
    }
}

impl SpanExporter for ReportingExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let outcome = self.exporter.export(batch).await;
        self.report(spans, &outcome);
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
