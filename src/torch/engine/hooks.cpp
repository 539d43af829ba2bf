// What only tests look at; no library that ships has it. No exception leaves.

#include <ATen/Context.h>
#include <ATen/record_function.h>

// Whether convolutions on CUDA round to TF32 now: 0 or 1, -1 if libtorch does not say.
extern "C" int npe_torch_test_rounds() noexcept {
    try {
        return at::globalContext().allowTF32CuDNN() ? 1 : 0;
    } catch (...) {
        return -1;
    }
}

namespace {

void (*see)(const char *name) = nullptr;

std::unique_ptr<at::ObserverContext> tell(const at::RecordFunction &operation) {
    see(operation.name());
    return nullptr;
}

} // namespace

// From now on each operation of libtorch is told, by its name and in the thread that calls it. Once in a process. 0, or 1 if libtorch
// refuses.
extern "C" int npe_torch_test_watch(void (*told)(const char *name)) noexcept {
    try {
        see = told;
        at::addGlobalCallback(at::RecordFunctionCallback(tell).scopes({at::RecordScope::FUNCTION}));
        return 0;
    } catch (...) {
        return 1;
    }
}
