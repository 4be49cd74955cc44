//! Who uses a port.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;

use crate::Result;

/// Fails when something else listens on this port of the loopback interface, and says what.
pub fn require_free(port: u16) -> Result {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let who = user_of(port).unwrap_or_else(|| "another program".to_owned());
            let other = port.checked_add(1).unwrap_or(8080);
            Err(format!("port {port} is in use by {who}: stop it, or choose another with --port {other}")
                .into())
        }
        Err(error) => Err(format!("port {port} cannot be used: {error}").into()),
    }
}

/// Name and number of the process that listens on a port, as far as we may know.
fn user_of(port: u16) -> Option<String> {
    if let Ok(table) = fs::read_to_string("/proc/net/tcp") {
        let table = table + &fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
        return owner_of_socket(&listening_socket(&table, port)?);
    }
    let output =
        Command::new("lsof").args(["-nP", "-Fpc", "-sTCP:LISTEN", &format!("-iTCP:{port}")]).output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let field = |letter| text.lines().find_map(|line| line.strip_prefix(letter));
    Some(format!("{} (pid {})", field('c')?, field('p')?))
}

/// The inode of the socket that listens on a port, from the text of `/proc/net/tcp`.
fn listening_socket(table: &str, port: u16) -> Option<String> {
    let suffix = format!(":{port:04X}");
    table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let listens = fields.get(1)?.ends_with(&suffix) && *fields.get(3)? == "0A";
        listens.then(|| fields.get(9).map(|inode| (*inode).to_owned())).flatten()
    })
}

fn owner_of_socket(inode: &str) -> Option<String> {
    let wanted = format!("socket:[{inode}]");
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        holds(&entry.path(), &wanted).then(|| {
            let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            format!("{} (pid {pid})", name.trim())
        })
    })
}

fn holds(process: &Path, socket: &str) -> bool {
    // Unreadable for processes of other users.
    let descriptors = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    descriptors.into_iter().any(|d| fs::read_link(d.path()).is_ok_and(|link| link.as_os_str() == socket))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_explained() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let error = require_free(port).unwrap_err().to_string();
        assert!(error.contains(&format!("port {port} is in use by")) && error.contains("--port"), "{error}");
        if Path::new("/proc/net/tcp").exists() {
            assert!(error.contains(&format!("pid {}", std::process::id())), "{error}");
        }
        drop(listener);
        require_free(port).unwrap();
    }

    #[test]
    fn the_table_is_read() {
        let table = "  sl  local_address rem_address   st tx_queue\n\
                     0: 0100007F:1F90 0100007F:D431 01 0:0 0:0 0 0 0 111 1\n\
                     1: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 222 1\n";
        assert_eq!(listening_socket(table, 8080).as_deref(), Some("222"));
        assert_eq!(listening_socket(table, 80), None);
    }
}
