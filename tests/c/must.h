/* What the C tests demand: a condition, or an answer of NPE_OK. What does not hold is printed with npe's sentence and ends the test with 1. */
#ifndef MUST_H
#define MUST_H

#include "npe.h"

#include <stdio.h>
#include <stdlib.h>

#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s; npe_last_error: %s\n", __FILE__, __LINE__, #condition, npe_last_error());      \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)
#define OK(call) MUST((call) == NPE_OK)

#endif
