//! A strict mail server for tests (RFC 5321).

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// What the server requires, and how it behaves.
#[derive(Default)]
pub struct SmtpBehavior {
    /// Encrypted from the start.
    pub is_encrypted: bool,
    /// STARTTLS is offered, and nothing is accepted before it.
    pub offers_starttls: bool,
    /// User and password, without which nothing is accepted.
    pub login: Option<(&'static str, &'static str)>,
    /// Responses to commands instead of the usual ones; `GREETING` and `BODY` are treated as commands. An empty
    /// response means that the server stops responding.
    pub answers: HashMap<&'static str, &'static str>,
}

/// A mail that was accepted.
#[derive(Debug, Clone, Default)]
pub struct ReceivedMail {
    pub from: String,
    pub to: Vec<String>,
    /// Without dot-stuffing.
    pub text: String,
    pub was_encrypted: bool,
}

/// A mail server.
pub struct SmtpDouble {
    pub address: SocketAddr,
    /// Its own certificate, in PEM.
    pub certificate: String,
    log: Arc<SmtpLog>,
}

#[derive(Default)]
struct SmtpLog {
    received: Mutex<Vec<ReceivedMail>>,
    faults: Mutex<Vec<String>>,
}

impl SmtpDouble {
    pub async fn start(manners: SmtpBehavior) -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (log, manners) = (Arc::new(SmtpLog::default()), Arc::new(manners));
        let kept = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, manners, acceptor) = (Arc::clone(&kept), Arc::clone(&manners), acceptor.clone());
                tokio::spawn(async move {
                    let mut talk = SmtpConversation { stream: None, acceptor, manners, is_encrypted: false };
                    // Success, or the client has disconnected: only the recorded errors matter.
                    if let Err(fault) = talk.run(Box::new(stream), &log).await {
                        log.faults.lock().unwrap().push(fault);
                    }
                });
            }
        });
        Self { address, certificate: made.cert.pem(), log }
    }

    pub fn received(&self) -> Vec<ReceivedMail> {
        assert_eq!(self.faults(), Vec::<String>::new());
        self.log.received.lock().unwrap().clone()
    }

    pub fn faults(&self) -> Vec<String> {
        self.log.faults.lock().unwrap().clone()
    }
}

trait SmtpStream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> SmtpStream for T {}

struct SmtpConversation {
    stream: Option<BufReader<Box<dyn SmtpStream>>>,
    acceptor: TlsAcceptor,
    manners: Arc<SmtpBehavior>,
    is_encrypted: bool,
}

/// The next expected command.
#[derive(PartialEq, Clone, Copy)]
enum SmtpStep {
    Hello,
    Mail,
    Recipient,
}

impl SmtpConversation {
    async fn run(&mut self, stream: Box<dyn SmtpStream>, log: &SmtpLog) -> Result<(), String> {
        self.stream = Some(BufReader::new(stream));
        if self.manners.is_encrypted && !self.encrypt().await {
            return Ok(());
        }
        self.say("GREETING", "220 double.example ESMTP").await;
        let mut step = SmtpStep::Hello;
        let mut is_known = self.manners.login.is_none();
        let mut mail = ReceivedMail::default();
        loop {
            let Some(line) = self.line(512).await? else { return Ok(()) };
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match (verb.as_str(), step) {
                ("QUIT", _) => {
                    self.say("QUIT", "221 2.0.0 bye").await;
                    return Ok(());
                }
                ("EHLO", _) => {
                    let name = line.split_once(' ').map(|(_, name)| name).unwrap_or_default();
                    if name.is_empty() || name.contains(' ') {
                        return Err(format!("greeting: {line}"));
                    }
                    self.say("EHLO", &self.offers()).await;
                    step = SmtpStep::Mail;
                }
                ("STARTTLS", SmtpStep::Mail) if self.manners.offers_starttls && !self.is_encrypted => {
                    self.say("STARTTLS", "220 2.0.0 go ahead").await;
                    if !self.encrypt().await {
                        return Ok(());
                    }
                    step = SmtpStep::Hello;
                }
                (_, SmtpStep::Mail) if self.manners.offers_starttls && !self.is_encrypted => {
                    return Err(format!("not encrypted: {line}"));
                }
                ("AUTH", SmtpStep::Mail) if !is_known => {
                    is_known = self.is_login(&line);
                    let usual = if is_known { "235 2.7.0 welcome" } else { "535 5.7.8 wrong user or password" };
                    self.say("AUTH", usual).await;
                }
                (_, SmtpStep::Mail) if !is_known => {
                    self.say("LOGIN", "530 5.7.0 who are you?").await;
                }
                ("MAIL", SmtpStep::Mail) => {
                    mail = ReceivedMail { from: path(&line, "MAIL FROM:")?, was_encrypted: self.is_encrypted, ..mail };
                    if self.say("MAIL", "250 2.1.0 ok").await {
                        step = SmtpStep::Recipient;
                    }
                }
                ("RCPT", SmtpStep::Recipient) => {
                    mail.to.push(path(&line, "RCPT TO:")?);
                    self.say("RCPT", "250 2.1.5 ok").await;
                }
                ("DATA", SmtpStep::Recipient) if !mail.to.is_empty() => {
                    if !self.say("DATA", "354 go on, end with a dot").await {
                        continue;
                    }
                    let Some(text) = self.text().await? else { return Ok(()) };
                    mail.text = text;
                    let mail = std::mem::take(&mut mail);
                    if self.manners.answers.get("BODY").is_none_or(|answer| answer.starts_with('2')) {
                        log.received.lock().unwrap().push(mail);
                    }
                    self.say("BODY", "250 2.0.0 taken").await;
                    step = SmtpStep::Mail;
                }
                ("RSET" | "NOOP", _) => {
                    self.say("RSET", "250 2.0.0 ok").await;
                }
                _ => return Err(format!("out of order: {line}")),
            }
        }
    }

