//! The flags. Nothing is done here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands;

/// From a trained model to a working HTTPS endpoint on any FaaS provider.
#[derive(Debug, Parser)]
#[command(name = "mlship", version, max_term_width = 100, propagate_version = true)]
#[command(after_help = "\
Start with a model file:
  mlship init model.onnx     write a manifest for it
  mlship check-limits        see where it fits, before anything is built
  mlship deploy              serve it on this machine
  mlship deploy --provider aws

Exit codes: 0 done, 1 internal, 2 usage, 3 manifest invalid, 4 limit exceeded,
5 credentials or permission, 6 the provider refused or failed, 7 verification failed.")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// The manifest [default: mlship.yaml, else mlship.toml]
    #[arg(
        long,
        short,
        global = true,
        help_heading = "For every command",
        env = "MLSHIP_MANIFEST",
        value_name = "PATH"
    )]
    pub(crate) manifest: Option<PathBuf>,
    /// The answer on stdout: for people, or one JSON object with a versioned schema
    #[arg(
        long,
        short,
        global = true,
        help_heading = "For every command",
        env = "MLSHIP_OUTPUT",
        value_enum,
        default_value = "text"
    )]
    pub(crate) output: OutputFormat,
    /// Nothing but errors on stderr
    #[arg(long, short, global = true, help_heading = "For every command", env = "MLSHIP_QUIET")]
    pub(crate) quiet: bool,
    /// Details on stderr
    #[arg(long, short, global = true, help_heading = "For every command", env = "MLSHIP_VERBOSE")]
    pub(crate) verbose: bool,
    /// Colours on the terminal
    #[arg(
        long,
        global = true,
        help_heading = "For every command",
        env = "MLSHIP_COLOR",
        value_enum,
        default_value = "auto"
    )]
    pub(crate) color: Color,
    /// Never ask; implied by `CI` and when there is no terminal
    #[arg(long, global = true, help_heading = "For every command", env = "MLSHIP_NON_INTERACTIVE")]
    pub(crate) non_interactive: bool,
    /// Progress on stderr: as the terminal allows, plain lines, or none
    #[arg(
        long,
        global = true,
        help_heading = "For every command",
        env = "MLSHIP_PROGRESS",
        value_enum,
        default_value = "auto"
    )]
    pub(crate) progress: ProgressStyle,
    /// ONNX Runtime's wheel, or where it is installed, for `engine: onnxruntime` and `auto`
    /// [default: brought by pip once and kept]
    #[arg(
        long,
        global = true,
        help_heading = "For every command",
        env = "MLSHIP_ONNXRUNTIME",
        value_name = "PATH"
    )]
    pub(crate) onnxruntime: Option<PathBuf>,
}

/// How the answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    Text,
    Json,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressStyle {
    Auto,
    Plain,
    None,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a manifest for a model, ready to deploy
    Init(commands::init::InitArgs),
    /// Show what a model file is, without running it
    Inspect(commands::inspect::InspectArgs),
    /// Make ONNX of a model, with proof, or make an ONNX model smaller
    Convert(commands::convert::ConvertArgs),
    /// Check where the project fits: every kind of every provider, offline
    CheckLimits(commands::check_limits::CheckLimitsArgs),
    /// Build the artifact and prove it on the samples
    Package(commands::package::PackageArgs),
    /// Show what a deploy would change
    Plan(commands::plan::PlanArgs),
    /// Package, deploy, check the samples, then move the traffic
    Deploy(commands::deploy::DeployArgs),
    /// Run the service here, in the foreground: as a process, or its image as a provider would
    Serve(commands::serve::ServeArgs),
    /// Show what is deployed
    Status(commands::status::StatusArgs),
    /// Send a request to what is deployed
    Invoke(commands::invoke::InvokeArgs),
    /// Show what the service wrote
    Logs(commands::logs::LogsArgs),
    /// Move traffic to a version that is deployed, all or a part of it
    Promote(commands::promote::PromoteArgs),
    /// Move the traffic back to an earlier version
    Rollback(commands::rollback::RollbackArgs),
    /// Remove everything that was made for the project
    Destroy(commands::destroy::DestroyArgs),
    /// Print the manifest's JSON Schema
    Schema,
    /// Print a shell's completion script
    Completions(commands::completions::CompletionsArgs),
    /// Keep a local service running (started by `deploy`)
    #[command(hide = true)]
    LocalSupervisor(commands::supervise::SuperviseArgs),
}

/// The provider that a command talks to.
#[derive(Debug, Clone, Args)]
pub(crate) struct ProviderFlag {
    /// Where to: aws, azure, gcp or local
    #[arg(long, short, env = "MLSHIP_PROVIDER", default_value = "local", value_name = "NAME")]
    pub(crate) provider: String,
}

/// What is done with a service of this name that somebody else made.
#[derive(Debug, Args)]
pub(crate) struct AdoptFlag {
    /// Take over a service of this name that mlship did not make, or, on this machine, that another
    /// folder deployed
    #[arg(long, env = "MLSHIP_ADOPT")]
    adopt: bool,
}

impl AdoptFlag {
    /// As the word that providers take.
    pub(crate) fn foreign(&self) -> Foreign {
        if self.adopt { Foreign::Adopt } else { Foreign::Refuse }
    }
}

/// What is done with a service of this name that somebody else made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// It is left alone, and the deploy is refused.
    Refuse,
    /// It becomes mlship's.
    Adopt,
}
