//! Spans that are recorded.

use std::sync::OnceLock;

use opentelemetry::context::FutureExt;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Link, SpanBuilder, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, ContextGuard, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;

use crate::ServerRequest;

/// Empty until traces are exported.
pub(crate) static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Methods by their names in spans. Clients can send any other.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// Whether spans are recorded.
pub fn is_on() -> bool {
    TRACER.get().is_some()
}

/// A part of the work. It ends when this is dropped.
#[derive(Default)]
pub struct Span(SpanHandle);

/// Refers to a span, for other threads.
#[derive(Debug, Clone, Default)]
pub struct SpanHandle(Option<Context>);

/// As long as this exists, spans of this thread are inside of a span.
pub struct EnteredSpan(#[expect(dead_code, reason = "it acts when it is dropped")] Option<ContextGuard>);

impl Span {
    /// Returns no span.
    pub fn none() -> Span {
        Span::default()
    }

    /// Begins the span of a request (semantic conventions for HTTP servers).
    pub fn server(request: ServerRequest<'_>) -> Span {
        let ServerRequest { method, route, scheme, id, traceparent } = request;
        let known = METHODS.into_iter().find(|known| *known == method);
        let shown = known.unwrap_or("HTTP");
        let name = route.as_ref().map_or_else(|| shown.into(), |route| format!("{shown} {route}").into());
        let mut attributes = vec![
            KeyValue::new("http.request.method", known.unwrap_or("_OTHER")),
            KeyValue::new("url.scheme", scheme),
            KeyValue::new("peerage.request.id", id.to_owned()),
        ];
        attributes.extend(route.map(|route| KeyValue::new("http.route", route)));
        let builder = builder(name, SpanKind::Server).with_attributes(attributes);
        let parent = traceparent.map_or_else(Context::new, |sent| {
            TraceContextPropagator::new().extract_with_context(&Context::new(), &TraceParent(sent))
        });
        begin(builder, &parent)
    }

    /// Begins a span inside of the current one, or of its own.
    pub fn begin(name: &'static str) -> Span {
        begin(builder(name.into(), SpanKind::Internal), &Context::current())
    }

    /// Begins a span inside of the current one. Without one, nothing is recorded.
    pub fn begin_inside(name: &'static str) -> Span {
        match SpanHandle::current().0 {
            Some(current) => begin(builder(name.into(), SpanKind::Internal), &current),
            None => Span::none(),
        }
    }

    /// Begins a span for work that several others wait for. It is inside of the first and linked to the others.
    pub fn begin_for<'a>(name: &'static str, waiting: impl IntoIterator<Item = &'a SpanHandle>) -> Span {
        if !is_on() {
            return Span::none();
        }
        let mut waiting = waiting.into_iter().filter_map(|handle| handle.0.as_ref());
        let parent = waiting.next().cloned().unwrap_or_default();
        let links = waiting.map(|other| Link::with_context(other.span().span_context().clone()));
        begin(builder(name.into(), SpanKind::Internal).with_links(links.collect()), &parent)
    }

    /// Begins the span of a request to another service.
    pub fn client(name: &'static str) -> Span {
        begin(builder(name.into(), SpanKind::Client), &Context::current())
    }

    pub fn handle(&self) -> SpanHandle {
        self.0.clone()
    }

    /// Adds a number.
    pub fn count(&self, name: &'static str, number: usize) {
        self.set(|| KeyValue::new(name, i64::try_from(number).unwrap_or(i64::MAX)));
    }

    /// Marks the span as failed.
    pub fn fail(&self, kind: &'static str) {
        self.set(|| KeyValue::new("error.type", kind));
        self.set_failed();
    }

    /// Adds the status of a request's answer.
    pub fn answered(&self, status: u16) {
        self.set(|| KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            self.set(|| KeyValue::new("error.type", status.to_string()));
            self.set_failed();
        }
    }

    /// Returns the same future, whose spans are inside of this one.
    pub fn within<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        future.with_context(self.0.0.clone().unwrap_or_default())
    }

    fn set(&self, attribute: impl FnOnce() -> KeyValue) {
        if let Some(context) = &self.0.0 {
            context.span().set_attribute(attribute());
        }
    }

    fn set_failed(&self) {
        if let Some(context) = &self.0.0 {
            context.span().set_status(Status::error(""));
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(context) = &self.0.0 {
            context.span().end();
        }
    }
}

impl SpanHandle {
    /// Returns the span that the caller works in.
    pub fn current() -> SpanHandle {
        if !is_on() {
            return SpanHandle::default();
        }
        Context::map_current(|current| SpanHandle(current.has_active_span().then(|| current.clone())))
    }

    /// Makes this the current span of the thread.
    pub fn enter(&self) -> EnteredSpan {
        EnteredSpan(self.0.clone().map(Context::attach))
    }
}

fn builder(name: std::borrow::Cow<'static, str>, kind: SpanKind) -> SpanBuilder {
    SpanBuilder::from_name(name).with_kind(kind)
}

fn begin(builder: SpanBuilder, parent: &Context) -> Span {
    let Some(tracer) = TRACER.get() else { return Span::none() };
    let span = tracer.build_with_context(builder, parent);
    Span(SpanHandle(Some(parent.with_span(span))))
}

/// The one header that is read. `tracestate` and `baggage` can contain anything, and nothing here needs them.
struct TraceParent<'a>(&'a str);

impl Extractor for TraceParent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}
