//! Steady state takes no more memory. Alone in its process, so that no other test's memory is counted.
#![cfg(target_os = "linux")]

use npe::{
    cpu::CpuGenerator,
    generator::{Generator, Target},
};

#[test]
fn ten_thousand_strokes_take_no_more_memory() {
    let resident = || -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let engine = CpuGenerator::random(2, 4, 4, 3, 2).unwrap();
    let weight: Vec<f32> = (0..4096).map(|i| f32::from(i % 64 / 17 == 1 && i / 64 / 17 == 1)).collect();
    let colour = vec![0.0; 3 * 4096];
    let stroke = |i: usize| {
        let z = [i as f32 * 1e-4; 4];
        engine.decode(&z).unwrap();
        engine.pull(&z, &Target { weight: &weight, colour: &colour }).unwrap();
    };
    (0..1_000).for_each(stroke);
    let before = resident();
    (1_000..11_000).for_each(stroke);
    let grown = resident().saturating_sub(before);
    assert!(grown < 1024, "{grown} KiB more after 10,000 strokes");
}
