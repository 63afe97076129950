//! Traces: which work a request consists of, and how long each part takes.
//!
//! With the feature `opentelemetry`, spans are recorded and sent to the collector that the operator names in the
//! environment. Without the feature, every type here is empty and every function does nothing, so callers need no
//! conditions.
//!
//! Names and values of spans are literals of this program, or numbers. The only texts made at run time are the ID of a
//! request and the pattern of its route. So a span cannot contain a secret, an address, a name or a query.

#[cfg(not(feature = "opentelemetry"))]
mod absent;
#[cfg(feature = "opentelemetry")]
mod export;
#[cfg(feature = "opentelemetry")]
mod recorded;

#[cfg(not(feature = "opentelemetry"))]
pub use absent::{EnteredSpan, Span, SpanHandle, is_on};
#[cfg(feature = "opentelemetry")]
pub use export::{CollectorSettings, TraceExport};
#[cfg(feature = "opentelemetry")]
pub use recorded::{EnteredSpan, Span, SpanHandle, is_on};

/// What is known of a request when it arrives.
pub struct ServerRequest<'a> {
    pub method: &'a str,
    /// The pattern of its path. Never the path itself, which can contain secrets.
    pub route: Option<String>,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// The ID under which the request is logged.
    pub id: &'a str,
    /// The header `traceparent` (W3C Trace Context), if its sender is trusted.
    pub traceparent: Option<&'a str>,
}
