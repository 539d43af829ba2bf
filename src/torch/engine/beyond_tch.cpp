// What tch has no call for. No exception leaves.

#include <ATen/Context.h>
#include <ATen/ThreadLocalState.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/GradMode.h>
#include <c10/core/StreamGuard.h>

#include <cstdio>
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

// Makes a GPU's default stream the one that this thread's operations go to. What npe_torch_leave_stream takes; NULL if libtorch
// refuses, and in `why`, of `size` bytes, what it said.
extern "C" void *npe_torch_default_stream(int8_t device, char *why, size_t size) noexcept {
    try {
        const c10::impl::VirtualGuardImpl gpus(c10::DeviceType::CUDA);
        return new c10::StreamGuard(gpus.getDefaultStream(c10::Device(c10::DeviceType::CUDA, device)));
    } catch (const std::exception &e) {
        std::snprintf(why, size, "%s", e.what());
        return nullptr;
    } catch (...) {
        return nullptr;
    }
}

// Gives this thread back the stream and the GPU it had before npe_torch_default_stream; in the same thread, the last first.
extern "C" void npe_torch_leave_stream(void *guard) noexcept {
    delete static_cast<c10::StreamGuard *>(guard);
}

namespace {

// libtorch rounds the operands of CUDA's convolutions to 10 bits (TF32) unless told otherwise, for the whole process only. The first
// call in switches that off, the last one out puts back what the host had.
//
// An operation with nothing written for it follows ALL, and that follows the generic ALL; libtorch tells what holds, not what is
// written. So ALL is switched off first: an operation that rounds still has TF32 written for itself. Nothing else is written over, and
// what followed ALL follows it again.
struct Exact {
    std::mutex lock;
    int inside = 0;
    // Where TF32 held.
    bool generic = false, all = false, conv = false, rnn = false, matmul = false;
};
Exact exact;
using Op = at::Float32Op;
using Precision = at::Float32Precision;
constexpr auto CUDA = at::Float32Backend::CUDA;

// Switches TF32 off here; whether it was on.
bool stop(Op op) {
    auto &context = at::globalContext();
    const bool on = context.float32Precision(CUDA, op) == Precision::TF32;
    if (on) {
        context.setFloat32Precision(CUDA, op, Precision::IEEE);
    }
    return on;
}

} // namespace

// Convolutions and matrix products on CUDA in whole 32-bit floats until npe_torch_inexact. 0, or 1 if libtorch refuses.
extern "C" int npe_torch_exact() noexcept {
    try {
        const std::lock_guard<std::mutex> alone(exact.lock);
        if (exact.inside == 0) {
            auto &context = at::globalContext();
            exact.generic = context.float32Precision(at::Float32Backend::GENERIC, Op::ALL) == Precision::TF32;
            exact.all = stop(Op::ALL);
            exact.conv = stop(Op::CONV);
            exact.rnn = stop(Op::RNN);
            exact.matmul = stop(Op::MATMUL);
            if (exact.conv && exact.rnn) {
                // Keeps libtorch's older setting, of both, like the newer ones. It writes NONE, which follows ALL.
                context.setAllowTF32CuDNN(false);
                context.setFloat32Precision(CUDA, Op::CONV, Precision::IEEE);
                context.setFloat32Precision(CUDA, Op::RNN, Precision::IEEE);
            }
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
            if (exact.conv && exact.rnn) {
                context.setAllowTF32CuDNN(true);
            } else if (exact.conv || exact.rnn) {
                context.setFloat32Precision(CUDA, exact.conv ? Op::CONV : Op::RNN, Precision::TF32);
            }
            if (exact.matmul) {
                context.setFloat32Precision(CUDA, Op::MATMUL, Precision::TF32);
            }
            if (exact.all) {
                // Of the two that rounded it can't be told whether this one only followed: libtorch's standard is that it does.
                context.setFloat32Precision(CUDA, Op::ALL, exact.generic ? Precision::NONE : Precision::TF32);
            }
        }
    } catch (...) {
    }
}
