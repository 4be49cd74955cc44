//! `cargo xtask openapi`: the description of the API, which the program itself gives.

use std::fs;
use std::process::Command;

use crate::{Result, run, workspace};

/// Where the committed description is.
const FILE: &str = "openapi/v1.json";

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Change nothing; fail when the committed file differs from what the program says.
    #[arg(long)]
    check: bool,
}

pub fn run(arguments: &Arguments) -> Result {
    run::run(workspace::cargo().args(["build", "-p", "bailiwick"]))?;
    if arguments.check {
        return check();
    }
    let path = workspace::root().join(FILE);
    fs::write(&path, generated()?).map_err(|e| format!("cannot write {FILE}: {e}"))?;
    println!("{FILE} is written");
    Ok(())
}

/// Compares the file with the program, which has been built.
pub fn check() -> Result {
    let committed = fs::read_to_string(workspace::root().join(FILE)).unwrap_or_default();
    match difference(&committed, &generated()?) {
        None => Ok(()),
        Some(line) => {
            Err(format!("{FILE} is stale at {line}\nrun `cargo xtask openapi` and commit it").into())
        }
    }
}

fn generated() -> Result<String> {
    run::output(
        Command::new(workspace::bin_dir()?.join("bailiwick")).arg("openapi").current_dir(workspace::root()),
    )
}

/// The first line in which the texts differ.
fn difference(committed: &str, generated: &str) -> Option<String> {
    if committed == generated {
        return None;
    }
    let (mut ours, mut theirs) = (committed.split('\n'), generated.split('\n'));
    let mut number = 0;
    loop {
        number += 1;
        let (a, b) = (ours.next(), theirs.next());
        if a != b {
            let show = |line: Option<&str>| line.map_or_else(|| "(end)".to_owned(), |l| l.trim().to_owned());
            return Some(format!("line {number}:\n  committed: {}\n  generated: {}", show(a), show(b)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_shown() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        let text = difference("a\nb\n", "a\nc\n").unwrap();
        assert_eq!(text, "line 2:\n  committed: b\n  generated: c");
        assert_eq!(difference("", "a").unwrap(), "line 1:\n  committed: \n  generated: a");
        assert!(difference("a\n", "a").unwrap().ends_with("committed: \n  generated: (end)"));
    }
}
