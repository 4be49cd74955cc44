//! A way to the database on which no answer is there at once.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncRead, AsyncWrite, copy_bidirectional},
    net::{TcpListener, TcpStream, UnixStream},
};
use tokio_postgres::config::Host;

/// Passes on what comes in at the returned address, from a task of this runtime. On a runtime of one
/// thread that means: whoever waits for an answer has to let the relay run first. So each exchange with the
/// database is a moment at which the waiting side can be given up.
pub(crate) async fn start(url: &str) -> SocketAddr {
    let config = crate::sql::config(url).expect("the URL is well formed");
    let host = config.get_hosts().first().expect("the URL names a host").clone();
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let address = listener.local_addr().expect("the listener has an address");
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let host = host.clone();
            tokio::spawn(async move {
                // Ends when either side does.
                let _ = match host {
                    Host::Unix(directory) => {
                        join(client, UnixStream::connect(directory.join(format!(".s.PGSQL.{port}"))).await)
                            .await
                    }
                    Host::Tcp(name) => join(client, TcpStream::connect((name, port)).await).await,
                };
            });
        }
    });
    address
}

async fn join<S>(mut client: TcpStream, server: std::io::Result<S>) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    copy_bidirectional(&mut client, &mut server?).await?;
    Ok(())
}
