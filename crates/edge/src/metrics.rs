//! `/metrics` of the admin socket, in the Prometheus text format: what is counted, and every bound beside what it bounds.

use std::fmt::Write;
use std::time::Duration;

use crate::edge::Edge;
use crate::model::{Counts, Tally};
use crate::{limits, probe, supervise, tally};

pub(crate) fn text(edge: &Edge) -> String {
    let mut page = Page::default();
    page.family("trunkline_edge_routes_generation", "gauge", "Generation of the routing table.");
    page.sample("", edge.generation());
    page.family("trunkline_edge_connections", "gauge", "Open connections by address.");
    page.sample("{address=\"system\"}", edge.links.system.open());
    page.sample("{address=\"product\"}", edge.links.product.open());
    page.family("trunkline_edge_trusted_proxies", "gauge", "Proxies whose word is believed.");
    page.sample("", edge.proxies().len());
    instances(&mut page, &edge.supervisor.states());
    deployments(&mut page, &edge.counts());
    snapshots(&mut page, edge);
    bounds(&mut page, edge);
    page.0.push_str(&edge.extension.metrics());
    page.0
}

fn instances(page: &mut Page, states: &[&str]) {
    page.family("trunkline_edge_instances", "gauge", "Instances by state.");
    for word in ["starting", "healthy", "unhealthy", "exited", "draining", "stopped"] {
        page.sample(&format!("{{state=\"{word}\"}}"), states.iter().filter(|state| **state == word).count());
    }
}

fn deployments(page: &mut Page, counts: &[Counts]) {
    type Value = fn(&Tally) -> u64;
    let families: [(&str, &str, &str, Value); 6] = [
        ("requests_total", "counter", "Requests answered or failed.", |t| t.requests),
        ("failures_total", "counter", "Requests that failed.", |t| t.failures),
        ("in_flight", "gauge", "Requests, streams and upgraded connections now.", |t| t.in_flight),
        ("clients", "gauge", "Distinct clients.", |t| t.clients),
        ("failed_clients", "gauge", "Distinct clients that met a failure.", |t| t.failed_clients),
        ("persons", "gauge", "Distinct witnessed visitors.", |t| t.persons),
    ];
    for (name, kind, help, value) in families {
        page.family(&format!("trunkline_edge_{name}"), kind, help);
        for count in counts {
            page.sample(&format!("{{{}}}", labels(count)), value(&count.total));
        }
    }
    page.family("trunkline_edge_response_head_seconds", "summary", "Time from a request's head to its response's.");
    for count in counts {
        let latency = count.total.latency;
        for (quantile, ms) in [("0.5", latency.p50_ms), ("0.9", latency.p90_ms), ("0.99", latency.p99_ms)] {
            page.sample(&format!("{{{},quantile=\"{quantile}\"}}", labels(count)), ms / 1_000.0);
        }
    }
}

fn snapshots(page: &mut Page, edge: &Edge) {
    let all = edge.snapshots.all();
    page.family("trunkline_edge_snapshot_generation", "gauge", "Generation of each snapshot in force.");
    for (name, held) in &all {
        page.sample(&format!("{{name=\"{name}\"}}"), held.generation);
    }
    page.family("trunkline_edge_snapshot_bytes", "gauge", "Size of each snapshot in force.");
    for (name, held) in &all {
        page.sample(&format!("{{name=\"{name}\"}}"), held.bytes);
    }
    page.family("trunkline_edge_snapshots_set_aside", "gauge", "Snapshots that were damaged when this edge started.");
    page.sample("", edge.snapshots.set_aside());
}

fn labels(count: &Counts) -> String {
    let service = count.service.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("service=\"{service}\",deployment=\"{}\"", count.deployment)
}

fn bounds(page: &mut Page, edge: &Edge) {
    let own = &edge.limits;
    page.family("trunkline_edge_limit", "gauge", "Bounds: a number of things.");
    let numbers = [
        ("connections_per_address", own.connections as u64),
        ("connections_per_peer", own.connections_per_peer() as u64),
        ("in_flight_per_instance", own.in_flight),
        ("streams_per_connection", u64::from(limits::STREAMS)),
        ("headers", limits::HEADERS as u64),
        ("pooled_connections_per_instance", limits::POOLED as u64),
        ("services", limits::SERVICES as u64),
        ("arms_per_service", limits::ARMS as u64),
        ("instances", limits::INSTANCES as u64),
        ("snapshots", limits::SNAPSHOTS as u64),
        ("stopped_instances_remembered", supervise::REMEMBERED as u64),
        ("tallied_deployments", tally::KEPT as u64),
        ("distinct_per_tally", tally::distinct::BOUND),
    ];
    page.bounds(&numbers);
    page.family("trunkline_edge_limit_bytes", "gauge", "Bounds: bytes.");
    let sizes = [
        ("request_head", limits::HEAD_BYTES as u64),
        ("admin_body", limits::ADMIN_BODY_BYTES as u64),
        ("snapshot", limits::SNAPSHOT_BYTES as u64),
    ];
    page.bounds(&sizes);
    page.family("trunkline_edge_limit_seconds", "gauge", "Bounds: time.");
    let times = [
        ("request_head", own.head),
        ("idle", own.idle),
        ("stall", own.stall),
        ("response_head", own.response_head),
        ("response_stall", own.response_stall),
        ("connect", limits::CONNECT),
        ("connect_patience", own.connect_patience),
        ("pooled_for", limits::POOLED_FOR),
        ("pooled_for_unrepeatable", limits::POOLED_FOR_UNREPEATABLE),
        ("farewell", own.farewell),
        ("stopped_remembered_for", supervise::REMEMBERED_FOR.unsigned_abs()),
        ("probe_header", probe::LIFE_MAX.unsigned_abs()),
    ];
    page.bounds(&times.map(|(name, time): (&str, Duration)| (name, time.as_secs_f64())));
}

#[derive(Default)]
struct Page(String, String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _strings_take_everything = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        name.clone_into(&mut self.1);
    }

    /// A value of the family that was begun last.
    fn sample(&mut self, labels: &str, value: impl std::fmt::Display) {
        let _strings_take_everything = writeln!(self.0, "{}{labels} {value}", self.1);
    }

    fn bounds<T: std::fmt::Display + Copy>(&mut self, bounds: &[(&str, T)]) {
        for (name, value) in bounds {
            self.sample(&format!("{{of=\"{name}\"}}"), value);
        }
    }
}
