//! The log of the program.
//!
//! No log line may stop the program. A server passes its lines to a separate thread through a bounded queue: a full
//! disk, a closed pipe or a hanging reader costs lines, which are counted, and nothing else.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{Directive, LevelFilter};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::time::SystemTime;

use crate::failure::usage;
use crate::settings::{LogConfig, LogFormat, variables};

/// Maximum number and size of queued lines.
const LINES_MAX: usize = 8_192;
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// How long the program waits at its end for lines that are not written yet.
const FLUSH_MAX: Duration = Duration::from_secs(1);

/// Sends log lines of a command to standard error, as text or as one JSON object a line.
pub fn start(log: &LogConfig) -> anyhow::Result<()> {
    subscribe(log, || UnfailingWriter(std::io::stderr()))
}

/// Sends log lines of a server to standard error without ever blocking. Panics become log lines, too. The queue counts
/// lost lines.
pub fn start_for_server(log: &LogConfig) -> anyhow::Result<LogQueue> {
    let queue = LogQueue::start(std::io::stderr())?;
    subscribe(log, queue.clone())?;
    // The default hook writes to standard error itself, which can block.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        // A message built at run time may contain data of a request.
        let what = panic.payload().downcast_ref::<&str>().copied().unwrap_or("details withheld");
        tracing::error!(place, what, "internal error: panicked");
    }));
    Ok(queue)
}

fn subscribe<W>(log: &LogConfig, writer: W) -> anyhow::Result<()>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = filter(&log.level)?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(std::io::stderr().is_terminal())
        // The default would report this with a macro that panics when standard error is closed.
        .log_internal_errors(false)
        .with_timer(SystemTime);
    match log.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    for warning in variables::warnings(std::env::vars_os()) {
        tracing::warn!("{warning}");
    }
    Ok(())
}

/// Parses `log.level`: a level, and levels of modules and spans.
///
/// # Errors
/// A directive is invalid, or is a word that is not a level. The filter itself would take the word for a module and log
/// nothing else.
pub fn filter(level: &str) -> anyhow::Result<EnvFilter> {
    // The parser accepts an empty word as a level.
    let is_level = |word: &str| !word.is_empty() && word.parse::<LevelFilter>().is_ok();
    let words = directives(level);
    let mut filter = EnvFilter::default();
    for word in &words {
        let read = word.parse::<Directive>().ok().filter(|_| is_level(word) || word.contains(['=', '[']));
        let directive = read.ok_or_else(|| {
            usage(format!(
                "log.level: {word:?} is not a level; expected off, error, warn, info, debug or trace, also by module: \
                 info,peerage_store=debug"
            ))
        })?;
        filter = filter.add_directive(directive);
    }
    // Other modules are still logged.
    if !words.iter().any(|word| is_level(word)) {
        filter = filter.add_directive(LevelFilter::INFO.into());
    }
    // The driver logs every written value, including personal data, unless it is requested by name.
    if level.contains("tokio_postgres") {
        return Ok(filter);
    }
    Ok(filter.add_directive("tokio_postgres=info".parse().expect("a sound directive")))
}

