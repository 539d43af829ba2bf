/* Rows for the table of wrong arguments (arguments.c): what a call is given and must answer. Each output has canaries around it. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "npe.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 32, LATENTS_MAX = 1024 };

/* All that a call may write, with canaries around each. */
static struct outputs {
    uint64_t a; npe_model *model;
    uint64_t b; npe_edit *edit;
    uint64_t c; npe_frame frames[2];
    uint64_t d; size_t count, second;
    uint64_t e; uint32_t width, height, format;
    uint64_t f; npe_rect rect;
    uint64_t g; npe_stroke_report report; char report_later[16];
    uint64_t h; npe_settings settings; char settings_later[16];
    uint64_t i; npe_model_info info; char info_later[16];
    uint64_t j; npe_session_info session; char session_later[16];
    uint64_t k; float latents[LATENTS_MAX], value;
    uint64_t l; char text[8192];
    uint64_t m; int32_t done; const char *name;
    uint64_t n; unsigned char pixels[SIDE * SIDE * 16 + 64];
    uint64_t o;
} out, before;

static unsigned calls;
typedef const char *words;

static void canaries(void) {
    memset(&out, 0x5a, sizeof out);
    memcpy(&before, &out, sizeof out);
}

static void fail(const char *call, int line, npe_status got, npe_status expected, const char *why) {
    fprintf(stderr, "arguments.c:%d: %s: %s; status %d (%s), expected %d; npe_last_error: %s\n", line, call, why, (int)got,
            npe_status_text(got), (int)expected, npe_last_error());
    exit(1);
}

static void check(npe_status got, npe_status expected, const char *call, int line) {
    ++calls;
    if (got != expected) fail(call, line, got, expected, "another status");
    if (got != NPE_OK && strlen(npe_last_error()) < 12) fail(call, line, got, expected, "no sentence");
    if (got != NPE_OK && memcmp(&out, &before, sizeof out) != 0) fail(call, line, got, expected, "an output was written");
}

/* A row of the table: what the call must answer. */
#define ROW(expected, call) (canaries(), check((call), (expected), #call, __LINE__))
/* Rows for a pointer to a handle: NULL, freed, of another kind, made up. */
#define BAD_HANDLES(type, call)                                                                                                \
    do {                                                                                                                       \
        type *it = NULL;                                                                                                       \
        ROW(NPE_ERR_NULL, call);                                                                                               \
        it = (type *)freed_##type;                                                                                             \
        ROW(NPE_ERR_HANDLE, call);                                                                                             \
        it = (type *)other_than_##type;                                                                                        \
        ROW(NPE_ERR_HANDLE, call);                                                                                             \
        it = (type *)(void *)&out;                                                                                             \
        ROW(NPE_ERR_HANDLE, call);                                                                                             \
        it = (type *)UINTPTR_MAX;                                                                                              \
        ROW(NPE_ERR_HANDLE, call);                                                                                             \
        it = (type *)(uintptr_t)1;                                                                                             \
        ROW(NPE_ERR_HANDLE, call);                                                                                             \
    } while (0)
/* Rows for the size of a struct: `size` is what is varied. */
#define BAD_SIZES(size, good, call)                                                                                            \
    do {                                                                                                                       \
        const size_t wrong[] = {0, 1, (good) - 1, 4097, SIZE_MAX / 2, SIZE_MAX};                                               \
        for (size_t n_ = 0; n_ < sizeof wrong / sizeof *wrong; ++n_) {                                                         \
            (size) = wrong[n_];                                                                                                \
            ROW(NPE_ERR_INVALID_ARGUMENT, call);                                                                               \
        }                                                                                                                      \
        (size) = (good);                                                                                                       \
    } while (0)
#define EACH(type, at, ...)                                                                                                    \
    for (const type list_[] = {__VA_ARGS__}, *at = list_; at < list_ + sizeof list_ / sizeof *list_; ++at)

static npe_model *model, *freed_npe_model;
static npe_edit *edit, *freed_npe_edit;
static void *other_than_npe_model, *other_than_npe_edit;
static unsigned char photo_bytes[SIDE * SIDE * 3], layer_bytes[SIDE * SIDE * 4];
static npe_image photo, layer;
static const npe_frame frame = {16, 16, 24, 0};
static const npe_dab dab = {16, 12, 3, 0.5f, 1};

static npe_image_out place(unsigned side, uint32_t format, size_t pixel) {
    npe_image_out o = {0};
    o.struct_size = sizeof o;
    o.data = out.pixels;
    o.width = o.height = side;
    o.stride = side * pixel;
    o.data_size = o.stride * side;
    o.format = format;
    return o;
}

static npe_status encode(npe_image image) {
    return npe_encode(model, &image, &frame, &out.edit);
}

static npe_status paint(npe_image image) {
    return npe_paint(edit, &image, NPE_MODE_COLOR, NULL, NULL, &out.report, sizeof out.report);
}

static npe_status follow(npe_image image) {
    return npe_follow(edit, &image, NULL, NPE_MODE_COLOR, NULL, NULL, &out.report, sizeof out.report);
}

static npe_status faces(npe_image image) {
    return npe_find_faces(&image, out.frames, 2, &out.count);
}

static npe_status model_faces(npe_image image) {
    return npe_model_find_faces(model, &image, out.frames, 2, &out.count);
}

static npe_status decode(npe_image_out image) {
    return npe_decode(edit, NULL, &image);
}

static npe_status decode_change(npe_image_out image) {
    return npe_decode_change(edit, NULL, &image);
}

static npe_status view(npe_image_out image) {
    return npe_view(edit, NPE_VIEW_ORIGINAL, &image);
}

/* All that can be wrong with an image, into `call`; `max` is what its sides may have. */
#define BAD_IMAGES(type, good, call)                                                                                           \
    do {                                                                                                                       \
        type i = (good);                                                                                                       \
        BAD_SIZES(i.struct_size, sizeof i, call(i));                                                                           \
        i = (good), i.data = NULL;                                                                                             \
        ROW(NPE_ERR_NULL, call(i));                                                                                            \
        EACH(size_t, data_size, 0, 1, (good).data_size - 1) i = (good), i.data_size = *data_size, ROW(NPE_ERR_INVALID_ARGUMENT, call(i)); \
        EACH(size_t, stride, 0, 1, (good).stride - 1, (good).stride + 1, SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 31)                \
            i = (good), i.stride = *stride, ROW(NPE_ERR_INVALID_ARGUMENT, call(i));                                            \
        EACH(size_t, stride, SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 31)                                                            \
            i = (good), i.stride = *stride, i.data_size = SIZE_MAX, ROW(NPE_ERR_INVALID_ARGUMENT, call(i));                    \
        EACH(uint32_t, format, 0, 1, 0x10, 0x16, 0x33, 0x53, 0x113, UINT32_MAX)                                                \
            i = (good), i.format = *format, ROW(NPE_ERR_INVALID_ARGUMENT, call(i));                                            \
        i = (good), i.reserved = 1;                                                                                            \
        ROW(NPE_ERR_INVALID_ARGUMENT, call(i));                                                                                \
    } while (0)
#define BAD_SIDES(good, call, expected)                                                                                        \
    EACH(uint32_t, side, 0, 32769, UINT32_MAX / 2, UINT32_MAX) {                                                               \
        npe_image i = (good);                                                                                                  \
        i.width = *side;                                                                                                       \
        ROW(expected, call(i));                                                                                                \
        i = (good), i.height = *side;                                                                                          \
        ROW(expected, call(i));                                                                                                \
        i.width = *side;                                                                                                       \
        ROW(expected, call(i));                                                                                                \
    }

#endif
