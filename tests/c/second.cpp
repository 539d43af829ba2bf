// A second translation unit of the same program: npe.hpp must not define anything twice.
#include "npe.hpp"
#include "npe.hpp"

std::size_t second_unit();

std::size_t second_unit() { return sizeof(npe_image); }
