//! `mlship invoke`: sends a request to what is deployed.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::ProviderFlag;
use crate::context::{Context, Loaded};
use crate::failure::Failure;
use crate::providers;

/// `mlship invoke`
#[derive(Debug, Args)]
pub(crate) struct InvokeArgs {
    #[command(flatten)]
    provider: ProviderFlag,
    /// A file with the request, `-` for stdin [default: the manifest's first sample]
    #[arg(long, short, env = "MLSHIP_REQUEST", value_name = "PATH", conflicts_with = "data")]
    request: Option<PathBuf>,
    /// The request itself
    #[arg(long, short, env = "MLSHIP_DATA", value_name = "JSON")]
    data: Option<String>,
}

pub(crate) fn run(context: &Context, args: InvokeArgs) -> Result<(), Failure> {
    let loaded = context.load()?;
    let request = request(&args, &loaded)?;
    let connection = providers::connect(&args.provider.provider, &loaded)?;
    let name = &loaded.project.name.value;
    let answer = connection.of_deployed(name, connection.provider.invoke(name, &request))?;
    let body = serde_json::from_slice::<Value>(&answer.body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&answer.body).into_owned()));
    let value = json!({"status": answer.status, "answer": body});
    context.answer("mlship/invoke/1", &value, &format!("{body:#}"));
    if answer.status < 400 {
        return Ok(());
    }
    if context.is_json() {
        return Err(Failure::Told { code: if answer.status < 500 { 2 } else { 6 } });
    }
    let detail = body["detail"].as_str().unwrap_or("see the answer").to_owned();
    let message = format!("`{name}` answered {}: {detail}", answer.status);
    Err(if answer.status < 500 { Failure::usage(message) } else { Failure::answered(message) })
}

fn request(args: &InvokeArgs, loaded: &Loaded) -> Result<Vec<u8>, Failure> {
    if let Some(data) = &args.data {
        return Ok(data.clone().into_bytes());
    }
    let path = match (&args.request, loaded.project.samples.first()) {
        (Some(path), _) if path.as_os_str() == "-" => {
            let mut bytes = Vec::new();
            std::io::stdin()
                .read_to_end(&mut bytes)
                .map_err(|error| Failure::usage(format!("could not read stdin: {error}")))?;
            return Ok(bytes);
        }
        (Some(path), _) => path.clone(),
        (None, Some(sample)) => loaded.project.root.join(&sample.request.value),
        (None, None) => {
            return Err(Failure::usage("there is nothing to send: the manifest has no samples")
                .hint("send something: mlship invoke --data '{…}'"));
        }
    };
    fs::read(&path)
        .map_err(|error| Failure::usage(format!("could not read `{}`: {error}", path.display())))
}