    fn offers(&self) -> String {
        let mut offers = "250-double.example\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n".to_owned();
        if self.manners.offers_starttls && !self.is_encrypted {
            offers.push_str("250-STARTTLS\r\n");
        } else if self.manners.login.is_some() {
            offers.push_str("250-AUTH PLAIN\r\n");
        }
        offers + "250 SIZE 2000000"
    }

    /// RFC 4616.
    fn is_login(&self, line: &str) -> bool {
        let Some((user, password)) = self.manners.login else { return false };
        line == format!("AUTH PLAIN {}", BASE64.encode(format!("\0{user}\0{password}").as_bytes()))
    }

    async fn encrypt(&mut self) -> bool {
        let stream = self.stream.take().unwrap();
        if !stream.buffer().is_empty() {
            return false;
        }
        let Ok(stream) = self.acceptor.accept(stream.into_inner()).await else { return false };
        self.stream = Some(BufReader::new(Box::new(stream)));
        self.is_encrypted = true;
        true
    }

    /// Whether the response was a success.
    async fn say(&mut self, command: &str, usual: &str) -> bool {
        let answer = self.manners.answers.get(command).copied().unwrap_or(usual).to_owned();
        let stream = self.stream.as_mut().unwrap();
        if answer.is_empty() {
            // Until the client disconnects.
            let _gone = stream.read_u8().await;
            return false;
        }
        // The client may have disconnected without QUIT.
        let _gone = stream.write_all(format!("{answer}\r\n").as_bytes()).await;
        let _gone = stream.flush().await;
        answer.starts_with(['2', '3'])
    }

    /// A line without its line break; `None` if the client has disconnected.
    async fn line(&mut self, bytes_max: usize) -> Result<Option<String>, String> {
        let mut line = Vec::new();
        match self.stream.as_mut().unwrap().read_until(b'\n', &mut line).await {
            Ok(length) if length > 0 => {}
            _ => return Ok(None),
        }
        let Some(inner) = line.strip_suffix(b"\r\n") else { return Err(format!("bare line feed: {line:?}")) };
        if line.len() > bytes_max {
            return Err(format!("a line of {} bytes", line.len()));
        }
        if inner.contains(&b'\r') || inner.contains(&0) {
            return Err(format!("a control character: {line:?}"));
        }
        let text = std::str::from_utf8(inner).ok().filter(|text| text.is_ascii());
        text.map(|text| Some(text.to_owned())).ok_or_else(|| format!("not ASCII: {line:?}"))
    }

    async fn text(&mut self) -> Result<Option<String>, String> {
        let mut text = String::new();
        loop {
            let Some(line) = self.line(1_000).await? else { return Ok(None) };
            if line == "." {
                return Ok(Some(text));
            }
            if line.starts_with('.') && !line.starts_with("..") {
                return Err(format!("a dot alone: {line}"));
            }
            text.push_str(line.strip_prefix('.').unwrap_or(&line));
            text.push_str("\r\n");
        }
    }
}

/// `MAIL FROM:<a@b>`, without spaces, ignoring parameters.
fn path(line: &str, begin: &str) -> Result<String, String> {
    let inner = line.strip_prefix(begin).and_then(|rest| rest.strip_prefix('<'));
    let path = inner.and_then(|rest| rest.split_once('>')).map(|(path, _)| path.to_owned());
    path.filter(|path| path.contains('@')).ok_or_else(|| format!("no path: {line}"))
}

#[tokio::test]
async fn the_double_forgives_nothing() {
    for script in [
        "EHLO x\n",
        "HELO x\r\n",
        "EHLO\r\n",
        "MAIL FROM:<a@b>\r\n",
        "EHLO x\r\nRCPT TO:<a@b>\r\n",
        "EHLO x\r\nMAIL FROM: <a@b>\r\n",
        "EHLO x\r\nMAIL FROM:<a@b>\r\nDATA\r\n",
        "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nbare\n.\r\n",
        "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n.dot\r\n.\r\n",
        "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nSubject: \u{fc}\r\n.\r\n",
    ] {
        let double = SmtpDouble::start(SmtpBehavior::default()).await;
        let mut stream = tokio::net::TcpStream::connect(double.address).await.unwrap();
        stream.write_all(script.as_bytes()).await.unwrap();
        // To its end: the server disconnects when it has found an error.
        let mut answers = Vec::new();
        let _reset = stream.read_to_end(&mut answers).await;
        assert_eq!(double.faults().len(), 1, "{script}");
    }
}
