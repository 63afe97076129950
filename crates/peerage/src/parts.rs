//! The server's connections to the outside: a clock, randomness, and external services.

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use ipnet::IpNet;
use peerage_access::ServerKey;
use peerage_access::notices::WordedMail;
use peerage_access::records::SigningAlgorithm;
use peerage_engine::{Environment, FactFuture, FactSource};
use peerage_outbound::{
    LogoutClient, LogoutSettings, MailSettings, Mailer, MemberListSettings, MemberLists, PlainMail, RdapClient,
    RdapSettings, RdapSource,
};
use peerage_registry::moment::Moment;
use peerage_registry::rules::{MemberList, NumberRegistration};
use peerage_server::{LogoutSender, MailSendError, MailSender, ServerParts};
use peerage_store::Store;
use peerage_traces::Span;
use zeroize::Zeroizing;

use crate::breached;
use crate::chance::{SystemRandom, now};
use crate::failure::usage;
use crate::mails::{self, MailFate};
use crate::settings::Config;

/// The clock of the registry, and the system's random source.
pub struct SystemEnvironment {
    store: Store,
    chance: Mutex<SystemRandom>,
}

impl SystemEnvironment {
    pub fn new(store: Store) -> anyhow::Result<SystemEnvironment> {
        Ok(SystemEnvironment { store, chance: Mutex::new(SystemRandom::new()?) })
    }
}

impl Environment for SystemEnvironment {
    /// The database server's time, which is the same for all nodes. A node on SQLite has the machine's.
    fn now(&self) -> Moment {
        self.store.database_time().unwrap_or_else(now)
    }

    fn own_time(&self) -> Moment {
        now()
    }

    fn fill(&self, bytes: &mut [u8]) {
        let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in bytes.chunks_mut(32) {
            piece.copy_from_slice(&chance.salt()[..piece.len()]);
        }
    }

    fn signing_key(&self, way: SigningAlgorithm) -> Option<Zeroizing<String>> {
        let key = match way {
            SigningAlgorithm::RS256 => {
                rsa::KeyPair::generate(rsa::KeySize::Rsa2048).ok()?.as_der().ok()?.as_ref().to_vec()
            }
            SigningAlgorithm::ES256 => {
                let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
                key.to_pkcs8v1().ok()?.as_ref().to_vec()
            }
            SigningAlgorithm::EdDSA => Ed25519KeyPair::generate().ok()?.to_pkcs8v1().ok()?.as_ref().to_vec(),
        };
        let text = Zeroizing::new(data_encoding::BASE64.encode(&Zeroizing::new(key)));
        let mut pem = Zeroizing::new(String::with_capacity(text.len() + 128));
        pem.push_str("-----BEGIN PRIVATE KEY-----\n");
        for line in text.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str("-----END PRIVATE KEY-----\n");
        Some(pem)
    }
}

/// Records a request to an external service as a span, without its address.
async fn traced<T>(name: &'static str, request: impl Future<Output = T>, is_failed: impl FnOnce(&T) -> bool) -> T {
    let span = Span::client(name);
    let outcome = span.within(request).await;
    if is_failed(&outcome) {
        span.fail("unavailable");
    }
    outcome
}

async fn traced_lookup(request: impl Future<Output = NumberRegistration>) -> NumberRegistration {
    traced("rdap", request, |registration| matches!(registration, NumberRegistration::Unavailable)).await
}

/// RDAP servers and member lists, over the network.
struct NetworkFacts {
    /// `None` if this registry makes no lookups.
    rdap: Option<RdapClient>,
    lists: MemberLists,
}

impl FactSource for NetworkFacts {
    fn autnum(&self, asn: u32) -> FactFuture<'_, NumberRegistration> {
        Box::pin(async move {
            match &self.rdap {
                Some(rdap) => traced_lookup(rdap.autnum(asn)).await,
                None => NumberRegistration::Unavailable,
            }
        })
    }

    fn network(&self, network: IpNet) -> FactFuture<'_, NumberRegistration> {
        Box::pin(async move {
            match &self.rdap {
                Some(rdap) => traced_lookup(rdap.network(network)).await,
                None => NumberRegistration::Unavailable,
            }
        })
    }

    fn member_list<'a>(&'a self, url: &'a str) -> FactFuture<'a, MemberList> {
        Box::pin(traced("member list", self.lists.fetch(url), |list| matches!(list, MemberList::Failed(_))))
    }

    fn member_file<'a>(&'a self, url: &'a str) -> FactFuture<'a, Result<Vec<u8>, String>> {
        Box::pin(traced("member list", self.lists.fetch_file(url), Result::is_err))
    }
}

