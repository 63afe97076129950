//! Files for packages, made from the command line itself: completions for shells, and manual pages.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::CommandLine;

/// Print completions for a shell. Packages install them for bash, zsh and fish.
#[derive(Debug, Args)]
pub struct CompletionArgs {
    shell: Shell,
}

/// Write a manual page for each command.
#[derive(Debug, Args)]
pub struct ManualArgs {
    /// Folder, which is created if it does not exist.
    folder: PathBuf,
}

impl CompletionArgs {
    pub fn run(&self) {
        clap_complete::generate(self.shell, &mut CommandLine::command(), "peerage", &mut std::io::stdout());
    }
}

impl ManualArgs {
    pub fn run(&self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.folder).with_context(|| self.folder.display().to_string())?;
        clap_mangen::generate_to(CommandLine::command(), &self.folder)
            .with_context(|| self.folder.display().to_string())
    }
}
