// What tch has no call for. No exception leaves.

#include <ATen/Context.h>
#include <ATen/ThreadLocalState.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/GradMode.h>

#include <mutex>
#include <thread>

// Gives the memory that libtorch keeps of freed CUDA tensors back to the driver. 0, or 1 if libtorch refuses.
extern "C" int npe_torch_empty_cuda_cache() noexcept {
    try {
        auto *allocator = c10::getDeviceAllocator(c10::DeviceType::CUDA);
        if (allocator->initialized()) {
            allocator->emptyCache();
        }
        return 0;
    } catch (...) {
        return 1;
    }
}

// Gives this thread the libtorch state of a fresh one (no inference mode, no autocast, no hooks of the host), recording gradients
// or not. What npe_torch_leave takes; NULL if memory or threads are short.
extern "C" void *npe_torch_enter(int record) noexcept {
    try {
        static const at::ThreadLocalState fresh = [] {
            at::ThreadLocalState state;
            std::thread([&state] { state = at::ThreadLocalState(); }).join();
            return state;
        }();
        auto *guard = new at::ThreadLocalStateGuard(fresh);
        c10::GradMode::set_enabled(record != 0);
        return guard;
    } catch (...) {
        return nullptr;
    }
}

// Gives this thread back the state it had before npe_torch_enter; in the same thread, the last first.
extern "C" void npe_torch_leave(void *guard) noexcept {
    delete static_cast<at::ThreadLocalStateGuard *>(guard);
}

namespace {

// libtorch rounds the operands of CUDA's convolutions to 10 bits (TF32) unless told otherwise, for the whole process only. The first
// call in switches that off, the last one out puts back what the host had.
struct Exact {
    std::mutex lock;
    int inside = 0;
    at::Float32Precision conv = at::Float32Precision::NONE;
    at::Float32Precision rnn = at::Float32Precision::NONE;
    at::Float32Precision matmul = at::Float32Precision::NONE;
};
Exact exact;
constexpr auto CUDA = at::Float32Backend::CUDA;

} // namespace

// Convolutions and matrix products on CUDA in whole 32-bit floats until npe_torch_inexact. 0, or 1 if libtorch refuses.
extern "C" int npe_torch_exact() noexcept {
    try {
        const std::lock_guard<std::mutex> alone(exact.lock);
        if (exact.inside == 0) {
            auto &context = at::globalContext();
            exact.conv = context.float32Precision(CUDA, at::Float32Op::CONV);
            exact.rnn = context.float32Precision(CUDA, at::Float32Op::RNN);
            exact.matmul = context.float32Precision(CUDA, at::Float32Op::MATMUL);
            context.setAllowTF32CuDNN(false);
            context.setFloat32Precision(CUDA, at::Float32Op::MATMUL, at::Float32Precision::IEEE);
        }
        exact.inside++;
        return 0;
    } catch (...) {
        return 1;
    }
}

// Ends one npe_torch_exact that answered 0.
extern "C" void npe_torch_inexact() noexcept {
    try {
        const std::lock_guard<std::mutex> alone(exact.lock);
        if (--exact.inside == 0) {
            auto &context = at::globalContext();
            // This one call keeps libtorch's older and newer settings alike, where the host had them alike.
            context.setAllowTF32CuDNN(exact.conv == at::Float32Precision::TF32);
            context.setFloat32Precision(CUDA, at::Float32Op::CONV, exact.conv);
            context.setFloat32Precision(CUDA, at::Float32Op::RNN, exact.rnn);
            context.setFloat32Precision(CUDA, at::Float32Op::MATMUL, exact.matmul);
        }
    } catch (...) {
    }
}
