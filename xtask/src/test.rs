//! `cargo xtask test`: runs the steps and sums up.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::run;
use crate::steps::{Context, Note, STEPS, Step};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run only this step, and what it needs (may be given more than once).
    #[arg(long, value_name = "STEP", value_parser = STEPS.iter().map(|s| s.name).collect::<Vec<_>>())]
    only: Vec<String>,
    /// List the steps and do nothing.
    #[arg(long)]
    list: bool,
}

/// How a step ended.
enum Outcome {
    Passed(Note),
    Failed(String),
    /// What it needs has failed.
    NotRun(&'static str),
}

struct Report {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

pub fn run(arguments: &Arguments) -> ExitCode {
    if arguments.list {
        for step in STEPS {
            println!("{:<9} {}", step.name, step.about);
        }
        return ExitCode::SUCCESS;
    }
    if let Err(error) = run::catch_interrupts() {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    let reports = run_steps(&selected(STEPS, &arguments.only));
    println!("\n{}", table(&reports));
    let failed = reports.iter().filter(|r| !matches!(r.outcome, Outcome::Passed(_))).count();
    println!("{} passed, {failed} failed", reports.len() - failed);
    match () {
        () if run::interrupted() => ExitCode::from(130),
        () if failed > 0 => ExitCode::FAILURE,
        () => ExitCode::SUCCESS,
    }
}

/// The steps asked for and those that they need; without a wish all.
fn selected<'a>(steps: &'a [Step], only: &[String]) -> Vec<&'a Step> {
    let mut names: BTreeSet<&str> = only.iter().map(String::as_str).collect();
    // Needs come before those who need them, so backwards every need is met in one pass.
    for step in steps.iter().rev() {
        if names.contains(step.name) {
            names.extend(step.needs);
        }
    }
    steps.iter().filter(|step| only.is_empty() || names.contains(step.name)).collect()
}

fn run_steps(steps: &[&Step]) -> Vec<Report> {
    let mut context = Context::default();
    let mut reports: Vec<Report> = Vec::new();
    for step in steps {
        if run::interrupted() {
            break;
        }
        let missing = step.needs.iter().find(|need| {
            reports.iter().any(|r| r.name == **need && !matches!(r.outcome, Outcome::Passed(_)))
        });
        println!("\n==> {}: {}", step.name, step.about);
        let begin = Instant::now();
        let outcome = match missing {
            Some(need) => Outcome::NotRun(need),
            None => match (step.check)(&mut context) {
                Ok(note) => Outcome::Passed(note),
                Err(error) => Outcome::Failed(error.to_string()),
            },
        };
        let report = Report { name: step.name, outcome, took: begin.elapsed() };
        println!("<== {}", line(&report));
        reports.push(report);
    }
    reports
}

fn table(reports: &[Report]) -> String {
    reports.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(report: &Report) -> String {
    let (word, remark) = match &report.outcome {
        Outcome::Passed(note) => ("passed", note.clone().unwrap_or_default()),
        Outcome::Failed(error) => ("FAILED", error.lines().next().unwrap_or_default().to_owned()),
        Outcome::NotRun(need) => ("not run", format!("{need} has failed")),
    };
    let seconds = report.took.as_secs_f64();
    format!("{:<9} {word:<8} {seconds:>8.1} s  {remark}", report.name).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &'static str, needs: &'static [&'static str], passes: bool) -> Step {
        let check: fn(&mut Context) -> crate::Result<Note> =
            if passes { |_| Ok(None) } else { |_| Err("broken\nin detail".into()) };
        Step { name, about: "", needs, check }
    }

    #[test]
    fn a_failure_stops_only_what_depends_on_it() {
        let steps = [step("a", &[], false), step("b", &["a"], true), step("c", &[], true)];
        let reports = run_steps(&steps.iter().collect::<Vec<_>>());
        let lines: Vec<String> = reports.iter().map(line).collect();
        assert_eq!(lines[0], "a         FAILED        0.0 s  broken");
        assert_eq!(lines[1], "b         not run       0.0 s  a has failed");
        assert_eq!(lines[2], "c         passed        0.0 s");
    }

    #[test]
    fn what_is_needed_comes_along() {
        let steps = [step("a", &[], true), step("b", &["a"], true), step("c", &[], true)];
        let names = |only: &[&str]| -> Vec<&str> {
            let only: Vec<String> = only.iter().map(|s| (*s).to_owned()).collect();
            selected(&steps, &only).iter().map(|s| s.name).collect()
        };
        assert_eq!(names(&["b"]), ["a", "b"]);
        assert_eq!(names(&["c"]), ["c"]);
        assert_eq!(names(&[]), ["a", "b", "c"]);
    }

    #[test]
    fn needs_come_first() {
        for (index, step) in STEPS.iter().enumerate() {
            for need in step.needs {
                assert!(STEPS[..index].iter().any(|s| s.name == *need), "{} needs {need}", step.name);
            }
        }
    }
}
