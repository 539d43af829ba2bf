/* A second translation unit of the same program: npe.h must not define anything twice. */
#include "npe.h"
#include "npe.h"

size_t second_unit(void);

size_t second_unit(void) { return sizeof(npe_image); }
