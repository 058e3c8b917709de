//! The bundle's own runtime as a process. What it writes goes where this tool writes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use mlship_core::project::Page;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::{LOOK, Watch, announce, asked_to_end, own_port, taken};
use crate::context::Context;
use crate::failure::Failure;
use crate::release::Built;

/// The code that a runtime ends with to be started anew: a prediction took longer than it may.
const START_ANEW: i32 = 70;

/// How long a runtime may take to end after Ctrl-C, which reaches it too.
const GRACE: Duration = Duration::from_secs(2);

const OVERDUE: &str =
    "a prediction took longer than `resources.timeout-s`; the runtime starts anew";

/// The beginning of the names of folders that bundles are in, before the number of the process.
const FOLDER: &str = "serve-";

/// A bundle that is removed when it is served no more.
#[derive(Debug)]
struct Bundle(PathBuf);

impl Drop for Bundle {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The runtime on a port of this machine.
#[derive(Debug)]
pub(crate) struct Process {
    address: SocketAddr,
    executable: String,
    /// Where bundles are put, each in a folder of its own: what is packaged meanwhile does not
    /// change under them.
    work: PathBuf,
    bundles: u32,
    told: bool,
    /// Who is shown the page of what was there at the start.
    page: Page,
}

/// What is served next, once something that it is made of has changed.
pub(crate) struct Anew<'a> {
    /// What it is made of.
    pub(crate) watch: Watch,
    /// Makes it.
    pub(crate) build: &'a dyn Fn() -> Result<(Built, Watch), Failure>,
}

/// Why a runtime is no longer waited for.
enum Over {
    Ended(ExitStatus),
    Asked,
    Changed,
}

impl Process {
    /// On `port`, or on any that is free when it is 0.
    pub(crate) async fn new(built: &Built, executable: &str, port: u16) -> Result<Self, Failure> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return Err(Failure::usage("the runtime does not run on this system")
                .hint("run its image instead: mlship serve --image"));
        }
        let address = own_port::free(port).await.map_err(|error| taken(port, &error))?;
        let work = built.release.project.root.join(".mlship");
        let page = built.release.project.serving.page;
        let executable = executable.to_owned();
        Ok(Self { address, executable, work, bundles: 0, told: false, page })
    }

    /// Serves until it is asked to end; with `anew` whatever comes of a change, too.
    pub(crate) async fn serve(
        mut self,
        context: &Context,
        built: Built,
        mut anew: Option<Anew<'_>>,
    ) -> Result<(), Failure> {
        let mut bundle = self.unpack(&built)?;
        drop(built);
        loop {
            let mut child = self.start(&bundle)?;
            let next = loop {
                match self.until_over(context, &mut child, anew.as_mut()).await? {
                    Over::Ended(ended) if ended.code() == Some(START_ANEW) => {
                        context.say(OVERDUE);
                        break None;
                    }
                    Over::Ended(ended) => {
                        return Err(Failure::answered(format!("the runtime ended: {ended}")));
                    }
                    Over::Asked => {
                        end(&mut child).await;
                        return Ok(());
                    }
                    // What was served before goes on meanwhile, and after a mistake.
                    Over::Changed => match self.made_anew(context, anew.as_mut())? {
                        Some(made) => break Some(made),
                        None => continue,
                    },
                }
            };
            if let Some(made) = next {
                end(&mut child).await;
                bundle = made;
                context.say("  serving what changed");
            }
        }
    }

    /// The bundle of what changed; `None` where it cannot be made, which was said.
    fn made_anew(
        &mut self,
        context: &Context,
        anew: Option<&mut Anew<'_>>,
    ) -> Result<Option<Bundle>, Failure> {
        let Some(anew) = anew else { return Ok(None) };
        match (anew.build)() {
            Ok((built, watch)) => {
                anew.watch = watch;
                self.unpack(&built).map(Some)
            }
            Err(failure) => {
                context.complain(&failure);
                context.say("  serving what was there before");
                Ok(None)
            }
        }
    }

    fn unpack(&mut self, built: &Built) -> Result<Bundle, Failure> {
        self.bundles += 1;
        let name = format!("{FOLDER}{}-{}", std::process::id(), self.bundles);
        let work = std::path::absolute(&self.work)
            .map_err(|error| Failure::internal(format!("no folder to work in: {error}")))?;
        sweep(&work);
        let bundle = Bundle(work.join(name));
        built.contents.write(&bundle.0)?;
        built.turn.end();
        Ok(bundle)
    }

    fn start(&self, bundle: &Bundle) -> Result<Child, Failure> {
        let mut command = Command::new(bundle.0.join(&self.executable));
        // Where this process is killed, nobody is left who would end it.
        mlship_local::end_with_parent(command.as_std_mut());
        command
            .env("MLSHIP_BUNDLE", &bundle.0)
            .env("PORT", self.address.port().to_string())
            .env_remove("MLSHIP_LISTEN")
            .env_remove("AWS_LAMBDA_RUNTIME_API")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Failure::internal(format!("the runtime does not start: {error}")))
    }

    async fn until_over(
        &mut self,
        context: &Context,
        child: &mut Child,
        anew: Option<&mut Anew<'_>>,
    ) -> Result<Over, Failure> {
        let changed = async {
            match anew {
                Some(anew) => anew.watch.changed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ended = until_ended(context, child, self.address, &mut self.told, self.page) => {
                let lost = |error| Failure::internal(format!("it is lost: {error}"));
                ended.map(Over::Ended).map_err(lost)
            }
            asked = asked_to_end() => {
                let deaf = |error| Failure::internal(format!("no signals: {error}"));
                asked.map(|()| Over::Asked).map_err(deaf)
            }
            () = changed => Ok(Over::Changed),
        }
    }
}

/// Removes the bundles of processes that were killed.
fn sweep(work: &Path) {
    for entry in std::fs::read_dir(work).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(FOLDER)?.split('-').next());
        let is_left = process.and_then(|id| id.parse::<u32>().ok()).is_some_and(is_gone);
        if is_left {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether there is no process of this number.
fn is_gone(process: u32) -> bool {
    !Path::new("/proc").join(process.to_string()).exists()
}

/// Lets what is under way be answered.
async fn end(child: &mut Child) {
    ask_to_end(child);
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}

/// Asks for an end: a signal to this process alone is not one to the runtime.
#[cfg(unix)]
fn ask_to_end(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    // One that has ended already needs no signal.
    let _ = id.map(|id| kill_process(id, Signal::TERM));
}

#[cfg(not(unix))]
fn ask_to_end(_: &Child) {}

/// Tells the address once it is listened on, and waits for the end.
async fn until_ended(
    context: &Context,
    child: &mut Child,
    address: SocketAddr,
    told: &mut bool,
    page: Page,
) -> std::io::Result<ExitStatus> {
    while !*told {
        if let Some(ended) = child.try_wait()? {
            return Ok(ended);
        }
        if TcpStream::connect(address).await.is_ok() {
            announce(context, &format!("http://{address}"), page, None);
            *told = true;
        } else {
            tokio::time::sleep(LOOK).await;
        }
    }
    child.wait().await
}
