//! npe's benchmarks: `cargo bench -p npe-bench`.
