//! The program `bailiwick`.

mod admin;
mod config;
mod database;
mod failure;
mod http;
mod logging;
mod serve;

use std::{path::PathBuf, process::ExitCode};

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
    /// Sets a new installation up.
    Admin {
        #[command(subcommand)]
        command: admin::Command,
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

fn run(cli: Cli) -> Result<()> {
    if matches!(cli.command, Command::Openapi) {
        println!("{}", serde_json::to_string_pretty(&api::document())?);
        return Ok(());
    }
    let overrides = match &cli.command {
        Command::Serve(options) => options.overrides(),
        _ => config::Overrides::default(),
    };
    let config = Config::load(cli.config.as_deref(), overrides)?;
    match cli.command {
        Command::Config => {
            println!("{}", serde_json::to_string_pretty(&config.redacted()?)?);
            Ok(())
        }
        Command::Migrate => actix_web::rt::System::new().block_on(async {
            logging::init(&config.log)?;
            let database = database::Database::open(&config).await?;
            database.close().await
        }),
        Command::Serve(options) => {
            logging::init(&config.log)?;
            actix_web::rt::System::new().block_on(serve::serve(config, options))
        }
        Command::Admin { command } => actix_web::rt::System::new().block_on(admin::run(&config, command)),
        Command::Openapi => Ok(()),
    }
}
