//! The server that is measured: a release build with a private database.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::Client;
use crate::{Result, run, workspace};

/// A running server.
pub struct Server {
    child: Child,
    address: SocketAddr,
}

fn program() -> Result<PathBuf> {
    Ok(workspace::target_dir()?.join("release/bailiwick"))
}

/// Fills a data directory with a world of a given size.
pub fn load_world(data: &Path, customers: usize, machines: usize) -> Result {
    let mut command = Command::new(program()?);
    command.args([
        "demo",
        "load",
        "--customers",
        &customers.to_string(),
        "--machines",
        &machines.to_string(),
    ]);
    run::run(command.arg("--data-dir").arg(data).env("BAILIWICK_LOG__FILTER", "warn"))
}

impl Server {
    /// Starts it and waits until it is ready.
    pub fn start(data: &Path, port: u16, demo: bool) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        std::fs::create_dir_all(data)?;
        let mut command = Command::new(program()?);
        command.arg("serve").args(["--listen", &address.to_string()]).arg("--data-dir").arg(data);
        if demo {
            command.arg("--demo");
        }
        command.env("BAILIWICK_LOG__FILTER", "warn").stdin(Stdio::null()).stdout(Stdio::null());
        let server = Self { child: command.spawn()?, address };
        let begun = Instant::now();
        while !Client::connect(address, None).is_ok_and(|mut client| client.get("/readyz").is_ok()) {
            if begun.elapsed() > Duration::from_mins(2) {
                return Err("the server was not ready within two minutes".into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(server)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// An access token.
    pub fn sign_in(&self, email: &str, password: &str) -> Result<String> {
        let mut client = Client::connect(self.address, None)?;
        let body = json!({"email": email, "password": password}).to_string();
        let answer: Value = serde_json::from_str(&client.post("/api/v1/auth/sign-in", &body)?)?;
        Ok(answer["access_token"].as_str().ok_or("no access token")?.to_owned())
    }

    /// What the process itself holds in memory; the database is a program of its own.
    pub fn memory_mb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kilobytes: f64 = line.split_whitespace().next().unwrap_or_default().parse()?;
        Ok(kilobytes / 1024.0)
    }

    /// Stops it as Ctrl-C would, and waits.
    pub fn stop(mut self) -> Result {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id())?);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM)?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the server ended with {status}").into()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // The clean way was not taken; nothing may be left running.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
