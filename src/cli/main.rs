//! The `npe` command: edits photos from the command line with the library `npe`, and shows what its networks see.
//! Calls the library's public interface only.

mod attributes;
mod container;
mod demo;
mod edit;
mod exif;
mod faces;
mod figures;
mod frame;
mod info;
mod interpolate;
mod job;
mod machine;
mod plugin;
mod progress;
mod read;
mod report;
mod sample;
mod save;
mod sheet;
mod stroke;

use clap::error::ErrorKind as ClapError;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use report::{Failure, Outcome};
use std::process::ExitCode;

/// The neural photo editor: paint a colour on a photo of a face, and a generative network makes it real.
#[derive(Parser)]
#[command(name = "npe", version, subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 done, 1 something failed, 2 wrong use.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Edit(edit::Args),
    Attributes(attributes::Args),
    Faces(faces::Args),
    Sample(sample::Args),
    Interpolate(interpolate::Args),
    Info(info::Args),
    Demo(demo::Args),
    Figures(figures::Args),
    Install(plugin::install::Args),
    Uninstall(plugin::uninstall::Args),
    Doctor(plugin::doctor::Args),
}

fn main() -> ExitCode {
    let matches = match Cli::command().try_get_matches() {
        Ok(matches) => matches,
        Err(e) if matches!(e.kind(), ClapError::DisplayHelp | ClapError::DisplayVersion) => e.exit(),
        Err(e) if e.kind() == ClapError::DisplayHelpOnMissingArgumentOrSubcommand => e.exit(),
        Err(e) => return fail(&Failure::usage(plain(&e))),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(e) => return fail(&Failure::usage(plain(&e))),
    };
    let outcome = match cli.command {
        Command::Edit(args) => {
            // The order of --stroke, --paint, --strokes and --attribute is known to the matches only.
            let order = matches.subcommand_matches("edit").map(edit::order).unwrap_or_default();
            edit::run(&args, &order)
        }
        Command::Attributes(args) => attributes::run(&args),
        Command::Faces(args) => faces::run(&args),
        Command::Sample(args) => sample::run(&args),
        Command::Interpolate(args) => interpolate::run(&args),
        Command::Info(args) => info::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Figures(args) => figures::run(&args),
        Command::Install(args) => plugin::install::run(&args),
        Command::Uninstall(args) => plugin::uninstall::run(&args),
        Command::Doctor(args) => plugin::doctor::run(&args),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::SomeFailed) => ExitCode::FAILURE,
        Err(failure) => fail(&failure),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    eprintln!("npe: {failure}");
    ExitCode::from(failure.code())
}

/// clap's message as one sentence: without its "error:", usage lines and line breaks.
fn plain(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let words: Vec<&str> =
        text.lines().take_while(|l| !l.starts_with("Usage:")).flat_map(str::split_whitespace).collect();
    let text = words.join(" ");
    match text.split_once(" For more information") {
        Some((sentence, _)) => format!("{sentence}; see npe --help"),
        None => format!("{text}; see npe --help"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
