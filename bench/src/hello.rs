use std::io::Write as _;

use anyhow::Result;
use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use crate::process::end_with_input;

/// Serves "hello" with a bare axum on a free port, which it prints, until the standard input ends.
/// # Errors
/// When it can not listen.
pub(crate) fn serve() -> Result<()> {
    end_with_input();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let hello = Router::new().route("/", get(|| async { "hello" }));
        axum::serve(listener, hello).await?;
        Ok(())
    })
}
