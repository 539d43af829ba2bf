// What tch has no call for. No exception leaves.

#include <ATen/ThreadLocalState.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/GradMode.h>

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
