//! HTTP/1.1 over one kept connection: sends bytes that are ready, reads status and body, and nothing else.
//!
//! A full client spends more time on a request than a proxy does, and the benchmark would measure that.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Far more than any head or body that is expected here.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// A connection that is used for one request after the other.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    /// What has been read and not yet been answered with.
    buffer: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        Ok(Self {
            address,
            stream: Some(connect(address).await?),
            buffer: Vec::with_capacity(4096),
        })
    }

    /// To whom it leads.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a request and reads its answer. It is sent once: a connection that breaks is an error, and the next request
    /// opens a new one.
    ///
    /// # Errors
    /// When the connection breaks, or the answer is not HTTP as expected.
    pub async fn send(&mut self, request: &[u8]) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address).await?,
        };
        self.buffer.clear();
        stream.write_all(request).await?;
        let head = self.read_head(&mut stream).await?;
        let length = head.bytes + head.content_length;
        if length > MAX_ANSWER_BYTES {
            return Err(unexpected("an answer that is too long"));
        }
        while self.buffer.len() < length {
            self.fill(&mut stream).await?;
        }
        if self.buffer.len() > length {
            return Err(unexpected("more than was asked for"));
        }
        if head.keep {
            self.stream = Some(stream);
        }
        Ok(Answer {
            status: head.status,
            body: self.buffer.split_off(head.bytes),
        })
    }

    async fn read_head(&mut self, stream: &mut TcpStream) -> io::Result<Head> {
        loop {
            self.fill(stream).await?;
            if let Some(head) = Head::parse(&self.buffer)? {
                return Ok(head);
            }
            if self.buffer.len() > MAX_ANSWER_BYTES {
                return Err(unexpected("a head that does not end"));
            }
        }
    }

    async fn fill(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        match stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl Answer {
    /// The body as JSON; null when it is not.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The one-time token that a login was answered with.
    pub fn token(&self) -> Option<String> {
        self.json()["oneTimeToken"].as_str().map(str::to_owned)
    }

    /// Whether it is a 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What the head of an answer says that matters here.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    bytes: usize,
    content_length: usize,
    keep: bool,
}

impl Head {
    /// The head at the beginning of `bytes`, once it is whole.
    fn parse(bytes: &[u8]) -> io::Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&bytes[..end]).map_err(|_| unexpected("a head that is not text"))?;
        let mut lines = text.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok())
            .ok_or_else(|| unexpected("something that is not HTTP/1.1"))?;
        let mut head = Self {
            status,
            bytes: end + 4,
            content_length: 0,
            keep: true,
        };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                head.content_length = value
                    .trim()
                    .parse()
                    .map_err(|_| unexpected("a length that is no number"))?;
            } else if name.eq_ignore_ascii_case("connection") {
                head.keep = !value.trim().eq_ignore_ascii_case("close");
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                return Err(unexpected("a body of unknown length"));
            }
        }
        Ok(Some(head))
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn unexpected(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the server sent {what}"))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn heads() {
        let head = |text: &str| Head::parse(text.as_bytes());
        assert_eq!(head("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n").unwrap(), None);
        let whole =
            head("HTTP/1.1 201 Created\r\nContent-Length: 5\r\nConnection: Close\r\n\r\nhello").unwrap();
        let expected = Head {
            status: 201,
            bytes: 62,
            content_length: 5,
            keep: false,
        };
        assert_eq!(whole, Some(expected));
        for bad in [
            "HTTP/1.0 200 OK\r\n\r\n",
            "HTTP/1.1 2x0 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        ] {
            assert!(head(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn answers_in_pieces_are_read_whole_and_the_connection_is_kept_until_the_server_ends_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut first, _) = listener.accept().await.unwrap();
            for pieces in [
                &["HTTP/1.1 201 Created\r\ncontent-le", "ngth: 4\r\n\r\nab", "cd"][..],
                &["HTTP/1.1 503 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"],
            ] {
                assert_eq!(first.read(&mut [0; 16]).await.unwrap(), 4);
                for piece in pieces {
                    first.write_all(piece.as_bytes()).await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
            let (mut second, _) = listener.accept().await.unwrap();
            assert_eq!(second.read(&mut [0; 16]).await.unwrap(), 4);
        });
        let mut connection = Connection::open(address).await.unwrap();
        let first = connection.send(b"ping").await.unwrap();
        assert_eq!((first.status, first.body), (201, b"abcd".to_vec()));
        let second = connection.send(b"ping").await.unwrap();
        assert_eq!((second.status, second.is_success()), (503, false));
        let lost = connection.send(b"ping").await.unwrap_err();
        assert_eq!(lost.kind(), io::ErrorKind::UnexpectedEof);
        server.await.unwrap();
    }
}
