//! The process: reads arguments and the environment, picks the host, prints and exits. Everything
//! else is in the library.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the one place of the runtime that prints"
)]

#[path = "main/told.rs"]
mod told;

use std::env;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use mlship_runtime::bundle;
use mlship_runtime::engines;
use mlship_runtime::host::action_loop::Start;
use mlship_runtime::host::door::{Call, door};
use mlship_runtime::host::journal::Log;
use mlship_runtime::host::key::Key;
use mlship_runtime::host::{
    Collector, End, Notice, Responses, Settings, action_loop, http, lambda, stdio,
};
use mlship_runtime::origin::{Credentials, Google, Origin};
use mlship_runtime::policy::Prepack;
use mlship_runtime::problem::Problem;
use mlship_runtime::service::Service;
use mlship_runtime::setup::{Python, Setup};

const USAGE: &str = "\
usage: mlship-runtime [--bundle DIR]
                      [serve | --stdio | --action-loop | --answer | --measure | --version]

  --bundle DIR   the bundle to serve; else $MLSHIP_BUNDLE, else the folder of this program, else
                 the model's folder of SageMaker
  serve          serve HTTP as SageMaker asks for it
  --stdio        answer each line of stdin, a JSON request, with a line on stdout
  --action-loop  answer OpenWhisk's activations: from stdin, on file descriptor 3
  --answer       answer one JSON request from stdin on stdout, and exit
  --measure      answer it again and again, and say on stdout how long that takes
  --version      print the version and the engines, and exit

environment:
  AWS_LAMBDA_RUNTIME_API    serve Lambda invocations
  __OW_PROXY_VERSION        serve OpenWhisk activations; else HTTP
  MLSHIP_LISTEN             address and port to listen on, or a socket: unix:/path
  PORT                      port to listen on at 127.0.0.1 (8080); platforms' own variables count
  MLSHIP_KEY                the key that callers must show
  MLSHIP_THREADS            threads that one prediction of a neural network may use
  MLSHIP_ONNXRUNTIME_LIBRARY  libonnxruntime.so.1, when not beside the program
  MLSHIP_PYTHON             the Python that runs a handler, when not the one the bundle names
  MLSHIP_PREPACK            when its weights are laid out for speed: never, load or later
  MLSHIP_MODEL_STORE        where files that are not in the bundle are: s3://…, gs://…, https://…
  MLSHIP_SCRATCH            the folder to keep them in (/tmp)
  MLSHIP_RESPONSE_MODE      how Lambda is answered: buffer, or stream where its address is set to it
  MLSHIP_LOG                which requests are told of on stderr: requests, problems (the default) or off
  MLSHIP_READ_TIMEOUT_S     the longest that a request may take to arrive (30)";

/// What the caller got wrong: the arguments, the environment or the bundle.
const UNUSABLE: u8 = 2;

/// A prediction outlived its bound and cannot be stopped; only a new process helps. The number is
/// `EX_SOFTWARE` of sysexits.h.
const OVERDUE: u8 = 70;

/// What the process is asked to do.
#[derive(Clone, Copy)]
enum Job {
    Serve(Call),
    Actions,
    Lines,
    Answer,
    Measure,
    Version,
}

fn main() -> ExitCode {
    let (job, folder) = match arguments() {
        Ok(arguments) => arguments,
        Err(cause) => return unusable(&format!("{cause}\n{USAGE}")),
    };
    match job {
        Job::Version => {
            println!("mlship-runtime {} ({})", env!("CARGO_PKG_VERSION"), engines().join(", "));
            ExitCode::SUCCESS
        }
        Job::Answer => answer(folder),
        Job::Measure => measure(folder),
        Job::Serve(_) | Job::Actions | Job::Lines => serve(job, &folder),
    }
}

