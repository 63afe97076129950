//! `peerage mail`: tests how e-mails are sent.

use std::io::Write;

use clap::{Args, Subcommand};
use peerage_outbound::PlainMail;

use crate::chance::SystemRandom;
use crate::failure::usage;
use crate::parts;
use crate::settings::flags::{CommonFlags, ServerFlags};
use crate::settings::{Config, masked};
use crate::store;

/// Test how e-mails are sent.
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    Test(TestMailArgs),
}

/// Send a test e-mail with the server's settings, and say what the mail server answers.
#[derive(Debug, Args)]
pub struct TestMailArgs {
    /// Recipient.
    address: String,
    #[command(flatten)]
    common: CommonFlags,
    #[command(flatten)]
    serving: ServerFlags,
}

impl MailCommand {
    pub fn run(&self) -> anyhow::Result<()> {
        let MailCommand::Test(arguments) = self;
        arguments.run()
    }
}

impl TestMailArgs {
    fn run(&self) -> anyhow::Result<()> {
        let config = Config::resolve(&self.common, &self.serving)?;
        crate::logging::start(&config.log)?;
        if !config.mail.is_sent() {
            return Err(usage("no e-mail is sent, because --mail is log. Set a mail server with --mail smtp://…"));
        }
        let mailer = parts::mailer(&config)?;
        let mail = PlainMail {
            to: vec![self.address.clone()],
            subject: format!("Test e-mail of {}", config.registry_name),
            body: format!(
                "This is a test of the e-mails of {} ({}). An operator has sent it with `peerage mail test`.\n",
                config.registry_name,
                config.site()
            ),
            reference: format!("test-{}", SystemRandom::new()?.id()),
        };
        store::block_on(async { Ok(mailer.send(&mail).await?) })?;
        let (by, to) = (masked(&config.mail.mail), &self.address);
        writeln!(std::io::stdout(), "{by} accepted an e-mail to {to}. Check that it has arrived")?;
        Ok(())
    }
}
