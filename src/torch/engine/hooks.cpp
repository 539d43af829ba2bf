// What only tests look at; no library that ships has it. No exception leaves.

#include <ATen/Context.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <iterator>
#include <utility>

// Whether convolutions on CUDA round to TF32 now: 0 or 1, -1 if libtorch does not say.
extern "C" int npe_torch_test_rounds() noexcept {
    try {
        return at::globalContext().allowTF32CuDNN() ? 1 : 0;
    } catch (...) {
        return -1;
    }
}

namespace {

using Place = std::pair<at::Float32Backend, at::Float32Op>;
const Place PLACES[] = {
    {at::Float32Backend::GENERIC, at::Float32Op::ALL}, {at::Float32Backend::CUDA, at::Float32Op::ALL},
    {at::Float32Backend::CUDA, at::Float32Op::CONV},   {at::Float32Backend::CUDA, at::Float32Op::RNN},
    {at::Float32Backend::CUDA, at::Float32Op::MATMUL},
};
const at::Float32Precision PRECISIONS[] = {
    at::Float32Precision::NONE, at::Float32Precision::IEEE, at::Float32Precision::TF32};

} // namespace

// Which precision holds in a place, numbered as in these lists; -1 if libtorch does not say.
extern "C" int npe_torch_test_holds(int place) noexcept {
    try {
        const auto holds = at::globalContext().float32Precision(PLACES[place].first, PLACES[place].second);
        return static_cast<int>(std::find(PRECISIONS, std::end(PRECISIONS), holds) - PRECISIONS);
    } catch (...) {
        return -1;
    }
}

// Writes a precision in a place, as a host does. 0, or 1 if libtorch refuses.
extern "C" int npe_torch_test_write(int place, int precision) noexcept {
    try {
        at::globalContext().setFloat32Precision(PLACES[place].first, PLACES[place].second, PRECISIONS[precision]);
        return 0;
    } catch (...) {
        return 1;
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
