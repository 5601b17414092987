//! Serves the console over made-up recommendations, to look at the pages: `cargo run --release -p sealwatch-api --example
//! console -- [PORT] [COUNT]`. The token is printed.

#![expect(clippy::unwrap_used, reason = "it ends where something is missing")]

#[path = "../tests/api/common.rs"]
mod common;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let number = |index: usize, default: u64| {
        std::env::args()
            .nth(index)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let (port, count) = (number(1, 8099), number(2, 137));
    let (_folder, store) = common::store(count, true).await;
    let (state, token) = common::server(store, true).await;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port as u16))
        .await
        .unwrap();
    println!("http://127.0.0.1:{port}/ {token}");
    sealwatch_api::serve(listener, state, std::future::pending())
        .await
        .unwrap();
}
