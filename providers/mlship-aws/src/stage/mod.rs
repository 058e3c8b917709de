//! Lambda on this machine, for one container: a function URL on the near side, the Runtime API on
//! the far side, with Lambda's time and size limits between them. Speaks to no AWS service.
//!
//! Sources, 2026-11-21: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>.

mod answer;
mod desk;
mod event;
mod function_url;
mod reply;
mod runtime_api;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use mlship_core::project::Project;
use mlship_core::stage::{Conditions, Cue, Reached, Stage};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use crate::limits::limits;
use desk::Desk;
use reply::Body;

/// Memory, in MiB, that comes with one processor: the quotas page.
const ONE_PROCESSOR_MB: u64 = 1769;

/// Who a function runs as: nobody that the image knows.
const USER: &str = "65534:65534";

/// How long a request's head may take to arrive from a caller.
const ARRIVAL: Duration = Duration::from_secs(30);

/// A function of one container, and its address.
#[derive(Debug)]
pub struct LocalFunction {
    address: SocketAddr,
    conditions: Conditions,
    desk: Arc<Desk>,
    cues: UnboundedReceiver<Cue>,
    listening: [JoinHandle<()>; 2],
}

impl LocalFunction {
    /// Listens on `port` of 127.0.0.1 for requests (0 for any free one), and on a free port for
    /// the container.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn open(project: &Project, port: u16) -> io::Result<Self> {
        let near = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let far = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (address, api) = (near.local_addr()?, far.local_addr()?);
        let (say, cues) = unbounded_channel();
        let timeout = Duration::from_secs(project.resources.timeout_s.value.into());
        let desk = Arc::new(Desk::new(timeout, say));
        let requests = Arc::clone(&desk);
        let near = listen(near, Some(ARRIVAL), move |request| {
            let desk = Arc::clone(&requests);
            async move { function_url::answer(&desk, request).await }
        });
        let calls = Arc::clone(&desk);
        let far = listen(far, None, move |request| {
            let desk = Arc::clone(&calls);
            async move { runtime_api::answer(&desk, request).await }
        });
        let conditions = conditions(project, api);
        Ok(Self { address, conditions, desk, cues, listening: [near, far] })
    }
}

#[async_trait]
impl Stage for LocalFunction {
    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    async fn cue(&mut self) -> Cue {
        match self.cues.recv().await {
            Some(cue) => cue,
            None => std::future::pending().await,
        }
    }

    fn ended(&mut self, how: &str) -> Reached {
        self.desk.ended(how)
    }
}

impl Drop for LocalFunction {
    fn drop(&mut self) {
        self.listening.iter().for_each(JoinHandle::abort);
    }
}

/// The environment and the caps of a function, as Lambda gives them.
fn conditions(project: &Project, api: SocketAddr) -> Conditions {
    let memory_mb = project.resources.memory_mb.value;
    let milli = u64::from(memory_mb) * 1000 / ONE_PROCESSOR_MB;
    let name = &project.name.value;
    let environment = [
        ("AWS_LAMBDA_RUNTIME_API", api.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory_mb.to_string()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local".to_owned()),
        ("TZ", ":UTC".to_owned()),
    ];
    Conditions {
        environment: environment.map(|(name, value)| (name.to_owned(), value)).into(),
        user: Some(USER.to_owned()),
        memory_mb,
        cpus_milli: u32::try_from(milli).ok(),
        tmp_mb: project.resources.disk_mb.value,
    }
}

/// The longest event and the longest result, in bytes: `request-bytes` and `response-bytes`.
fn longest() -> (usize, usize) {
    let image = limits().iter().find(|limits| limits.kind == "lambda-image");
    let value = |limit: &Option<mlship_core::limits::Limit>| {
        limit.as_ref().and_then(|limit| usize::try_from(limit.value).ok()).unwrap_or(usize::MAX)
    };
    image.map_or((usize::MAX, usize::MAX), |image| {
        (value(&image.numbers.request_bytes), value(&image.numbers.response_bytes))
    })
}

/// Answers every request that comes, until it is aborted. The program of a container computes
/// between two of its calls: it may take any time.
fn listen<A, F>(listener: TcpListener, arrival: Option<Duration>, answer: A) -> JoinHandle<()>
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<Body>> + Send,
{
    tokio::spawn(async move {
        // Those that are open end with this task.
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            while connections.try_join_next().is_some() {}
            let answer = answer.clone();
            connections.spawn(async move {
                let service = service_fn(move |request| {
                    let answer = answer(request);
                    async move { Ok::<_, std::convert::Infallible>(answer.await) }
                });
                let mut server = http1::Builder::new();
                server.timer(TokioTimer::new()).header_read_timeout(arrival);
                // A caller that goes away is no failure.
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}
