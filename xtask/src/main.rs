//! The commands people run: `cargo xtask`.

mod bench;
mod database;
mod deny;
mod dev_db;
mod e2e;
mod migrations;
mod openapi;
mod port;
mod run;
mod sqlx;
mod steps;
mod test;
mod tools;
mod up;
mod web;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Why a command failed, for a person.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The commands of the Bailiwick repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build everything and run the demo on one port.
    Up(up::Arguments),
    /// Run everything that CI runs.
    Test(test::Arguments),
    /// Renew the cache of compile-time checked queries (.sqlx), or compare it.
    Sqlx(sqlx::Arguments),
    /// Renew openapi/v1.json from the program, or compare it.
    Openapi(openapi::Arguments),
    /// Build the browser apps, and the gallery of their parts, into the target directory.
    Web,
    /// Measure, beside what PostgreSQL itself does in the same run.
    Bench(bench::Arguments),
    /// Run a private database for development until Ctrl-C, and print its URL.
    DevDb(dev_db::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Up(arguments) => up::run(&arguments),
        Command::Test(arguments) => return test::run(&arguments),
        Command::Sqlx(arguments) => sqlx::run(&arguments),
        Command::Openapi(arguments) => openapi::run(&arguments),
        Command::Web => web::build()
            .and_then(|_| web::build_gallery())
            .map(|apps| println!("The apps and the gallery are in {}.", apps.display())),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::DevDb(arguments) => dev_db::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
