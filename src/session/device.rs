//! The names of the places where a network runs.

use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// Where a network runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Device {
    /// CUDA device 0 if it really works, else npe's own CPU engine, else (for architectures it does not run) libtorch on the CPU;
    /// the session's info says why not CUDA.
    #[default]
    Auto,
    /// npe's own CPU engine.
    Cpu,
    /// libtorch on the CPU: slower than [`Device::Cpu`], but runs every architecture.
    CpuTorch,
    /// libtorch on the CUDA device of this number.
    Cuda(u8),
}

impl FromStr for Device {
    type Err = Error;

    /// `auto`, `cpu`, `cpu-torch`, `cuda` (the same as `cuda:0`) or `cuda:N` with N up to 255.
    fn from_str(name: &str) -> Result<Self> {
        let number = |n: &str| n.bytes().all(|b| b.is_ascii_digit()).then(|| n.parse().ok()).flatten();
        match name {
            "auto" => Ok(Device::Auto),
            "cpu" => Ok(Device::Cpu),
            "cpu-torch" => Ok(Device::CpuTorch),
            "cuda" => Ok(Device::Cuda(0)),
            _ => name.strip_prefix("cuda:").and_then(number).map(Device::Cuda).ok_or_else(|| {
                Error::invalid(format!(
                    "the device {name:?} is not known; use auto, cpu, cpu-torch, cuda or cuda:N (N is 0 to 255)"
                ))
            }),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Auto => f.write_str("auto"),
            Device::Cpu => f.write_str("cpu"),
            Device::CpuTorch => f.write_str("cpu-torch"),
            Device::Cuda(n) => write!(f, "cuda:{n}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written() {
        for name in ["auto", "cpu", "cpu-torch", "cuda:0", "cuda:255"] {
            assert_eq!(name.parse::<Device>().unwrap().to_string(), name);
        }
        assert_eq!("cuda".parse::<Device>().unwrap(), Device::Cuda(0));
        for name in ["", "gpu", "cuda:", "cuda:256", "cuda:-1", "cuda:+1", "CUDA", "cuda:0 ", "cpu_torch"] {
            let said = name.parse::<Device>().unwrap_err().to_string();
            assert!(
                said.contains("use auto, cpu, cpu-torch") && said.contains(&format!("{name:?}")),
                "{said}"
            );
        }
    }
}
