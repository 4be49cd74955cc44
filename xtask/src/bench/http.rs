//! Just enough HTTP/1.1 to ask one server on this machine, over connections that stay open.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Result;

/// An open connection.
pub struct Client {
    stream: BufReader<TcpStream>,
    authorization: String,
    body: Vec<u8>,
}

impl Client {
    pub fn connect(address: SocketAddr, token: Option<&str>) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        let authorization =
            token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        Ok(Self { stream: BufReader::with_capacity(64 * 1024, stream), authorization, body: Vec::new() })
    }

    pub fn get(&mut self, path: &str) -> Result<&[u8]> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", self.authorization);
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.answer(path)
    }

    pub fn get_json(&mut self, path: &str) -> Result<Value> {
        Ok(serde_json::from_slice(self.get(path)?)?)
    }

    pub fn post(&mut self, path: &str, body: &str) -> Result<String> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\n{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.authorization,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.stream.get_mut().write_all(body.as_bytes())?;
        Ok(String::from_utf8(self.answer(path)?.to_vec())?)
    }

    /// Reads one answer; only those with a length, as this server gives them.
    fn answer(&mut self, path: &str) -> Result<&[u8]> {
        let mut line = String::with_capacity(128);
        self.stream.read_line(&mut line)?;
        let status: u16 =
            line.split_whitespace().nth(1).and_then(|code| code.parse().ok()).ok_or("no HTTP answer")?;
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let header = line.trim_end();
            if header.is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body)?;
        if (200..300).contains(&status) {
            Ok(&self.body)
        } else {
            Err(format!("{path} answered {status}: {}", String::from_utf8_lossy(&self.body)).into())
        }
    }
}

/// How many of these reads a second several connections get.
pub fn requests_per_second(
    address: SocketAddr,
    token: &str,
    paths: &[String],
    clients: usize,
    seconds: u64,
) -> Result<f64> {
    let stop = AtomicBool::new(false);
    let done = AtomicUsize::new(0);
    let begun = Instant::now();
    let outcome: Result = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..clients)
            .map(|worker| {
                let (stop, done) = (&stop, &done);
                scope.spawn(move || -> std::result::Result<(), String> {
                    let mut client =
                        Client::connect(address, Some(token)).map_err(|error| error.to_string())?;
                    let mut count = 0;
                    for path in paths.iter().cycle().skip(worker * 7) {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        client.get(path).map_err(|error| error.to_string())?;
                        count += 1;
                    }
                    done.fetch_add(count, Ordering::Relaxed);
                    Ok(())
                })
            })
            .collect();
        std::thread::sleep(Duration::from_secs(seconds));
        stop.store(true, Ordering::Relaxed);
        for worker in workers {
            worker.join().map_err(|_| "a client panicked")??;
        }
        Ok(())
    });
    outcome?;
    let count = u32::try_from(done.load(Ordering::Relaxed))?;
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}

/// Sends batches over several connections and says how many events were new.
pub fn post_all(
    address: SocketAddr,
    token: &str,
    path: &str,
    bodies: &[String],
    clients: usize,
) -> Result<usize> {
    let next = AtomicUsize::new(0);
    let accepted = AtomicUsize::new(0);
    let outcome: Result = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..clients)
            .map(|_| {
                let (next, accepted) = (&next, &accepted);
                scope.spawn(move || -> std::result::Result<(), String> {
                    let mut client =
                        Client::connect(address, Some(token)).map_err(|error| error.to_string())?;
                    while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let answer = client.post(path, body).map_err(|error| error.to_string())?;
                        let answer: Value =
                            serde_json::from_str(&answer).map_err(|error| error.to_string())?;
                        if answer["rejected"].as_array().is_none_or(|rejected| !rejected.is_empty()) {
                            return Err(format!("events were rejected: {answer}"));
                        }
                        let count = answer["accepted"].as_u64().and_then(|count| usize::try_from(count).ok());
                        accepted.fetch_add(count.unwrap_or(0), Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        for worker in workers {
            worker.join().map_err(|_| "a client panicked")??;
        }
        Ok(())
    });
    outcome?;
    Ok(accepted.load(Ordering::Relaxed))
}