/// Splits a filter. Commas between brackets or quotes separate fields of a span; the filter's own splitting does not
/// handle them.
fn directives(level: &str) -> Vec<&str> {
    let (mut depth, mut is_quoted) = (0_usize, false);
    let ends = |letter: char| {
        match letter {
            '"' if depth > 0 => is_quoted = !is_quoted,
            '[' | '{' if !is_quoted => depth += 1,
            ']' | '}' if !is_quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    };
    level.split(ends).map(str::trim).collect()
}

/// Writes what can be written. An output error is ignored, because nobody is left to report it to.
struct UnfailingWriter<W>(W);

impl<W: Write> Write for UnfailingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

/// A queue of lines to a writing thread. Adding a line never blocks and never fails.
#[derive(Clone)]
pub struct LogQueue {
    lines: SyncSender<Vec<u8>>,
    waiting: Arc<WaitingLines>,
}

/// The state of the queue.
#[derive(Default)]
struct WaitingLines {
    lines: AtomicUsize,
    bytes: AtomicUsize,
    /// Lost lines: the queue was full, or the output failed.
    lost: Arc<AtomicU64>,
}

impl LogQueue {
    fn start(output: impl Write + Send + 'static) -> std::io::Result<LogQueue> {
        let (lines, queued) = sync_channel(LINES_MAX);
        let waiting = Arc::new(WaitingLines::default());
        let shared = Arc::clone(&waiting);
        std::thread::Builder::new().name("log".to_owned()).spawn(move || write_all(output, &queued, &shared))?;
        Ok(LogQueue { lines, waiting })
    }

    /// Returns the number of lost lines.
    pub fn lost(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.waiting.lost)
    }

    /// Waits briefly for lines that are not written yet.
    pub fn flush(&self) {
        let begun = Instant::now();
        while self.waiting.lines.load(Ordering::Acquire) > 0 && begun.elapsed() < FLUSH_MAX {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn push(&self, line: &[u8]) {
        let is_fitting = self.waiting.bytes.load(Ordering::Relaxed) + line.len() <= BYTES_MAX;
        self.waiting.lines.fetch_add(1, Ordering::Relaxed);
        self.waiting.bytes.fetch_add(line.len(), Ordering::Relaxed);
        if !is_fitting || self.lines.try_send(line.to_vec()).is_err() {
            self.waiting.lost.fetch_add(1, Ordering::Relaxed);
            self.waiting.done(line.len());
        }
    }
}

impl WaitingLines {
    fn done(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.lines.fetch_sub(1, Ordering::Release);
    }
}

fn write_all(mut output: impl Write, queued: &Receiver<Vec<u8>>, waiting: &WaitingLines) {
    for line in queued {
        if output.write_all(&line).and_then(|()| output.flush()).is_err() {
            waiting.lost.fetch_add(1, Ordering::Relaxed);
        }
        waiting.done(line.len());
    }
}

/// The subscriber passes each line in one write.
impl Write for LogQueue {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = LogQueue;

    fn make_writer(&'a self) -> LogQueue {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn i12_10_a_word_that_is_no_level_is_refused_and_silences_nothing() {
        for wrong in
            ["loud", "", "info,loud", "peerage_store", "peerage_store=loud", "info,", "=,", "6", "info,[span{a=1,b=2}"]
        {
            let error = filter(wrong).err().unwrap_or_else(|| panic!("{wrong:?} is accepted"));
            assert!(error.is::<crate::failure::UsageError>(), "{error}");
            assert!(error.to_string().contains("expected off, error, warn, info, debug or trace"), "{error}");
        }
        for (right, expected) in [
            ("info", "info,tokio_postgres=info"),
            ("WARN", "warn,tokio_postgres=info"),
            ("peerage_store=debug", "info,peerage_store=debug,tokio_postgres=info"),
            ("off, tokio_postgres=trace", "off,tokio_postgres=trace"),
            // Everything that the library reads: levels as numbers, spans with their fields.
            ("1", "error,tokio_postgres=info"),
            ("3, peerage_store=5", "info,peerage_store=trace,tokio_postgres=info"),
            ("peerage_server[request]=debug", "info,peerage_server[request]=debug,tokio_postgres=info"),
            ("warn,[request{id=1,at=2}]=debug", "warn,[request{id=1,at=2}]=debug,tokio_postgres=info"),
        ] {
            let made = filter(right).expect(right).to_string();
            let parts = |text: &str| text.split(',').map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
            assert_eq!(parts(&made), parts(expected), "{right}");
        }
    }

    struct FullQueue;

    impl Write for FullQueue {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(Error::from(ErrorKind::StorageFull))
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Hangs until the test lets it continue.
    struct HangingWriter(Receiver<()>);

    impl Write for HangingWriter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn n27_lines_that_cannot_be_written_are_counted_and_nothing_fails() {
        let queue = LogQueue::start(FullQueue).expect("a thread");
        for _ in 0..10 {
            assert_eq!(queue.clone().write(b"a line\n").expect("never fails"), 7);
        }
        queue.flush();
        assert_eq!(queue.lost().load(Ordering::Relaxed), 10);
    }

    #[test]
    fn n27_a_reader_that_hangs_blocks_nobody_and_memory_is_bounded() {
        let (go_on, output_args) = channel();
        let queue = LogQueue::start(HangingWriter(output_args)).expect("a thread");
        let begun = Instant::now();
        let line = vec![b'x'; 4096];
        for _ in 0..LINES_MAX * 2 {
            queue.push(&line);
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "adding lines never waits");
        assert!(queue.waiting.bytes.load(Ordering::Relaxed) <= BYTES_MAX + line.len());
        assert!(queue.lost().load(Ordering::Relaxed) > 0);
        let begun = Instant::now();
        queue.flush();
        assert!(begun.elapsed() < FLUSH_MAX * 2, "the end of the program only waits briefly");
        drop(go_on);
        queue.flush();
        assert_eq!(queue.waiting.lines.load(Ordering::Relaxed), 0, "writing continues when the reader does");
    }
}