fn arguments() -> Result<(Job, PathBuf), String> {
    let mut job = Job::Serve(Call::Unsaid);
    let mut folder = env::var_os("MLSHIP_BUNDLE").map(PathBuf::from);
    // Who is started in another program's stead is given that one's arguments
    // (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper).
    if text("AWS_LAMBDA_EXEC_WRAPPER").is_some() {
        return Ok((job, folder.unwrap_or_else(found_folder)));
    }
    let mut arguments = env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--answer") => job = Job::Answer,
            Some("--measure") => job = Job::Measure,
            Some("--version") => job = Job::Version,
            Some("--stdio") => job = Job::Lines,
            Some("--action-loop") => job = Job::Actions,
            Some("serve") => job = Job::Serve(Call::Serve),
            Some("--bundle") => {
                folder = Some(arguments.next().ok_or("`--bundle` takes a folder")?.into());
            }
            _ => return Err(format!("unknown argument `{}`", argument.display())),
        }
    }
    Ok((job, folder.unwrap_or_else(found_folder)))
}

/// The folder of this program, or that in which SageMaker puts a model, where the bundle is only
/// there (<https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html>).
fn found_folder() -> PathBuf {
    let base = text("SAGEMAKER_BASE_DIR").unwrap_or_else(|| "/opt/ml".into());
    let [own, model] = [own_folder(), PathBuf::from(base).join("model")];
    let has_bundle = |folder: &PathBuf| folder.join(mlship_bundle::FILE).is_file();
    if !has_bundle(&own) && has_bundle(&model) { model } else { own }
}

/// The folder of this program; where the system does not say, the current one.
fn own_folder() -> PathBuf {
    let program = env::current_exe().ok();
    program.and_then(|program| Some(program.parent()?.to_owned())).unwrap_or_else(|| ".".into())
}

fn answer(folder: PathBuf) -> ExitCode {
    // One answer: nothing comes of what is done behind it.
    let (service, body) = match asked(&folder, Some(Prepack::Never)) {
        Ok(asked) => asked,
        Err(cause) => return unusable(&cause),
    };
    match service.answer(&body) {
        Ok(answer) => written(answer, ExitCode::SUCCESS),
        Err(problem) => written(Problem::to_json(&problem), ExitCode::FAILURE),
    }
}

fn measure(folder: PathBuf) -> ExitCode {
    let (service, body) = match asked(&folder, None) {
        Ok(asked) => asked,
        Err(cause) => return unusable(&cause),
    };
    match mlship_runtime::measure::measure(&service, &body) {
        Ok(latency) => written(serde_json::to_vec(&latency).unwrap_or_default(), ExitCode::SUCCESS),
        Err(problem) => written(Problem::to_json(&problem), ExitCode::FAILURE),
    }
}

/// The loaded bundle, and the request on stdin.
fn asked(folder: &Path, prepack: Option<Prepack>) -> Result<(Service, Vec<u8>), String> {
    let service = load(folder, prepack)?;
    let mut body = Vec::new();
    let bound = service.bounds().body_bytes as u64 + 1;
    let read = std::io::stdin().take(bound).read_to_end(&mut body);
    read.map_err(|error| format!("cannot read stdin: {error}"))?;
    Ok((service, body))
}

fn written(mut line: Vec<u8>, code: ExitCode) -> ExitCode {
    line.push(b'\n');
    match std::io::stdout().write_all(&line) {
        Ok(()) => code,
        Err(error) => unusable(&format!("cannot write stdout: {error}")),
    }
}

fn load(folder: &Path, prepack: Option<Prepack>) -> Result<Service, String> {
    let bundle = bundle::read(folder).map_err(|error| error.to_string())?;
    let setup = setup(prepack)?;
    Service::load(folder, &bundle, &setup, tell).map_err(|error| error.to_string())
}

