//! The CPU engine: folded weights, GEMM, the few layers, kernels chosen at run time.
