//! What blocks whoever opens it stops nothing.

use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;

fn put_pipe(path: &Path) {
    let _ = fs::remove_file(path);
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

#[tokio::test]
async fn a_pipe_in_the_place_of_a_list_stops_neither_reloads_nor_the_end() {
    let (installation, mut serving, signer) = desk().await;
    let denied = installation.folder.path().join("denied");
    put_pipe(&denied);
    let section = format!("[policy.deny]\nfiles = [{denied:?}]\n\n[staff]");
    installation.change_config("[staff]", &section);
    serving.signal(Signal::HUP);
    let line = logs(&mut serving, "all of the old one stays in use").await;
    assert!(
        line.contains("policy.deny.files") && line.contains("is not a file"),
        "{line}"
    );
    let checked = timeout(LONG, installation.run(&["config", "check"])).await;
    assert_eq!(checked.unwrap().status.code(), Some(78));

    fs::remove_file(&denied).unwrap();
    fs::write(&denied, "customers.example\n").unwrap();
    serving.signal(Signal::HUP);
    logs(&mut serving, "the configuration was read again").await;
    assert_eq!(login(&serving, &signer).await, 403);
    serving.signal(Signal::TERM);
    let (code, _) = timeout(LONG, serving.end()).await.unwrap();
    assert_eq!(code, Some(0));
}

#[tokio::test]
async fn a_pipe_in_the_place_of_a_key_stops_neither_its_rotation_nor_the_end() {
    let (installation, mut serving, signer) = desk().await;
    let key = installation.folder.path().join("api-key");
    put_pipe(&key);
    let line = logs(&mut serving, "the old API key stays in use").await;
    assert!(line.contains("is not a file"), "{line}");
    assert_eq!(login(&serving, &signer).await, 201);

    fs::remove_file(&key).unwrap();
    installation.sim.add_key("SENTINEL-NEW-KEY", true);
    installation.write_key("SENTINEL-NEW-KEY", 0o600);
    logs(&mut serving, "the API key was read again and is in use").await;
    put_pipe(&installation.config());
    serving.signal(Signal::HUP);
    let line = logs(&mut serving, "all of the old one stays in use").await;
    assert!(line.contains("is not a file"), "{line}");
    serving.signal(Signal::TERM);
    let (code, _) = timeout(LONG, serving.end()).await.unwrap();
    assert_eq!(code, Some(0));
}