fn serve(job: Job, folder: &Path) -> ExitCode {
    // Before anything else is opened, and may be given this number.
    let proxy = proxy();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return unusable(&format!("cannot wait for the network: {error}")),
    };
    let settings = match settings() {
        Ok(settings) => settings,
        Err(cause) => return unusable(&cause),
    };
    let end = runtime.block_on(serve_host(job, folder, proxy, settings));
    // A prediction that is overdue cannot be stopped, so it is not waited for.
    runtime.shutdown_background();
    #[cfg(feature = "worker")]
    mlship_runtime::end_workers();
    match end {
        Ok(end) => code(end),
        Err(cause) => unusable(&cause),
    }
}

/// Serves the host that the arguments ask for, or the environment.
async fn serve_host(
    job: Job,
    folder: &Path,
    proxy: Result<File, String>,
    settings: Settings,
) -> Result<End, String> {
    let api = text("AWS_LAMBDA_RUNTIME_API");
    let is_marked = || action_loop::MARKS.iter().any(|mark| text(mark).is_some());
    match (job, api) {
        (Job::Lines, _) => serve_lines(folder).await,
        (Job::Actions, _) => serve_actions(folder, proxy?, settings).await,
        (Job::Serve(call @ Call::Serve), _) => serve_http(folder, call, settings).await,
        (_, Some(_)) if settings.key.is_some() => {
            Err("`MLSHIP_KEY` is of no use on Lambda, where AWS says who may call".into())
        }
        (_, Some(api)) => {
            lambda::serve(folder, &api, settings, tell).await.map_err(|error| error.to_string())
        }
        (_, None) => match proxy {
            Ok(proxy) if is_marked() => serve_actions(folder, proxy, settings).await,
            _ => serve_http(folder, Call::Unsaid, settings).await,
        },
    }
}

/// Where OpenWhisk's proxy reads answers: file descriptor 3.
fn proxy() -> Result<File, String> {
    File::options()
        .write(true)
        .open("/proc/self/fd/3")
        .map_err(|error| format!("answers go to file descriptor 3: {error}"))
}

async fn serve_actions(folder: &Path, onto: File, settings: Settings) -> Result<End, String> {
    let start = match text(action_loop::ACKNOWLEDGE) {
        Some(_) => Start::Acknowledged,
        None => Start::Silent,
    };
    let streams = (std::io::stdin().lock(), onto);
    action_loop::serve(folder, streams, start, settings, tell)
        .await
        .map_err(|error| error.to_string())
}

async fn serve_lines(folder: &Path) -> Result<End, String> {
    let service = load(folder, None)?;
    stdio::serve(service, std::io::stdin().lock(), std::io::stdout().lock(), tell)
        .await
        .map_err(|error| format!("cannot go on with stdin and stdout: {error}"))
}

fn code(end: End) -> ExitCode {
    match end {
        End::Asked => ExitCode::SUCCESS,
        End::Overdue => ExitCode::from(OVERDUE),
    }
}

async fn serve_http(folder: &Path, call: Call, settings: Settings) -> Result<End, String> {
    let bundle = bundle::read(folder).map_err(|error| error.to_string())?;
    let door = door(call, &text)?;
    let address = door.address.to_string();
    http::serve(folder, bundle, door, settings, tell)
        .await
        .map_err(|error| format!("cannot listen on `{address}`: {error}"))
}

fn settings() -> Result<Settings, String> {
    let arrival = number("MLSHIP_READ_TIMEOUT_S")?.unwrap_or(30).max(1);
    let key = env::var_os("MLSHIP_KEY").map(|key| Key::new(&key)).transpose();
    let key = key.map_err(|cause| format!("`MLSHIP_KEY`: {cause}"))?;
    let responses = match text("MLSHIP_RESPONSE_MODE").as_deref() {
        None | Some("buffer") => Responses::Whole,
        Some("stream") => Responses::Streamed,
        Some(mode) => {
            return Err(format!(
                "`MLSHIP_RESPONSE_MODE`: `{mode}` is neither `buffer` nor `stream`"
            ));
        }
    };
    let log = text("MLSHIP_LOG").map_or(Ok(Log::default()), |log| log.parse());
    let log = log.map_err(|cause| format!("`MLSHIP_LOG`: {cause}"))?;
    let arrival = Duration::from_secs(arrival.into());
    let collector = collector().clone();
    Ok(Settings { setup: setup(None)?, arrival, key, responses, log, collector })
}

