/* A small session with a small photo, for scenes that need one. */
#ifndef SMALL_H
#define SMALL_H

#include "must.h"

#include <string.h>

enum { SIDE = 64, BYTES = SIDE * SIDE * 3 };

static const char *path;
static npe_model *model;
static npe_edit *edit;
static unsigned char photo[BYTES];
static const npe_frame frame = {32, 32, 48, 0};

static npe_status load(const char *file, npe_model **to) {
    npe_load_options options = {sizeof options, file, "cpu"};
    return npe_load(&options, NULL, NULL, to);
}

static npe_status encode(npe_edit **to) {
    npe_image image = {sizeof image, photo, BYTES, SIDE, SIDE, SIDE * 3, NPE_FORMAT_RGB_U8, 0};
    return npe_encode(model, &image, &frame, to);
}

static npe_status stroke_told(npe_edit *e, npe_progress progress) {
    npe_stroke_options options = {sizeof options, NPE_MODE_COLOR, {0.1f, 0.1f, 0.1f}};
    npe_dab dab = {32, 22, 6, 0.5f, 1};
    return npe_stroke(e, &dab, 1, &options, progress, NULL, NULL, 0);
}

static npe_status stroke(npe_edit *e) {
    return stroke_told(e, NULL);
}

static npe_status decode(npe_edit *e, unsigned char *pixels) {
    npe_image_out out = {sizeof out, pixels, BYTES, SIDE, SIDE, SIDE * 3, NPE_FORMAT_RGB_U8, 0};
    return npe_decode(e, NULL, &out);
}

static void begin(unsigned threads) {
    OK(npe_session_set_threads(threads));
    OK(load(path, &model));
    OK(encode(&edit));
}

/* A whole session, and that nothing but the stroke changed the picture. */
static void session_of(unsigned threads) {
    unsigned char pixels[BYTES], deep[4096];
    npe_image image = {sizeof image, photo, BYTES, SIDE, SIDE, SIDE * 3, NPE_FORMAT_RGB_U8, 0};
    size_t faces;
    begin(threads);
    OK(npe_find_faces(&image, NULL, 0, &faces));
    memset(deep, '[', sizeof deep);
    MUST(npe_strokes_load(edit, (const char *)deep, sizeof deep, NULL, NULL) == NPE_ERR_STROKE_FILE);
    OK(npe_update(edit));
    OK(npe_undo(edit, NULL));
    OK(stroke(edit));
    OK(decode(edit, pixels));
    MUST(memcmp(pixels, photo, BYTES) != 0);
    OK(npe_undo(edit, NULL));
    OK(decode(edit, pixels));
    MUST(memcmp(pixels, photo, BYTES) == 0);
    npe_edit_free(edit);
    npe_model_free(model);
}

static void paint_photo(void) {
    for (int n = 0; n < BYTES; n++) photo[n] = (unsigned char)(n * 7 % 251);
}

#endif
