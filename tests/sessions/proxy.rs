//! A network between client and server that can go dead without either end being told.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Forwards connections until it goes dead.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    is_dead: Arc<watch::Sender<bool>>,
    /// Ends with the proxy.
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// A proxy in front of `server`.
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let is_dead = Arc::new(watch::Sender::new(false));
        let mut tasks = JoinSet::new();
        let dead = Arc::clone(&is_dead);
        tasks.spawn(async move {
            let mut ways = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(server).await.expect("a server");
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                ways.spawn(forward(from_client, to_server, dead.subscribe()));
                ways.spawn(forward(from_server, to_client, dead.subscribe()));
            }
        });
        Self {
            address,
            is_dead,
            _tasks: tasks,
        }
    }

    /// From now on nothing comes through, neither bytes nor an end.
    pub(crate) fn die(&self) {
        self.is_dead.send_replace(true);
    }
}

async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut dead: watch::Receiver<bool>) {
    let mut bytes = [0; 4096];
    loop {
        let read = tokio::select! {
            biased;
            _ = dead.wait_for(|dead| *dead) => break,
            read = from.read(&mut bytes) => read.unwrap_or(0),
        };
        let read = bytes.get(..read).unwrap_or_default();
        if read.is_empty() || to.write_all(read).await.is_err() {
            let _ = to.shutdown().await;
            return;
        }
    }
    // Holds both ends open for as long as the proxy lives.
    std::future::pending::<()>().await;
}
