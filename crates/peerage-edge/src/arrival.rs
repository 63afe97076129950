//! How fast the body of a request has to arrive.
//!
//! The whole body has to arrive within a timeout. After a grace period, counted from the first poll, it also has to
//! keep a minimum rate. Headers have their own timeout: see [`crate::connection`].

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::settings::EdgeLimits;

/// How long a body may be slower than the minimum rate: TCP starts slowly, and so do many uplinks.
const GRACE: Duration = Duration::from_secs(5);

/// A body that arrived too slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooSlow;

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body arrived too slowly")
    }
}

impl Error for TooSlow {}

/// Whether an error while reading a body says that it arrived too slowly.
pub fn is_too_slow(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<TooSlow>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// A body that ends with [`TooSlow`] when it takes too long.
pub struct TimedBody<B> {
    body: B,
    /// The whole body has to arrive within this time.
    timeout: Duration,
    /// Bytes a second after the grace period. 0 means no minimum.
    least_rate: u32,
    grace: Duration,
    begun: Option<Instant>,
    received: u64,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<B> TimedBody<B> {
    pub fn new(body: B, limits: &EdgeLimits) -> TimedBody<B> {
        let (timeout, least_rate) = (limits.body_timeout, limits.body_rate_min);
        // A grace period longer than the whole timeout would disable the rate.
        let grace = GRACE.min(timeout / 2);
        TimedBody { body, timeout, least_rate, grace, begun: None, received: 0, timer: None }
    }

    /// Returns when the next byte has to have arrived.
    fn until(&self, begun: Instant) -> Instant {
        let whole = begun + self.timeout;
        if self.least_rate == 0 {
            return whole;
        }
        let earned = Duration::from_millis(self.received.saturating_mul(1_000) / u64::from(self.least_rate));
        begun.checked_add(earned.max(self.grace)).map_or(whole, |until| until.min(whole))
    }
}

impl<B> Body for TimedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        let begun = *this.begun.get_or_insert_with(Instant::now);
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            if let Some(Ok(frame)) = &frame {
                this.received += frame.data_ref().map_or(0, |data| data.remaining() as u64);
                // A trickle of bytes keeps the body ready at every poll, so check the timeout here, too.
                if Instant::now() >= begun + this.timeout {
                    return Poll::Ready(Some(Err(TooSlow.into())));
                }
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let until = this.until(begun);
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        timer.as_mut().poll(context).map(|()| Some(Err(TooSlow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Limited, StreamBody};

    use super::*;

    /// A body of single bytes with pauses between them.
    fn trickle(bytes: u64, pause: Duration) -> impl Body<Data = Bytes, Error = std::io::Error> + Unpin {
        let stream = futures_util::stream::unfold(0, move |sent| async move {
            if sent == bytes {
                return None;
            }
            tokio::time::sleep(pause).await;
            Some((Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(b"x"))), sent + 1))
        });
        StreamBody::new(Box::pin(stream))
    }

    async fn read(bytes: u64, pause_ms: u64, limits: &EdgeLimits) -> Result<usize, bool> {
        let body = TimedBody::new(trickle(bytes, Duration::from_millis(pause_ms)), limits);
        let outer = axum::body::Body::new(body);
        match Limited::new(outer, 100).collect().await {
            Ok(collected) => Ok(collected.to_bytes().len()),
            Err(error) => Err(is_too_slow(&*error)),
        }
    }

    #[tokio::test]
    async fn n06_a_body_has_a_time_for_the_whole_and_a_least_rate() {
        let timeout = Duration::from_millis(400);
        let limits = EdgeLimits { body_timeout: timeout, body_rate_min: 0, ..EdgeLimits::default() };
        assert_eq!(read(5, 2, &limits).await, Ok(5));
        assert_eq!(read(1_000, 20, &limits).await, Err(true), "a trickle of bytes does not extend the timeout");
        assert_eq!(read(1, 10_000, &limits).await, Err(true), "silence does not extend it either");
        let limits =
            EdgeLimits { body_timeout: Duration::from_secs(20), body_rate_min: 1_000_000, ..EdgeLimits::default() };
        let body =
            TimedBody { grace: Duration::from_millis(100), ..TimedBody::new(trickle(1_000, timeout / 20), &limits) };
        let begun = Instant::now();
        let error = body.collect().await.expect_err("too slow");
        assert!(is_too_slow(&*error) && begun.elapsed() < Duration::from_secs(5), "the rate limit ends it early");
        assert_eq!(read(200, 0, &limits).await, Err(false), "a body that is too large is a different error");
    }
}
