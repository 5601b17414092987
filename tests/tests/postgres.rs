//! The PostgreSQL that the tests use: fresh databases, and a power cut that keeps what was committed.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::process::Command;

use sealwatch_tests::postgres::Postgres;

/// What a statement answers, or what the client says against it.
fn query(url: &str, statement: &str) -> Result<String, String> {
    let output = Command::new("psql")
        .args(["-X", "-q", "-t", "-A", url, "-c", statement])
        .output()
        .unwrap();
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn each_database_is_fresh_and_of_its_own() {
    let server = Postgres::shared();
    let (first, second) = (server.database().unwrap(), server.database().unwrap());
    assert_ne!(first, second);
    query(&first, "create table kept (x int)").unwrap();
    let tables = "select count(*) from information_schema.tables where table_schema = 'public'";
    assert_eq!(query(&first, tables).unwrap(), "1");
    assert_eq!(query(&second, tables).unwrap(), "0");
}

#[test]
fn a_killed_server_has_what_was_committed_when_it_starts_again() {
    let server = Postgres::start().unwrap();
    let url = server.database().unwrap();
    query(&url, "create table kept (x int)").unwrap();
    query(&url, "insert into kept select generate_series(1, 1000)").unwrap();
    assert_eq!(query(&url, "show fsync").unwrap(), "on");
    server.kill().unwrap();
    assert!(query(&url, "select 1").is_err());
    server.start_again().unwrap();
    assert_eq!(query(&url, "select count(*) from kept").unwrap(), "1000");
}
