//! The server lives as long as it should, and no longer.

use std::{
    fs::{self, Permissions},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

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

#[test]
fn a_server_lives_in_a_named_folder_however_deep_if_its_account_can_enter() {
    let parent = tempfile::tempdir().unwrap();
    let deep = parent.path().join("a-folder-with-a-long-name".repeat(6));
    fs::create_dir(&deep).unwrap();
    // Where this is root, the server is somebody else.
    fs::set_permissions(parent.path(), Permissions::from_mode(0o711)).unwrap();
    let server = Server::start_in(&deep).unwrap();
    assert!(answers(server.port()));
    assert!(server.socket_folder().starts_with(&deep));
    drop(server);
    assert_eq!(fs::read_dir(&deep).unwrap().count(), 0);

    fs::set_permissions(parent.path(), Permissions::from_mode(0o600)).unwrap();
    let refused = Server::start_in(&deep).map(|_| ()).unwrap_err().to_string();
    fs::set_permissions(parent.path(), Permissions::from_mode(0o700)).unwrap();
    assert!(refused.contains(deep.to_str().unwrap()), "{refused}");
}
