//! The program `bailiwick`.

mod admin;
mod apps;
mod config;
mod database;
mod demo;
mod failure;
mod http;
mod logging;
mod serve;
mod verify;

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{config::Config, failure::Result};

/// The open control plane for managed service providers.
#[derive(Debug, Parser)]
#[command(name = "bailiwick", version)]
struct Cli {
    /// The configuration file (TOML).
    #[arg(long, global = true, env = "BAILIWICK_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the API, works on jobs, and brings the schema up to date first.
    Serve(serve::Options),
    /// Brings the schema up to date and ends.
    Migrate,
    /// Prints the configuration with its secrets hidden.
    Config,
    /// Prints the OpenAPI document.
    Openapi,
    /// Fills an empty database with the demo world.
    Demo {
        #[command(subcommand)]
        command: DemoCommand,
    },
    /// Computes again what was issued.
    Verify {
        #[command(subcommand)]
        command: verify::Command,
    },
    /// Sets a new installation up.
    Admin {
        #[command(subcommand)]
        command: admin::Command,
    },
}

#[derive(Debug, Subcommand)]
enum DemoCommand {
    /// Loads the demo world, as large as wanted. `serve --demo` with the same data directory goes on with it.
    Load {
        /// Customers of the first MSP.
        #[arg(long, default_value_t = demo::world::ORDINARY.customers)]
        customers: usize,
        /// Their machines.
        #[arg(long, default_value_t = demo::world::ORDINARY.machines)]
        machines: u32,
        /// Where the private database and keys are kept.
        #[arg(long)]
        data_dir: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bailiwick: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints as JSON. A reader that has seen enough and is gone, such as `head`, is no failure.
fn print(value: &impl serde::Serialize) -> Result<()> {
    match writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(value)?) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn run(cli: Cli) -> Result<()> {
    if matches!(cli.command, Command::Openapi) {
        return print(&api::document());
    }
    let overrides = match &cli.command {
        Command::Serve(options) => options.overrides(),
        Command::Demo { command: DemoCommand::Load { data_dir, .. } } => {
            config::Overrides { data_dir: data_dir.clone(), ..config::Overrides::default() }
        }
        _ => config::Overrides::default(),
    };
    let config = Config::load(cli.config.as_deref(), overrides)?;
    match cli.command {
        Command::Config => print(&config.redacted()?),
        Command::Migrate => actix_web::rt::System::new().block_on(async {
            logging::init(&config.log)?;
            let database = database::Database::open(&config).await?;
            database.close().await
        }),
        Command::Serve(options) => {
            logging::init(&config.log)?;
            actix_web::rt::System::new().block_on(serve::serve(config, options))
        }
        Command::Demo { command: DemoCommand::Load { customers, machines, .. } } => {
            logging::init(&config.log)?;
            let size = demo::world::Size { customers, machines };
            actix_web::rt::System::new().block_on(demo::load(&config, size))
        }
        Command::Verify { command } => actix_web::rt::System::new().block_on(verify::run(&config, command)),
        Command::Admin { command } => actix_web::rt::System::new().block_on(admin::run(&config, command)),
        Command::Openapi => Ok(()),
    }
}
