use std::io::ErrorKind;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HeaderMap, HeaderName};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// HTTP headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON.
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The body of a success.
    /// # Panics
    /// When the status is not 200.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// Status, `error` and `error_description` of a refusal, after checking that its envelope is whole.
    /// # Panics
    /// When it is no refusal or a key is missing.
    #[track_caller]
    pub fn refusal(&self) -> (u16, String, String) {
        assert!(
            self.status.as_u16() >= 400,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        let json = self.json();
        let text = |key: &str| {
            let text = json.get(key).and_then(Value::as_str);
            text.unwrap_or_else(|| panic!("no {key} in {json}"))
                .to_owned()
        };
        let number = |key: &str| json.get(key).is_some_and(Value::is_i64);
        assert!(number("timestamp") && number("duration"), "{json}");
        assert!(!text("exception").is_empty(), "{json}");
        (
            self.status.as_u16(),
            text("error"),
            text("error_description"),
        )
    }
}

/// Speaks HTTP/1.1 over one connection at a time, which it keeps alive.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl Client {
    /// A client of the server at `address`; connects on the first request.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            connection: None,
        }
    }

    /// Sends a request with these headers and waits for the whole answer.
    /// # Errors
    /// When the connection fails before the answer is whole.
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Reply, Box<dyn std::error::Error + Send + Sync>> {
        let body = body.into();
        let mut request = Request::builder().method(method).uri(path);
        if !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            request = request.header("host", self.address.to_string());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body))?;
        let mut connection = match self.connection.take() {
            Some(connection) if !connection.is_closed() => connection,
            _ => self.connect().await?,
        };
        if connection.ready().await.is_err() {
            connection = self.connect().await?;
        }
        let (head, body) = connection.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        self.connection = Some(connection);
        Ok(Reply {
            status: head.status,
            headers: head.headers,
            body,
        })
    }

    /// Calls with an optional bearer token and an optional JSON body, without a `Content-Type`.
    /// # Panics
    /// When the connection fails.
    pub async fn call(
        &mut self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Reply {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = bearer
            .iter()
            .map(|b| ("authorization", b.as_str()))
            .collect();
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send(method, path, &headers, body)
            .await
            .expect("the server answers")
    }

    async fn connect(
        &self,
    ) -> Result<SendRequest<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        #[expect(clippy::disallowed_methods, reason = "ends with its connection")]
        tokio::spawn(connection);
        Ok(sender)
    }
}

/// A connection on which a test writes bytes of its own.
#[derive(Debug)]
pub struct RawConnection {
    stream: TcpStream,
    /// What was read and not yet returned.
    read: Vec<u8>,
}

impl RawConnection {
    /// Connects.
    /// # Panics
    /// When the server does not accept.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await;
        let stream = stream.expect("the server accepts");
        stream.set_nodelay(true).expect("a TCP stream");
        Self {
            stream,
            read: Vec::new(),
        }
    }

    /// Writes `bytes`. Whether the server still took them: it may refuse and close before it has read
    /// everything.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// The next answer, its body as long as its `Content-Length` says. `None` when the server closes
    /// the connection before its first byte.
    /// # Panics
    /// When it is no HTTP answer or ends too early.
    pub async fn answer(&mut self) -> Option<Reply> {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.read_more().await {
                let rest = String::from_utf8_lossy(&self.read);
                assert!(rest.is_empty(), "the head of an answer breaks off: {rest}");
                return None;
            }
        };
        let head: Vec<u8> = self.read.drain(..end).collect();
        let head = String::from_utf8(head).expect("a head in ASCII");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let status: StatusCode = status.expect("a status").parse().expect("a status");
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let name: HeaderName = name.parse().expect("a header name");
            headers.append(name, value.trim().parse().expect("a header value"));
        }
        let length = headers.get("content-length").map_or(Ok(0), |length| {
            length.to_str().expect("a number").parse::<usize>()
        });
        let length = length.expect("a number");
        while self.read.len() < length {
            assert!(self.read_more().await, "the body of an answer breaks off");
        }
        let body = self.read.drain(..length).collect::<Vec<_>>().into();
        Some(Reply {
            status,
            headers,
            body,
        })
    }

    /// Waits until the server closes the connection. Whether it sent nothing more before.
    pub async fn closes(&mut self) -> bool {
        while self.read_more().await {}
        self.read.is_empty()
    }

    /// Whether nothing has come in and the connection is open, as far as this machine knows now.
    pub fn is_silent(&self) -> bool {
        let looked = self.stream.try_read(&mut [0]);
        self.read.is_empty() && looked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// `false` when there is no more to come.
    async fn read_more(&mut self) -> bool {
        // After a reset nothing comes, either.
        self.stream.read_buf(&mut self.read).await.unwrap_or(0) > 0
    }
}

/// Writes `bytes` to a fresh connection and returns everything that comes back until the server
/// closes it.
/// # Panics
/// When the connection can not be made.
pub async fn raw_exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut connection = RawConnection::open(address).await;
    connection.write(bytes).await;
    connection.closes().await;
    connection.read
}
