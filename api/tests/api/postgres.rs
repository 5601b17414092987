//! PostgreSQL for the case store's tests: one server for this test process, started by the tests themselves.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Makes a fresh, empty database. Returns its URL. The server and its data go when the test process ends.
///
/// It blocks, for a second at the first call, and for minutes where PostgreSQL must be installed.
pub fn database() -> String {
    static SERVER: OnceLock<PathBuf> = OnceLock::new();
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let folder = SERVER.get_or_init(|| {
        // Kept, for the script removes it when this process has ended.
        let folder = tempfile::tempdir().unwrap().keep();
        // Free now, and released before the server takes it.
        let address = TcpListener::bind("127.0.0.1:0").and_then(|held| held.local_addr());
        run_script("start", &folder, &address.unwrap().port().to_string());
        folder
    });
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    run_script("database", folder, &format!("test_{number}"))
}

/// Runs a command of the tests' script. Returns what it printed.
fn run_script(command: &str, folder: &Path, argument: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tools/postgres.sh");
    let output = Command::new("bash")
        .arg(script)
        .arg(command)
        .arg(folder)
        .arg(argument)
        .env("SEALWATCH_OWNER", std::process::id().to_string())
        // A test that kills the server is not among these.
        .env("SEALWATCH_FSYNC", "off")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "postgres.sh {command}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn each_database_is_fresh_and_of_its_own() {
    let (first, second) = (database(), database());
    assert_ne!(first, second);
    let first = sqlx::PgPool::connect(&first).await.unwrap();
    let second = sqlx::PgPool::connect(&second).await.unwrap();
    sqlx::query("create table kept (x int)")
        .execute(&first)
        .await
        .unwrap();
    assert!(sqlx::query("table kept").fetch_all(&first).await.is_ok());
    assert!(sqlx::query("table kept").fetch_all(&second).await.is_err());
}