/// Logout tokens, over the network.
struct LogoutSenders {
    logouts: LogoutClient,
}

impl LogoutSender for LogoutSenders {
    fn logout<'a>(&'a self, url: &'a str, token: &'a str) -> FactFuture<'a, Result<(), (bool, String)>> {
        Box::pin(async move {
            let sent = traced("logout", self.logouts.send(url, token), Result::is_err).await;
            sent.map_err(|not_told| (not_told.is_final, not_told.why))
        })
    }
}

/// Sends e-mails in the configured way.
struct ConfiguredMailer {
    mailer: Mailer,
    /// Prints e-mails instead of sending them, for the demo.
    shown: Option<mails::MailPrinter>,
}

impl MailSender for ConfiguredMailer {
    fn send<'a>(&'a self, letter: &'a WordedMail) -> FactFuture<'a, Result<(), MailSendError>> {
        Box::pin(async move {
            if let Some(shown) = &self.shown {
                shown.show(letter);
                return Ok(());
            }
            let WordedMail { to, subject, body, reference } = letter.clone();
            let mail = PlainMail { to: vec![to], subject, body, reference };
            let sent = traced("mail", self.mailer.send(&mail), Result::is_err).await;
            sent.map_err(|error| MailSendError { is_final: error.is_lasting(), why: error.to_string() })
        })
    }
}

/// The client for lookups of numbers. `None` if this registry makes none.
pub fn rdap(config: &Config) -> anyhow::Result<Option<RdapClient>> {
    let strangers = &config.strangers;
    let source = match strangers.rdap.as_str() {
        "off" => return Ok(None),
        "iana" => RdapSettings::default().source,
        base if base.starts_with("http://") || base.starts_with("https://") => {
            RdapSource::Fixed(base.trim_end_matches('/').to_owned())
        }
        other => return Err(usage(format!("strangers.rdap: {other:?} is not iana, off or a URL"))),
    };
    let timeout = Duration::from_millis(strangers.rdap_timeout_ms);
    let settings = RdapSettings { source, timeout, ..RdapSettings::default() };
    Ok(Some(RdapClient::from_settings(&settings).map_err(|error| usage(error.to_string()))?))
}

/// What sends e-mails.
pub fn mailer(config: &Config) -> anyhow::Result<Mailer> {
    let mail = &config.mail;
    let mut settings = MailSettings::new(&*mail.mail, &*mail.from);
    settings.name = (!mail.name.is_empty()).then(|| mail.name.clone());
    settings.ca_file = (!mail.ca_file.is_empty()).then(|| mail.ca_file.clone().into());
    let fate = MailFate::of(config, &crate::store::location(config)?);
    settings.kept = fate.folder().map(Path::to_owned);
    Mailer::from_settings(&settings).map_err(|error| usage(error.to_string()))
}

/// Everything that the server gets from outside.
pub fn server_parts(
    config: &Config,
    store: Store,
    server_key: ServerKey,
    lost_log_lines: Arc<AtomicU64>,
) -> anyhow::Result<ServerParts> {
    let strangers = &config.strangers;
    let rdap = rdap(config)?;
    let settings = MemberListSettings { allows_private: strangers.allow_private, ..MemberListSettings::default() };
    let lists = MemberLists::from_settings(&settings).context("the client for member lists")?;
    let settings = LogoutSettings { allows_private: strangers.allow_private, ..LogoutSettings::default() };
    let logouts = LogoutClient::from_settings(&settings).context("the client for logouts")?;
    let shown = (config.demo && !config.mail.is_sent()).then(mails::MailPrinter::start).transpose()?;
    let mailer = mailer(config)?;
    Ok(ServerParts {
        environment: Arc::new(SystemEnvironment::new(store.clone())?),
        store,
        server_key,
        facts: Arc::new(NetworkFacts { rdap, lists }),
        logout_sender: Arc::new(LogoutSenders { logouts }),
        post: Arc::new(ConfiguredMailer { mailer, shown }),
        imports: config.strangers.import_schedule(),
        stolen: breached::open(&config.breached_passwords)?,
        lost_log_lines,
    })
}
