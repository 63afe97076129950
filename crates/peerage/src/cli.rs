//! Commands and flags.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::doctor::DoctorArgs;
use crate::export::ExportArgs;
use crate::import::ImportArgs;
use crate::operator::{
    ApproveArgs, AuditCommand, GrantCommand, KeyCommand, OidcCommand, OrgCommand, QueueArgs, RefuseArgs, RoleCommand,
    UserCommand,
};
use crate::schema::{self, SchemaArgs};
use crate::serve::ServeArgs;

const EXAMPLES: &str = "\
Examples:
  peerage serve --demo             start a demo registry with sample data
  peerage serve                    start an empty registry
  peerage import dump/             import a folder of <kind>.json files, or
                                   one file with all kinds
  peerage export rows.json.zst     write all rows to one file. This is not a
                                   backup: see `peerage help export`
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
#[command(name = "peerage", version, max_term_width = 110, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct CommandLine {
    #[command(subcommand)]
    command: CliCommand,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    Serve(ServeArgs),
    Import(ImportArgs),
    Export(ExportArgs),
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
    Audit(AuditCommand),
    Queue(QueueArgs),
    Approve(ApproveArgs),
    Refuse(RefuseArgs),
    /// Describe the fields of the registry's objects.
    Schema(SchemaArgs),
    /// Print the program version and the table layout version.
    Version,
}

impl CommandLine {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            CliCommand::Serve(arguments) => return arguments.run(),
            CliCommand::Import(arguments) => return arguments.run(),
            CliCommand::Export(arguments) => return arguments.run(),
            CliCommand::Doctor(arguments) => return arguments.run(),
            CliCommand::User(command) => command.run()?,
            CliCommand::Org(command) => command.run()?,
            CliCommand::Role(command) => command.run()?,
            CliCommand::Grant(command) => command.run()?,
            CliCommand::Key(command) => command.run()?,
            CliCommand::Oidc(command) => command.run()?,
            CliCommand::Audit(command) => return command.run(),
            CliCommand::Queue(arguments) => arguments.run()?,
            CliCommand::Approve(arguments) => arguments.run()?,
            CliCommand::Refuse(arguments) => arguments.run()?,
            CliCommand::Schema(arguments) => schema::run(&arguments)?,
            CliCommand::Version => {
                let (version, layout) = (env!("CARGO_PKG_VERSION"), peerage_store::layout_version());
                writeln!(std::io::stdout(), "peerage {version} (table layout {layout})")?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
