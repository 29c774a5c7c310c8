//! A port where nobody listens, and that nobody else can get meanwhile.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

/// Whoever connects to it is refused, as by a server that is down.
pub(crate) struct ClosedPort {
    pub(crate) address: SocketAddr,
    socket: TcpSocket,
}

impl ClosedPort {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        Self {
            address: socket.local_addr().unwrap(),
            socket,
        }
    }

    /// The server is up.
    pub(crate) fn open(self) -> TcpListener {
        self.socket.listen(128).unwrap()
    }
}
