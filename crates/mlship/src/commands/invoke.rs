//! `mlship invoke`: sends a request to what is deployed, or to any address.

mod address;
mod sent;

use std::path::PathBuf;

use clap::Args;
use mlship_core::deployment::Answer;
use serde_json::{Value, json};

use crate::cli::ProviderFlag;
use crate::context::Context;
use crate::failure::Failure;
use crate::providers;
use sent::Sent;

/// `mlship invoke`
#[derive(Debug, Args)]
pub(crate) struct InvokeArgs {
    #[command(flatten)]
    provider: ProviderFlag,
    /// A file with the request: JSON, a table, a picture, text; `-` for stdin
    /// [default: the manifest's first sample]
    #[arg(long, short, env = "MLSHIP_REQUEST", value_name = "PATH", conflicts_with = "data")]
    request: Option<PathBuf>,
    /// The request itself
    #[arg(long, short, env = "MLSHIP_DATA", value_name = "JSON")]
    data: Option<String>,
    /// What the request is: `image/png`, `text/csv`, … [default: by the file's name or first bytes]
    #[arg(long, env = "MLSHIP_MEDIA_TYPE", value_name = "TYPE")]
    media_type: Option<String>,
    /// Send it to this address instead of what is deployed: that of `mlship serve`, or any; the
    /// key in `$MLSHIP_KEY` is shown there
    #[arg(long, env = "MLSHIP_URL", value_name = "URL")]
    url: Option<String>,
}

pub(crate) fn run(context: &Context, args: InvokeArgs) -> Result<(), Failure> {
    let (name, answer) = match &args.url {
        Some(url) => {
            // Only the first sample takes a manifest.
            let sent = match args.request.is_none() && args.data.is_none() {
                true => Sent::sample(&context.load()?)?,
                false => Sent::of(&args, None)?,
            };
            (url.clone(), address::send(url, &sent)?)
        }
        None => {
            let loaded = context.load()?;
            let sent = Sent::of(&args, Some(&loaded))?;
            let connection = providers::connect(&args.provider.provider, &loaded)?;
            let name = loaded.project.name.value.clone();
            let invoked = connection.provider.invoke(&name, sent.request());
            let answer = connection.of_deployed(&name, invoked)?;
            (name, answer)
        }
    };
    tell(context, &name, &answer)
}

fn tell(context: &Context, name: &str, answer: &Answer) -> Result<(), Failure> {
    let text = String::from_utf8_lossy(&answer.body);
    let body = serde_json::from_slice::<Value>(&answer.body)
        .unwrap_or_else(|_| Value::String(text.clone().into_owned()));
    let shown = match &body {
        // Lines of JSON, or of something else, stay as they are.
        Value::String(_) => text.trim_end().to_owned(),
        body => format!("{body:#}"),
    };
    let value = json!({"status": answer.status, "answer": body});
    context.answer("mlship/invoke/1", &value, &shown);
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    let is_ours = (400..500).contains(&answer.status);
    if context.is_json() {
        return Err(Failure::Told { code: if is_ours { 2 } else { 6 } });
    }
    let detail = body["detail"].as_str().unwrap_or("see the answer").to_owned();
    let place = body["field"].as_str().map(|field| format!(" at `{field}`")).unwrap_or_default();
    let message = format!("`{name}` answered {}{place}: {detail}", answer.status);
    Err(if is_ours { Failure::usage(message) } else { Failure::answered(message) })
}
