//! The process that keeps one service running. Started by the command, outlives it, and does
//! what the service's record says: SIGHUP makes it read the record again, SIGTERM ends it.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::process::Child;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::folder::Folder;
use super::identity::Identity;
use super::launch;
use super::lines::{Log, each_line};
use super::record::{Made, Phase, Service, Status};

/// The pause before the first restart; doubled each time, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause before a restart.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A runtime that ran so long is taken for healthy: its next end begins with the first pause.
const HEALTHY_AFTER: Duration = Duration::from_secs(30);

/// How often a supervisor looks whether its folder is still there. Without one it ends: a service
/// that nobody can find is not left running.
const FOLDER_CHECK: Duration = Duration::from_secs(2);

/// Why a service is not supervised.
#[derive(Debug, thiserror::Error)]
pub enum SuperviseError {
    /// Another process does it already.
    #[error("`{0}` already has a supervisor")]
    Taken(String),
    /// The machine refused something.
    #[error("could not supervise `{folder}`: {source}")]
    Machine {
        /// The state folder.
        folder: String,
        /// Why.
        source: io::Error,
    },
}

/// Supervises the service whose state folder this is, until it is told to end or the service is
/// removed.
///
/// The runtime dies with the calling thread, so this belongs on the main thread of a process that
/// does nothing else, outside any async runtime.
pub fn supervise(state: &Path) -> Result<(), SuperviseError> {
    let machine = |source| SuperviseError::Machine { folder: state.display().to_string(), source };
    let folder = Folder::new(state.to_owned());
    let lock = Folder::lock(&folder.supervisor_lock()).map_err(machine)?;
    let Some(_lock) = lock else {
        return Err(SuperviseError::Taken(state.display().to_string()));
    };
    super::strays::end(&folder).map_err(machine)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(machine)?;
    runtime.block_on(async { Supervisor::new(folder)?.run().await }).map_err(machine)
}

struct Supervisor {
    folder: Folder,
    me: Identity,
    log: Arc<Mutex<Log>>,
    terminate: Signal,
    reload: Signal,
}

/// What ended the watch over one runtime process.
enum Event {
    Ended(String),
    Reload,
    Terminate,
}

impl Supervisor {
    fn new(folder: Folder) -> io::Result<Self> {
        let log = Arc::new(Mutex::new(Log::open(folder.log())?));
        Ok(Self {
            me: Identity::of(std::process::id())?,
            log,
            terminate: signal(SignalKind::terminate())?,
            reload: signal(SignalKind::hangup())?,
            folder,
        })
    }

    async fn run(&mut self) -> io::Result<()> {
        let mut pause = FIRST_PAUSE;
        while let Some(service) = self.folder.service()? {
            let Some(made) = service.live() else { break };
            let started = Instant::now();
            let event = self.watch(&service, made).await?;
            if started.elapsed() > HEALTHY_AFTER {
                pause = FIRST_PAUSE;
            }
            match event {
                Event::Terminate => break,
                Event::Reload => pause = FIRST_PAUSE,
                Event::Ended(reason) => {
                    self.say(&format!("{reason}; starting again in {} ms", pause.as_millis()));
                    self.tell(&service, Phase::Waiting(reason));
                    match self.wait(pause).await {
                        Event::Terminate => break,
                        Event::Reload => pause = FIRST_PAUSE,
                        Event::Ended(_) => pause = (pause * 2).min(LONGEST_PAUSE),
                    }
                }
            }
        }
        self.folder.clear_status()
    }

    /// Runs one process of a version until it ends, or something else is wanted.
    async fn watch(&mut self, service: &Service, made: &Made) -> io::Result<Event> {
        if !launch::is_free(service.port) {
            let reason = format!("port {} is taken by another process", service.port);
            return Ok(Event::Ended(reason));
        }
        let bundle = self.folder.content(&made.content_sha256);
        let mut child = match launch::launch(&bundle, service.port, made.memory_mb) {
            Ok(child) => child,
            Err(error) => return Ok(Event::Ended(format!("could not be started: {error}"))),
        };
        let Some(pid) = child.id() else { return Ok(Event::Ended("ended at once".into())) };
        let pumps = self.pump(&mut child);
        self.say(&format!("version {} runs as process {pid}", made.id));
        self.tell(service, Phase::Running(Identity::of(pid)?));
        let event = loop {
            tokio::select! {
                status = child.wait() => {
                    launch::end_group(pid);
                    break Event::Ended(status.map_or("ended".into(), launch::ending));
                }
                _ = self.terminate.recv() => break Event::Terminate,
                () = sleep(FOLDER_CHECK) => {
                    if !self.folder.path().exists() {
                        break Event::Terminate;
                    }
                }
                _ = self.reload.recv() => {
                    match self.folder.service() {
                        Ok(Some(wanted)) if !differs(&wanted, service) => {}
                        Ok(_) => break Event::Reload,
                        Err(error) => self.say(&format!("the record is not read: {error}")),
                    }
                }
            }
        };
        launch::stop(&mut child).await;
        for pump in pumps {
            let _ = timeout(Duration::from_secs(1), pump).await;
        }
        Ok(event)
    }

    async fn wait(&mut self, pause: Duration) -> Event {
        tokio::select! {
            () = sleep(pause) => Event::Ended(String::new()),
            _ = self.terminate.recv() => Event::Terminate,
            _ = self.reload.recv() => Event::Reload,
        }
    }

    fn pump(&self, child: &mut Child) -> Vec<JoinHandle<()>> {
        let mut pumps = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            let log = Arc::clone(&self.log);
            pumps.push(tokio::spawn(each_line(stdout, move |line| write(&log, line))));
        }
        if let Some(stderr) = child.stderr.take() {
            let log = Arc::clone(&self.log);
            pumps.push(tokio::spawn(each_line(stderr, move |line| write(&log, line))));
        }
        pumps
    }

    fn say(&self, text: &str) {
        write(&self.log, &format!("mlship: {text}"));
    }

    /// A full disk is no reason to stop serving: a status that cannot be written is left out.
    fn tell(&self, service: &Service, phase: Phase) {
        let status = Status {
            supervisor: self.me.clone(),
            version: service.live,
            port: service.port,
            phase,
        };
        if let Err(error) = self.folder.write_status(&status) {
            self.say(&format!("the status is not written: {error}"));
        }
    }
}

fn write(log: &Mutex<Log>, line: &str) {
    log.lock().unwrap_or_else(PoisonError::into_inner).line(line);
}

fn differs(wanted: &Service, running: &Service) -> bool {
    wanted.port != running.port || wanted.live() != running.live()
}
