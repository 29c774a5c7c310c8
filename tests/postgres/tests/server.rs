//! The server lives as long as it should, and no longer.

use std::{net::TcpStream, path::Path};

use stagedoor_test_postgres::Server;

fn answers(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[test]
fn a_server_stops_crashes_and_comes_back_and_leaves_nothing_behind() {
    let mut server = Server::start().unwrap();
    let (port, folder) = (server.port(), server.socket_folder().to_owned());
    assert!(server.version().unwrap().starts_with("postgres (PostgreSQL) "));
    assert!(answers(port));
    server.stop().unwrap();
    assert!(!answers(port));
    server.resume().unwrap();
    assert!(answers(port));
    server.crash().unwrap();
    assert!(!answers(port));
    server.resume().unwrap();
    assert!(answers(port));
    drop(server);
    assert!(!answers(port));
    assert!(!Path::new(&folder).exists());
}

#[test]
fn two_servers_stand_side_by_side() {
    let (one, other) = (Server::start().unwrap(), Server::start().unwrap());
    assert_ne!(one.url(), other.url());
    assert!(answers(one.port()) && answers(other.port()));
}
