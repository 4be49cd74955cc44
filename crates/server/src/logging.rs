//! The log: lines for people, or JSON for programs.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::{
    config::{LogConfig, LogFormat},
    failure::{Failure, Result},
};

/// Begins to log, to standard error.
pub fn init(config: &LogConfig) -> Result<()> {
    let filter = EnvFilter::try_new(&config.filter)
        .map_err(|error| Failure::during("`log.filter` is wrong", error))?;
    let registry = tracing_subscriber::registry().with(filter);
    let done = match config.format {
        LogFormat::Human => {
            let colours = std::io::stderr().is_terminal();
            registry.with(fmt::layer().with_ansi(colours).with_writer(std::io::stderr)).try_init()
        }
        LogFormat::Json => {
            registry.with(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)).try_init()
        }
    };
    done.map_err(|error| Failure::during("the log cannot be set up", error))
}
