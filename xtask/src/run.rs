//! Running other programs.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::Result;

/// How often children and signals are looked at.
const PAUSE: Duration = Duration::from_millis(50);

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From here on Ctrl-C does not end us at once: children end, and then we do, in order.
pub fn catch_interrupts() -> Result {
    let flag = INTERRUPTED.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(flag))?;
    }
    Ok(())
}

/// Whether someone asked us to stop.
pub fn interrupted() -> bool {
    INTERRUPTED.get().is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// Waits until someone asks us to stop, or `over` says that there is nothing to wait for.
pub fn wait_for_interrupt(mut over: impl FnMut() -> bool) {
    while !interrupted() && !over() {
        std::thread::sleep(PAUSE);
    }
}

/// Runs a program on our terminal. Anything but success is an error.
pub fn run(command: &mut Command) -> Result {
    let status = status(command)?;
    if interrupted() {
        return Err("interrupted".into());
    }
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", shown(command)).into()) }
}

/// Runs a program on our terminal to its end, whatever that is.
pub fn status(command: &mut Command) -> Result<ExitStatus> {
    let child = command.stdin(Stdio::null()).spawn();
    let mut child = child.map_err(|e| format!("`{}` does not run: {e}", shown(command)))?;
    let mut told = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if interrupted() && !told {
            // A Ctrl-C has reached it already; a signal sent to us alone has not.
            terminate(&child);
            told = true;
        }
        std::thread::sleep(PAUSE);
    }
}

fn terminate(child: &Child) {
    if let Ok(pid) = i32::try_from(child.id()) {
        // Not waited for yet, so the number is still its own.
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
}

/// The standard output of a program that succeeds. Its errors go to the terminal.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|e| format!("`{}` does not run: {e}", shown(command)))?;
    if !output.status.success() {
        return Err(format!("`{}` failed ({})", shown(command), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Whether a program is there and says so when asked.
pub fn works(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// A command as one would type it.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|w| w.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_name_the_command() {
        run(&mut Command::new("true")).unwrap();
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err().to_string();
        assert_eq!(error, "`sh -c exit 3` failed (exit status: 3)");
        let error = run(&mut Command::new("no-such-program")).unwrap_err().to_string();
        assert!(error.contains("`no-such-program` does not run"), "{error}");
        assert_eq!(output(Command::new("echo").arg("hi")).unwrap(), "hi\n");
        assert!(!works(&mut Command::new("false")));
    }
}