/// How the model is loaded. `prepack` is what is done where the environment says nothing; chosen
/// by the machine when `None`.
fn setup(prepack: Option<Prepack>) -> Result<Setup, String> {
    let said = text("MLSHIP_PREPACK").map(|said| said.parse()).transpose();
    Ok(Setup {
        lambda_memory_mb: number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")?,
        threads: number("MLSHIP_THREADS")?.map(|threads| threads as usize),
        prepack: said.map_err(|cause| format!("`MLSHIP_PREPACK`: {cause}"))?.or(prepack),
        onnxruntime: library(),
        python: python(),
        origin: origin(),
    })
}

/// The library of ONNX Runtime: what the environment names, else the one beside this program.
fn library() -> PathBuf {
    let named = env::var_os(mlship_bundle::ONNXRUNTIME).filter(|path| !path.is_empty());
    named.map_or_else(|| own_folder().join(mlship_bundle::ONNXRUNTIME_FILE), PathBuf::from)
}

/// The Python that the environment names, and where others are looked for.
fn python() -> Python {
    let named = env::var_os(mlship_bundle::PYTHON).filter(|name| !name.is_empty());
    Python { named, path: env::var_os("PATH").unwrap_or_default() }
}

fn origin() -> Origin {
    let key = text("AWS_ACCESS_KEY_ID").zip(text("AWS_SECRET_ACCESS_KEY"));
    let scratch = env::var_os("MLSHIP_SCRATCH").filter(|folder| !folder.is_empty());
    Origin {
        // Vertex AI says where the model's own folder is.
        store: text(mlship_bundle::MODEL_STORE).or_else(|| text("AIP_STORAGE_URI")),
        scratch: scratch.map_or_else(|| Origin::default().scratch, PathBuf::from),
        region: text("AWS_REGION").or_else(|| text("AWS_DEFAULT_REGION")),
        endpoint: text("AWS_ENDPOINT_URL_S3").or_else(|| text("AWS_ENDPOINT_URL")),
        credentials: key.map(|(id, secret)| Credentials {
            id,
            secret,
            session: text("AWS_SESSION_TOKEN"),
        }),
        google: Google {
            storage: text("STORAGE_EMULATOR_HOST"),
            metadata: text("GCE_METADATA_HOST"),
        },
    }
}

/// A variable that is set and not empty.
fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

fn number(name: &str) -> Result<Option<u32>, String> {
    let Some(said) = text(name) else { return Ok(None) };
    let number = said.parse().map(Some);
    number.map_err(|_| format!("`{name}`: `{said}` is not a whole number"))
}

fn tell(notice: &Notice) {
    let line = |notice: &Notice| notice.line(collector(), SystemTime::now());
    told::tell(notice, line);
}

/// Who reads stderr, by what the platform says of itself.
fn collector() -> &'static Collector {
    static COLLECTOR: OnceLock<Collector> = OnceLock::new();
    COLLECTOR.get_or_init(|| {
        let is_set = |name| text(name).is_some();
        if is_set("AWS_LAMBDA_RUNTIME_API") {
            Collector::Lambda
        } else if ["K_SERVICE", "AIP_HTTP_PORT", "AIP_PREDICT_ROUTE"].into_iter().any(is_set) {
            Collector::Google { project: text("GOOGLE_CLOUD_PROJECT") }
        } else if ["FUNCTIONS_CUSTOMHANDLER_PORT", "CONTAINER_APP_PORT", "WEBSITE_SITE_NAME"]
            .into_iter()
            .any(is_set)
        {
            Collector::Azure
        } else {
            Collector::Plain
        }
    })
}

fn unusable(cause: &str) -> ExitCode {
    eprintln!("mlship-runtime: {cause}");
    ExitCode::from(UNUSABLE)
}
