//! The counts as Prometheus reads them.

use std::fmt::{Display, Write};
use std::sync::atomic::Ordering::Relaxed;

use super::histogram::Histogram;
use super::{CLASSES, Metrics};
use crate::host::place::Place;
use crate::problem::Kind;

/// A text under way. Writing to it does not fail.
struct Page(String);

impl Page {
    /// A metric of which samples follow.
    fn about(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One sample; `labels` with their braces, or nothing.
    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    /// A metric of one sample.
    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.about(name, kind, help);
        self.sample(name, "", value);
    }

    /// The samples of a histogram; `label` is one label with a comma after it, or nothing.
    fn histogram<const N: usize>(&mut self, name: &str, label: &str, counted: &Histogram<N>) {
        let (below, count, sum) = counted.read();
        for (bound, so_far) in below {
            let _ = writeln!(self.0, r#"{name}_bucket{{{label}le="{bound}"}} {so_far}"#);
        }
        let _ = writeln!(self.0, r#"{name}_bucket{{{label}le="+Inf"}} {count}"#);
        let braces = match label.trim_end_matches(',') {
            "" => String::new(),
            label => format!("{{{label}}}"),
        };
        let _ = writeln!(self.0, "{name}_sum{braces} {sum}\n{name}_count{braces} {count}");
    }
}

impl Metrics {
    /// The counts, in the text format 0.0.4.
    pub(in crate::host) fn text(&self) -> String {
        let mut page = Page(String::new());
        self.requests(&mut page);
        self.durations(&mut page);
        self.gauges(&mut page);
        self.process(&mut page);
        page.0
    }

    fn requests(&self, page: &mut Page) {
        let name = "mlship_requests_total";
        page.about(name, "counter", "Requests answered, by route and class of status.");
        for place in Place::all() {
            for class in 0..CLASSES {
                let count = self.requests[place.number()][class].load(Relaxed);
                // A route that nobody asked for has no line, but for that of predictions.
                if count > 0 || (place == Place::PREDICT && class > 0) {
                    let route = place.name();
                    let labels = format!(r#"{{route="{route}",status="{}xx"}}"#, class + 1);
                    page.sample(name, &labels, count);
                }
            }
        }
        let name = "mlship_problems_total";
        page.about(name, "counter", "Problems answered, by kind.");
        for kind in Kind::ALL {
            let count = self.problems[*kind as usize].load(Relaxed);
            page.sample(name, &format!(r#"{{kind="{}"}}"#, kind.slug()), count);
        }
        let help = "Requests whose caller left before the answer.";
        page.one("mlship_requests_left_total", "counter", help, self.left.load(Relaxed));
    }

    fn durations(&self, page: &mut Page) {
        let name = "mlship_request_duration_seconds";
        page.about(name, "histogram", "From the head of a request to its reply, by route.");
        for place in Place::all() {
            let counted = &self.durations[place.number()];
            if counted.read().1 > 0 || place == Place::PREDICT {
                page.histogram(name, &format!(r#"route="{}","#, place.name()), counted);
            }
        }
        if let Some(batches) = &self.batches {
            let name = "mlship_batch_examples";
            page.about(name, "histogram", "Examples of one run of the model.");
            page.histogram(name, "", batches);
        }
    }

    fn gauges(&self, page: &mut Page) {
        let in_flight = self.in_flight.load(Relaxed).max(0);
        page.one("mlship_requests_in_flight", "gauge", "Requests under way.", in_flight);
        let queued = self.queued.load(Relaxed);
        page.one("mlship_requests_queued", "gauge", "Requests that wait for the model.", queued);
        let open = self.connections.load(Relaxed);
        page.one("mlship_connections", "gauge", "Connections that are open.", open);
        let load = self.load.load(Relaxed);
        let ready = u8::from(load > 0);
        page.one("mlship_ready", "gauge", "1 once the model is loaded.", ready);
        let help = "How long the model took to load; 0 until it is.";
        page.one("mlship_model_load_seconds", "gauge", help, load as f64 / 1e6);
        let name = "mlship_model_info";
        page.about(name, "gauge", "The model: its name, the digest of its file, what runs it.");
        let (model, version) = (&self.model, env!("CARGO_PKG_VERSION"));
        let (name_, sha256) = (escaped(&model.name), escaped(&model.sha256));
        let engine = &model.engine;
        let labels = format!(
            r#"{{name="{name_}",sha256="{sha256}",engine="{engine}",version="{version}"}}"#
        );
        page.sample(name, &labels, 1);
    }

    fn process(&self, page: &mut Page) {
        let help = "When the process began, in seconds since 1970.";
        page.one("process_start_time_seconds", "gauge", help, self.start_seconds());
        if let Some(bytes) = resident_bytes() {
            let help = "Memory of the process that is resident.";
            page.one("process_resident_memory_bytes", "gauge", help, bytes);
        }
    }
}

/// What the system says of this process; `None` where it says nothing.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

/// The value of a label.
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n")
}
