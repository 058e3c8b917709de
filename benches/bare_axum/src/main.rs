//! The yardstick of `benches/load.py`: axum with one route that does nothing, as its documentation
//! sets it up. Prints where it listens.

use axum::Router;
use axum::routing::post;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/predict", post(async || ""))).await
}
