//! The same types without the feature: they are empty and do nothing.

use crate::ServerRequest;

/// Whether spans are recorded.
#[inline]
pub const fn is_on() -> bool {
    false
}

/// A part of the work. It ends when this is dropped.
pub struct Span;

/// Refers to a span, for other threads.
#[derive(Debug, Clone, Default)]
pub struct SpanHandle;

/// As long as this exists, spans of this thread are inside of a span.
pub struct EnteredSpan;

impl Span {
    /// Returns no span.
    #[inline]
    pub fn none() -> Span {
        Span
    }

    /// Begins the span of a request.
    #[inline]
    pub fn server(_request: ServerRequest<'_>) -> Span {
        Span
    }

    /// Begins a span inside of the current one, or of its own.
    #[inline]
    pub fn begin(_name: &'static str) -> Span {
        Span
    }

    /// Begins a span inside of the current one. Without one, nothing is recorded.
    #[inline]
    pub fn begin_inside(_name: &'static str) -> Span {
        Span
    }

    /// Begins a span for work that several others wait for. It is inside of the first and linked to the others.
    #[inline]
    pub fn begin_for<'a>(_name: &'static str, _waiting: impl IntoIterator<Item = &'a SpanHandle>) -> Span {
        Span
    }

    /// Begins the span of a request to another service.
    #[inline]
    pub fn client(_name: &'static str) -> Span {
        Span
    }

    #[inline]
    pub fn handle(&self) -> SpanHandle {
        SpanHandle
    }

    /// Adds a number.
    #[inline]
    pub fn count(&self, _name: &'static str, _number: usize) {}

    /// Marks the span as failed.
    #[inline]
    pub fn fail(&self, _kind: &'static str) {}

    /// Adds the status of a request's answer.
    #[inline]
    pub fn answered(&self, _status: u16) {}

    /// Returns the same future, whose spans are inside of this one.
    #[inline]
    pub fn within<F: Future>(&self, future: F) -> F {
        future
    }
}

impl SpanHandle {
    /// Returns the span that the caller works in.
    #[inline]
    pub fn current() -> SpanHandle {
        SpanHandle
    }

    /// Makes this the current span of the thread.
    #[inline]
    pub fn enter(&self) -> EnteredSpan {
        EnteredSpan
    }
}
