//! Commands and flags.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::doctor::DoctorArgs;
use crate::export::ExportArgs;
use crate::import::ImportArgs;
use crate::operator::{AuditCommand, GrantCommand, KeyCommand, OidcCommand, OrgCommand, RoleCommand, UserCommand};
use crate::schema::{self, SchemaArgs};
use crate::serve::ServeArgs;

const EXAMPLES: &str = "\
Examples:
  peerage serve --demo             a registry with invented content, at once
  peerage serve                    an empty one; import into it at any time
  peerage import dump/             take over files: a folder of <kind>.json,
                                   or one file with all kinds
  peerage export rows.json.zst     write all rows into one file; no backup:
                                   `peerage help export` says how to make one
  peerage doctor                   check the registry for inconsistencies
  peerage user create --username ann --email ann@example.net --staff
                                   the first administrator
  peerage key list --all           who reads and writes by which key
  peerage audit list               who did what, when

Every flag can also be set by an environment variable (PEERAGE_LISTEN for
--listen), and every setting in one TOML file (--config).
`peerage help <command>` says more.";

/// An interconnection registry: who peers where, over PeeringDB's API.
#[derive(Debug, Parser)]
#[command(name = "peerage", version, max_term_width = 110, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
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
    /// Describe what the registry keeps.
    Schema(SchemaArgs),
    /// Print the version of the program and of its table layout.
    Version,
}

impl Cli {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Serve(arguments) => return arguments.run(),
            Command::Import(arguments) => return arguments.run(),
            Command::Export(arguments) => return arguments.run(),
            Command::Doctor(arguments) => return arguments.run(),
            Command::User(command) => command.run()?,
            Command::Org(command) => command.run()?,
            Command::Role(command) => command.run()?,
            Command::Grant(command) => command.run()?,
            Command::Key(command) => command.run()?,
            Command::Oidc(command) => command.run()?,
            Command::Audit(command) => return command.run(),
            Command::Schema(arguments) => schema::run(&arguments)?,
            Command::Version => {
                let (version, layout) = (env!("CARGO_PKG_VERSION"), peerage_store::layout_version());
                writeln!(std::io::stdout(), "peerage {version} (table layout {layout})")?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
