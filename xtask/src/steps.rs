//! What CI checks, step by step.

use std::process::Command;

use crate::database::Temporary;
use crate::{Result, deny, e2e, openapi, run, sqlx, web, workspace};

/// Something worth saying about a step that passed.
pub type Note = Option<String>;

/// One thing that is checked.
pub struct Step {
    /// The name for `--only`.
    pub name: &'static str,
    /// What it checks.
    pub about: &'static str,
    /// The steps without which it makes no sense.
    pub needs: &'static [&'static str],
    /// Does it.
    pub check: fn(&mut Context) -> Result<Note>,
}

/// All steps, in the order in which they run: what fails fast, and what explains other failures, first.
pub const STEPS: &[Step] = &[
    Step { name: "fmt", about: "formatting", needs: &[], check: fmt },
    Step { name: "deny", about: "licences, sources, bans, advisories", needs: &[], check: |_| deny::check() },
    Step {
        name: "sqlx",
        about: "the cache of checked queries",
        needs: &[],
        check: |_| sqlx::check().map(|()| None),
    },
    Step { name: "clippy", about: "lints, warnings denied", needs: &[], check: clippy },
    Step {
        name: "web",
        about: "the browser apps: formatting, lints, unit tests, sizes",
        needs: &[],
        check: apps,
    },
    Step { name: "build", about: "the programs", needs: &[], check: build },
    Step { name: "unit", about: "tests in Rust, with a real database", needs: &[], check: unit },
    Step {
        name: "openapi",
        about: "openapi/v1.json",
        needs: &["build"],
        check: |_| openapi::check().map(|()| None),
    },
    Step {
        name: "e2e",
        about: "suites against the running programs",
        needs: &["build", "web"],
        check: end_to_end,
    },
];

/// What steps share.
#[derive(Default)]
pub struct Context {
    database: Option<Temporary>,
}

impl Context {
    /// What tests find in their environment. The database is started for the first who asks.
    fn environment(&mut self) -> Result<[(&'static str, String); 3]> {
        let target = workspace::target_dir()?;
        if self.database.is_none() {
            self.database = Some(Temporary::start(&target.join("test-cluster"))?);
        }
        let database = self.database.as_ref().ok_or("the database is not there")?;
        Ok([
            ("BAILIWICK_TEST_DATABASE_URL", database.url("postgres")?),
            ("BAILIWICK_TEST_BIN_DIR", workspace::bin_dir()?.display().to_string()),
            ("BAILIWICK_TEST_WEB_DIR", web::directory()?.display().to_string()),
        ])
    }
}

fn cargo(arguments: &[&str]) -> Result<Note> {
    run::run(workspace::cargo().args(arguments))?;
    Ok(None)
}

fn fmt(_: &mut Context) -> Result<Note> {
    cargo(&["fmt", "--all", "--check"])
}

fn clippy(_: &mut Context) -> Result<Note> {
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

fn apps(_: &mut Context) -> Result<Note> {
    web::check()?;
    web::build()?;
    web::build_gallery()?;
    Ok(None)
}

fn build(_: &mut Context) -> Result<Note> {
    // The whole workspace, as the tests do: a selection would build dependencies with other features again.
    cargo(&["build", "--workspace", "--bins"])
}

fn unit(context: &mut Context) -> Result<Note> {
    let environment = context.environment()?;
    let test = |arguments: &[&str]| run::run(workspace::cargo().args(arguments).envs(environment.clone()));
    if !run::works(Command::new("cargo-nextest").args(["nextest", "--version"])) {
        test(&["test", "--workspace", "--no-fail-fast"])?;
        return Ok(None);
    }
    // Both, whatever the first says: nextest leaves out the examples in the documentation.
    let tests = test(&["nextest", "run", "--workspace", "--no-fail-fast"]);
    let examples = test(&["test", "--workspace", "--doc", "--no-fail-fast"]);
    tests.and(examples).map(|()| None)
}

fn end_to_end(context: &mut Context) -> Result<Note> {
    e2e::check(&context.environment()?)
}
