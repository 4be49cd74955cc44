//! `cargo xtask dev-db`: a database for development.

use cluster::{Cluster, Options, SUPERUSER, simple_query};

use crate::{Result, migrations, run, tools, workspace};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Begin with an empty database.
    #[arg(long)]
    fresh: bool,
}

pub fn run(arguments: &Arguments) -> Result {
    let root = workspace::root();
    let home = root.join("var/dev/postgres");
    if arguments.fresh {
        cluster::remove(&home)?;
    }
    run::catch_interrupts()?;
    let mut cluster = Cluster::start(&Options::new(&home, tools::postgres()?))?;
    let ask = |sql: &str| simple_query(cluster.socket_dir(), "postgres", SUPERUSER, sql);
    if ask("select from pg_database where datname = 'bailiwick'")?.is_empty() {
        ask("create database bailiwick")?;
    }
    let applied = migrations::apply(&cluster, "bailiwick", &root.join("migrations"))
        .map_err(|e| format!("{e}. `cargo xtask dev-db --fresh` begins with an empty database"))?;
    println!("PostgreSQL {} with {applied} new migrations. Ctrl-C stops it.\n", cluster.version());
    println!("export DATABASE_URL='{}'", cluster.url("bailiwick", SUPERUSER));
    run::wait_for_interrupt(|| cluster.ended().is_some());
    if cluster.ended().is_some() {
        return Err(format!("PostgreSQL ended by itself: see {}", cluster.log().display()).into());
    }
    Ok(cluster.stop()?)
}
