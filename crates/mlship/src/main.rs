//! The `mlship` command: flags in, words out.

mod cache;
mod call;
mod cli;
mod commands;
mod context;
mod engine;
mod exporting;
mod failure;
mod media_type;
mod progress;
mod providers;
mod release;
mod render;
mod revision;
mod scaffold;
mod serving;
mod waiting;

use std::process::ExitCode;

use crate::cli::Command;
use crate::context::Context;

fn main() -> ExitCode {
    let cli = match call::read() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let context = Context::new(cli.global);
    match run(&context, cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            context.fail(&failure);
            ExitCode::from(failure.code())
        }
    }
}

fn run(context: &Context, command: Command) -> Result<(), failure::Failure> {
    match command {
        Command::Init(args) => commands::init::run(context, args),
        Command::Inspect(args) => commands::inspect::run(context, args),
        Command::Convert(args) => commands::convert::run(context, args),
        Command::CheckLimits(args) => commands::check_limits::run(context, args),
        Command::Package(args) => commands::package::run(context, args),
        Command::Plan(args) => commands::plan::run(context, args),
        Command::Deploy(args) => commands::deploy::run(context, args),
        Command::Serve(args) => commands::serve::run(context, args),
        Command::Status(args) => commands::status::run(context, args),
        Command::Invoke(args) => commands::invoke::run(context, args),
        Command::Logs(args) => commands::logs::run(context, args),
        Command::Promote(args) => commands::promote::run(context, args),
        Command::Rollback(args) => commands::rollback::run(context, args),
        Command::Destroy(args) => commands::destroy::run(context, args),
        Command::Schema => commands::schema::run(context),
        Command::Completions(args) => commands::completions::run(context, args),
        Command::LocalSupervisor(args) => commands::supervise::run(args),
    }
}
