//! The program as its users start it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bailiwick-simulators"));
    command
        .args(["--listen", "127.0.0.1:0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn start(arguments: &[&str]) -> (Child, String) {
    let mut child = command().args(arguments).spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
    let address = line.trim().strip_prefix("listening on ").expect("the address").to_owned();
    (child, address)
}

fn call(address: &str, method: &str, path: &str, form: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk_test_x\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn end(mut child: Child) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.success();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("killed");
    panic!("it did not end");
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(status.success());
}

#[test]
fn a_signal_ends_it_with_everything_saved() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("state.json");
    let arguments = ["--data", data.to_str().expect("text")];
    for (count, name) in ["-TERM", "-INT"].into_iter().enumerate() {
        let (child, address) = start(&arguments);
        let before = call(&address, "GET", "/v1/customers", "");
        assert_eq!(before.matches("\"cus_").count(), count, "{before}");
        assert!(call(&address, "POST", "/v1/customers", "name=one").starts_with("HTTP/1.1 200"));
        signal(&child, name);
        assert!(end(child));
    }
    let names: Vec<_> = std::fs::read_dir(directory.path())
        .expect("a directory")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(names, ["state.json"], "nothing is left beside the file");
}

#[test]
fn what_was_answered_survives_a_kill_a_moment_later() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("state.json");
    let arguments = ["--data", data.to_str().expect("text")];
    let (mut child, address) = start(&arguments);
    call(&address, "POST", "/v1/customers", "name=one");
    std::thread::sleep(Duration::from_secs(1));
    child.kill().expect("killed");
    child.wait().expect("ended");
    let (child, address) = start(&arguments);
    assert!(call(&address, "GET", "/v1/customers", "").contains("\"name\": \"one\""));
    signal(&child, "-TERM");
    assert!(end(child));
}

#[test]
fn it_ends_with_its_parent_if_told_so() {
    let (mut child, _) = start(&["--exit-with-stdin"]);
    drop(child.stdin.take());
    assert!(end(child));
    let (mut child, address) = start(&[]);
    drop(child.stdin.take());
    std::thread::sleep(Duration::from_millis(300));
    assert!(call(&address, "GET", "/v1/balance", "").starts_with("HTTP/1.1 200"), "it goes on otherwise");
    signal(&child, "-TERM");
    assert!(end(child));
}

fn refused(arguments: &[&str], envs: &[(&str, &str)]) -> String {
    let output = command().args(arguments).envs(envs.iter().copied()).output().expect("it runs");
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn bad_settings_are_refused() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bailiwick-simulators"));
    let output = command.args(["--listen", "0.0.0.0:0"]).output().expect("it runs");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a loopback address"));
    assert!(refused(&["--webhook-url", "http://127.0.0.1:1/"], &[]).contains("--webhook-secret"));
    let nonsense = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let nonsense = nonsense.to_str().expect("text");
    assert!(refused(&[], &[("BAILIWICK_SIMULATOR_DATA", nonsense)]).contains("is not a state file"));
}
