//! The least of the `PostgreSQL` protocol: connect over a Unix socket without a password, and the simple query.

use std::io::{self, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::Error;
use crate::home::SOCKET;

/// Rows of text; `None` is NULL.
pub type Rows = Vec<Vec<Option<String>>>;

/// Protocol 3.0.
const PROTOCOL: u32 = 0x0003_0000;

/// The longest message that is believed.
const MESSAGE_LIMIT: usize = 64 << 20;

/// Runs one or more statements separated by semicolons, as one transaction unless they say otherwise, and
/// returns the rows of the last statement that has any. `socket_dir` is that of [`Cluster::socket_dir`].
///
/// [`Cluster::socket_dir`]: crate::Cluster::socket_dir
pub fn simple_query(socket_dir: &Path, database: &str, user: &str, sql: &str) -> Result<Rows, Error> {
    let mut session = Session::connect(socket_dir, database, user, None)?;
    session.query(sql)
}

/// One connection, for those who ask more than once.
#[derive(Debug)]
pub struct Session {
    stream: BufReader<UnixStream>,
}

impl Session {
    /// Connects and waits until the server is ready for a query. With `patience`, what is not answered for so long is an error.
    pub fn connect(
        socket_dir: &Path,
        database: &str,
        user: &str,
        patience: Option<Duration>,
    ) -> Result<Self, Error> {
        let path = socket_dir.join(SOCKET);
        let stream = UnixStream::connect(&path).map_err(Error::io("connect to", &path))?;
        stream.set_read_timeout(patience).map_err(Error::io("connect to", &path))?;
        let mut session = Self { stream: BufReader::new(stream) };
        let mut body = PROTOCOL.to_be_bytes().to_vec();
        for (name, value) in [("user", user), ("database", database), ("client_encoding", "UTF8")] {
            body.extend(cstring(name)?);
            body.extend(cstring(value)?);
        }
        body.push(0);
        session.send(None, &body)?;
        session.until_ready()?;
        Ok(session)
    }

    /// See [`simple_query`].
    pub fn query(&mut self, sql: &str) -> Result<Rows, Error> {
        self.send(Some(b'Q'), &cstring(sql)?)?;
        self.until_ready()
    }

    /// Reads to the end of the answer. The first error of the server is the result.
    fn until_ready(&mut self) -> Result<Rows, Error> {
        let mut rows = Rows::new();
        let mut refused = None;
        loop {
            let (kind, body) = match self.receive() {
                Ok(message) => message,
                // After a fatal error the server hangs up, and that error is the reason.
                Err(hung_up) => return Err(refused.unwrap_or(hung_up)),
            };
            match kind {
                b'Z' => return refused.map_or(Ok(rows), Err),
                b'E' => refused = refused.or_else(|| Some(refusal(&body))),
                b'R' if body != 0_u32.to_be_bytes() => {
                    return Err(Error::Protocol("the server asks for a password".to_owned()));
                }
                b'T' => rows.clear(),
                b'D' => rows.push(row(&body).ok_or_else(|| odd("a row that ends too early"))?),
                b'G' | b'H' | b'W' => return Err(odd("COPY, which is not supported here")),
                // Parameters, keys, notices, completion: nothing to do.
                _ => {}
            }
        }
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> Result<(), Error> {
        let length = u32::try_from(body.len() + 4).map_err(|_| odd("a query longer than 4 GB"))?;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend(length.to_be_bytes());
        message.extend(body);
        self.stream.get_mut().write_all(&message).map_err(|e| lost(&e))
    }

    fn receive(&mut self) -> Result<(u8, Vec<u8>), Error> {
        let mut head = [0_u8; 5];
        self.stream.read_exact(&mut head).map_err(|e| lost(&e))?;
        let [kind, length @ ..] = head;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if !(4..=MESSAGE_LIMIT).contains(&length) {
            return Err(odd("a message of impossible length"));
        }
        let mut body = vec![0; length - 4];
        self.stream.read_exact(&mut body).map_err(|e| lost(&e))?;
        Ok((kind, body))
    }
}

fn odd(what: &str) -> Error {
    Error::Protocol(what.to_owned())
}

fn lost(source: &io::Error) -> Error {
    Error::Protocol(format!("the connection broke: {source}"))
}

fn cstring(text: &str) -> Result<Vec<u8>, Error> {
    if text.contains('\0') {
        return Err(odd("a text with a NUL character cannot be sent"));
    }
    Ok([text.as_bytes(), &[0]].concat())
}

/// Fields of an error: one letter and a text each.
fn refusal(body: &[u8]) -> Error {
    let (mut code, mut message, mut position) = (String::new(), String::new(), None);
    for field in body.split(|byte| *byte == 0) {
        let Some((kind, text)) = field.split_first() else { continue };
        let text = String::from_utf8_lossy(text);
        match kind {
            b'C' => code = text.into_owned(),
            b'M' => message = text.into_owned(),
            // Detail and hint follow the message.
            b'D' | b'H' => message = format!("{message}; {text}"),
            b'P' => position = text.parse().ok(),
            _ => {}
        }
    }
    Error::Refused { code, message, position }
}

/// A count, then per value its length (negative for NULL) and its text.
fn row(body: &[u8]) -> Option<Vec<Option<String>>> {
    let (count, mut rest) = body.split_first_chunk()?;
    let mut values = Vec::new();
    for _ in 0..u16::from_be_bytes(*count) {
        let (length, after) = rest.split_first_chunk()?;
        rest = after;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            values.push(None);
            continue;
        };
        let (text, after) = rest.split_at_checked(length)?;
        rest = after;
        values.push(Some(String::from_utf8_lossy(text).into_owned()));
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_text_and_null() {
        let body = b"\x00\x02\x00\x00\x00\x02hi\xff\xff\xff\xff";
        assert_eq!(row(body), Some(vec![Some("hi".to_owned()), None]));
        assert_eq!(row(b"\x00\x01\x00\x00\x00\x09hi"), None);
    }

    #[test]
    fn errors_carry_code_and_message() {
        let error = refusal(b"SERROR\0C42703\0Mcolumn \"n\" does not exist\0Htry another\0P8\0\0");
        assert!(matches!(error, Error::Refused { position: Some(8), .. }));
        let text = error.to_string();
        assert_eq!(text, "PostgreSQL refused: column \"n\" does not exist; try another (SQLSTATE 42703)");
    }
}
