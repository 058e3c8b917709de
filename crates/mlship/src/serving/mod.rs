//! A service in the foreground of this machine: as a process, or as a container.

mod container;
mod own_port;
mod process;
mod watch;

use std::io;
use std::time::Duration;

use mlship_core::project::Page;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

pub(crate) use container::image;
pub(crate) use own_port::OwnPort;
pub(crate) use process::{Anew, Process};
pub(crate) use watch::Watch;

use crate::context::Context;
use crate::failure::Failure;

/// How long is waited between two looks at whether a service listens.
const LOOK: Duration = Duration::from_millis(20);

/// Tells where the service is, and its page where it shows one here.
fn announce(context: &Context, url: &str, page: Page, conditions: Option<&str>) {
    let under = conditions.map(|conditions| format!("\n  under {conditions}")).unwrap_or_default();
    let tried = match page {
        Page::Local | Page::On => format!("\n  {url}/ is a page to try it on"),
        Page::Off => String::new(),
    };
    let text = format!("{url}/predict{under}{tried}\n  ends with Ctrl-C");
    let value = json!({"url": url, "conditions": conditions});
    context.answer("mlship/serve/1", &value, &text);
}

/// Waits until the user, or the system, wants an end.
async fn asked_to_end() -> io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}

/// A port that cannot be listened on.
pub(crate) fn taken(port: u16, error: &io::Error) -> Failure {
    Failure::usage(format!("could not listen on 127.0.0.1:{port}: {error}"))
        .hint("choose another: --port PORT, 0 for any that is free")
}
