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
#[cfg(test)]
mod texts;

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

    #[test]
    fn each_line_of_the_texts_can_be_read() {
        for words in texts::check::<Cli>(env!("CARGO_MANIFEST_DIR").as_ref(), "npe") {
            for pair in words.windows(2).filter(|p| p[0] == "--stroke" && p[1] != "…") {
                stroke::parse(&pair[1]).unwrap();
            }
        }
    }

    /// `NPE_UPDATE_MAN=1 cargo test --bin npe` writes them anew.
    #[test]
    fn the_manual_pages_are_what_the_arguments_say() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/man");
        let mut names = std::collections::BTreeSet::new();
        let mut page = |command: clap::Command, name: String| {
            let about = command.get_about().map(|a| a.to_string()).unwrap_or_default();
            let mut text = Vec::new();
            let text_of: &'static str = name.clone().leak();
            let man = clap_mangen::Man::new(command.name(text_of))
                .title(text_of)
                .source(concat!("npe ", env!("CARGO_PKG_VERSION")))
                .manual("npe");
            man.render(&mut text).unwrap();
            // No date, which clap_mangen leaves out where it is empty; and a usual name for what it calls extra.
            let text = String::from_utf8(text)
                .unwrap()
                .replacen(" 1  \"", " 1 \"\" \"", 1)
                .replace(".SH EXTRA", ".SH \"EXIT STATUS\"");
            assert!(!about.is_empty() && text.contains(".SH OPTIONS"), "{name}");
            let path = folder.join(format!("{name}.1"));
            if std::env::var_os("NPE_UPDATE_MAN").is_some() {
                std::fs::write(&path, &text).unwrap();
            }
            assert!(
                std::fs::read_to_string(&path).is_ok_and(|t| t == text),
                "{name}: NPE_UPDATE_MAN=1 cargo test --bin npe"
            );
            names.insert(path);
        };
        let mut whole = Cli::command().disable_help_subcommand(true);
        whole.build();
        for command in whole.get_subcommands() {
            page(command.clone(), format!("npe-{}", command.get_name()));
        }
        page(whole, "npe".into());
        let there = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(names, there, "pages of commands that are there, and no others");
    }
}
