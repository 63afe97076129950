//! Commands and flags.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::backup::{BackupArgs, RestoreArgs};
use crate::doctor::DoctorArgs;
use crate::export::ExportArgs;
use crate::handbook::{CompletionArgs, ManualArgs};
use crate::health::HealthArgs;
use crate::import::ImportArgs;
use crate::mail_test::MailCommand;
use crate::operator::{
    ApproveArgs, AuditCommand, GrantCommand, KeyCommand, OidcCommand, OrgCommand, QueueArgs, RefuseArgs, RoleCommand,
    ServerKeyCommand, UserCommand,
};
use crate::schema::{self, SchemaArgs};
use crate::serve::ServeArgs;
use crate::version;

const EXAMPLES: &str = "\
Examples:
  peerage serve --demo             start a demo registry with sample data
  peerage serve                    start an empty registry
  peerage import dump/             import a folder of <kind>.json files, or
                                   one file with all kinds
  peerage export rows.json.zst     write all rows to one file
  peerage backup registry.backup   back up everything while the server runs
  peerage doctor                   check the registry for inconsistencies
  peerage user create --username ann --email ann@example.net --staff
                                   create the first administrator
  peerage key list --all           list all API keys
  peerage audit list               show who changed what, and when
  peerage queue                    list the requests that wait for approval

You can also set each flag with an environment variable (PEERAGE_LISTEN for
--listen) or in a TOML file (--config). For details, run
`peerage help <command>`.";

/// An interconnection registry that speaks PeeringDB's API.
#[derive(Debug, Parser)]
#[command(name = "peerage", version = version::text(), max_term_width = 110, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct CommandLine {
    #[command(subcommand)]
    command: CliCommand,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    Serve(ServeArgs),
    Import(ImportArgs),
    Export(ExportArgs),
    Backup(BackupArgs),
    Restore(RestoreArgs),
    Doctor(DoctorArgs),
    #[command(subcommand, arg_required_else_help = true)]
    User(UserCommand),
    #[command(subcommand, arg_required_else_help = true)]
    Org(OrgCommand),
    #[command(subcommand, arg_required_else_help = true)]
    Role(RoleCommand),
    #[command(subcommand, arg_required_else_help = true)]
    Grant(GrantCommand),
    #[command(subcommand, arg_required_else_help = true)]
    Key(KeyCommand),
    #[command(subcommand, arg_required_else_help = true)]
    Oidc(OidcCommand),
    #[command(subcommand, arg_required_else_help = true)]
    ServerKey(ServerKeyCommand),
    #[command(subcommand, arg_required_else_help = true)]
    Audit(AuditCommand),
    #[command(subcommand, arg_required_else_help = true)]
    Mail(MailCommand),
    Queue(QueueArgs),
    Approve(ApproveArgs),
    Refuse(RefuseArgs),
    /// Describe the fields of the registry's objects.
    Schema(SchemaArgs),
    Health(HealthArgs),
    /// Print the version, the commit that it was built from, and the version of its tables.
    Version,
    Completions(CompletionArgs),
    #[command(hide = true)]
    ManPages(ManualArgs),
}

impl CommandLine {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            CliCommand::Serve(arguments) => return arguments.run(),
            CliCommand::Import(arguments) => return arguments.run(),
            CliCommand::Export(arguments) => return arguments.run(),
            CliCommand::Backup(arguments) => return arguments.run(),
            CliCommand::Restore(arguments) => return arguments.run(),
            CliCommand::Doctor(arguments) => return arguments.run(),
            CliCommand::User(command) => command.run()?,
            CliCommand::Org(command) => command.run()?,
            CliCommand::Role(command) => command.run()?,
            CliCommand::Grant(command) => command.run()?,
            CliCommand::Key(command) => command.run()?,
            CliCommand::Oidc(command) => command.run()?,
            CliCommand::ServerKey(command) => command.run()?,
            CliCommand::Audit(command) => return command.run(),
            CliCommand::Mail(command) => command.run()?,
            CliCommand::Queue(arguments) => arguments.run()?,
            CliCommand::Approve(arguments) => arguments.run()?,
            CliCommand::Refuse(arguments) => arguments.run()?,
            CliCommand::Schema(arguments) => schema::run(&arguments)?,
            CliCommand::Health(arguments) => return arguments.run(),
            CliCommand::Version => writeln!(std::io::stdout(), "peerage {}", version::text())?,
            CliCommand::Completions(arguments) => arguments.run(),
            CliCommand::ManPages(arguments) => arguments.run()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Splits a command as a shell does, as far as the runbooks need it.
    fn words(command: &str) -> Vec<String> {
        let parts = command.split('\'').enumerate();
        parts.fold(Vec::new(), |mut words, (at, part)| {
            if at % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
            words
        })
    }

    #[test]
    fn the_runbooks_name_commands_and_flags_that_exist() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations");
        let mut found = 0;
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let text = std::fs::read_to_string(entry.expect("a file").path()).expect("a text").replace('\n', " ");
            for command in text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("peerage ")) {
                // Examples for a person and a key: a name, and the public part of a key.
                let words = words(command);
                let parsed = CommandLine::command().try_get_matches_from(&words);
                assert!(
                    parsed.is_ok(),
                    "{command}: {}",
                    parsed.err().map(|error| error.to_string()).unwrap_or_default()
                );
                found += 1;
            }
        }
        assert!(found > 30, "{found} commands");
    }

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}
