//! `/metrics` in the text format of Prometheus.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// The process's recorder. Whoever counts uses the macros of the `metrics` crate.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Makes the process's recorder; once a process. A second one counts nothing.
    pub fn install() -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // Tests start several servers in one process: the first recorder stays.
        let _ = metrics::set_global_recorder(recorder);
        Self(handle)
    }

    /// All that was counted.
    pub fn render(&self) -> String {
        self.0.render()
    }
}
