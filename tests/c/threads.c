/* Threads that call npe at once: their own edits, one that all read and change, models that are loaded and freed. Usage:
 * threads MODEL THREADS CALLS [ENGINE]; ENGINE is the number of threads of the engine. Each call must answer NPE_OK, or NPE_ERR_BUSY where the edit is shared. */
#define _GNU_SOURCE
#include "must.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 32 };

static npe_load_options options = {sizeof options, NULL, "cpu"};
static npe_model *model;
static npe_edit *shared;
static unsigned char photo[SIDE * SIDE * 3];
static const npe_frame frame = {16, 16, 24, 0};
static long calls;

static npe_edit *encoded(npe_model *with) {
    npe_image image = {sizeof image, photo, sizeof photo, SIDE, SIDE, SIDE * 3, NPE_FORMAT_RGB_U8, 0};
    npe_edit *edit = NULL;
    OK(npe_encode(with, &image, &frame, &edit));
    return edit;
}

static void *work(void *number) {
    unsigned state = (unsigned)(size_t)number * 2654435761u + 1;
    unsigned char pixels[SIDE * SIDE * 3];
    npe_image_out out = {sizeof out, pixels, sizeof pixels, SIDE, SIDE, SIDE * 3, NPE_FORMAT_RGB_U8, 0};
    npe_stroke_options stroke = {sizeof stroke, NPE_MODE_COLOR, {0.2f, 0.4f, 0.6f}};
    npe_edit *own = encoded(model);
    npe_settings settings;
    OK(npe_get_settings(own, &settings, sizeof settings));
    settings.steps = 2;
    OK(npe_set_settings(own, &settings));
    for (long n = 0; n < calls; ++n) {
        npe_dab dab = {10 + (float)(n % 11), 12, 3, 0.5f, 1};
        npe_status status = NPE_OK;
        npe_edit *edit;
        npe_rect rect;
        state = state * 1664525u + 1013904223u;
        edit = (state >> 16) % 4 == 0 ? shared : own;
        switch ((state >> 24) % 16) {
        case 0: case 1: status = npe_stroke(edit, &dab, 1, &stroke, NULL, NULL, NULL, 0); break;
        case 2: case 3: status = npe_decode(edit, NULL, &out); break;
        case 4: status = npe_changed_rect(edit, &rect); break;
        case 5: status = npe_undo(edit, NULL); break;
        case 6: status = npe_redo(edit, NULL); break;
        case 7: status = npe_sample(edit, state); break;
        case 8: status = npe_reset(edit); break;
        case 9: {
            npe_edit *copy = NULL;
            status = npe_edit_copy(edit, &copy);
            if (status == NPE_OK) npe_edit_free(copy);
            break;
        }
        case 10: {
            npe_model *again = NULL;
            OK(npe_load(&options, NULL, NULL, &again));
            npe_model_free(again);
            break;
        }
        case 11:
            npe_edit_free(own);
            own = encoded(model);
            OK(npe_set_settings(own, &settings));
            break;
        case 12: {
            size_t length = 0;
            status = npe_strokes_save(edit, NULL, 0, &length);
            break;
        }
        case 13: MUST(npe_stroke(edit, NULL, 1, &stroke, NULL, NULL, NULL, 0) == NPE_ERR_NULL && npe_last_error()[0] != '\0'); break;
        case 14: {
            npe_session_info info;
            status = npe_session_get_info(&info, sizeof info);
            break;
        }
        default: status = npe_set_settings(edit, &settings); break;
        }
        MUST(status == NPE_OK || (status == NPE_ERR_BUSY && edit == shared));
    }
    npe_edit_free(own);
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t threads[64];
    long count;
    MUST((argc == 4 || argc == 5) && (count = atol(argv[2])) > 0 && count <= 64);
    options.path = argv[1];
    calls = atol(argv[3]);
    OK(npe_session_set_threads(argc == 5 ? (uint32_t)atol(argv[4]) : 0));
    memset(photo, 90, sizeof photo / 2);
    OK(npe_load(&options, NULL, NULL, &model));
    shared = encoded(model);
    for (long n = 0; n < count; ++n) MUST(pthread_create(&threads[n], NULL, work, (void *)(size_t)n) == 0);
    for (long n = 0; n < count; ++n) MUST(pthread_join(threads[n], NULL) == 0);
    npe_edit_free(shared);
    npe_model_free(model);
    printf("%ld threads, %ld calls each\n", count, calls);
    return 0;
}
