/* A session as a host has it: load, encode, stroke, decode. Silent if all is well. Usage: session [MODEL [lie]]
 * What belongs to the process must be as it was: the locale, signal handlers and masks, the modes of floating point, the working
 * folder, the umask and the environment. With "lie" the host says that it has more pixels than it has: a sanitizer must see
 * npe read beyond them (tests/hard/sanitizers.sh asks whether it does). */
#define _GNU_SOURCE
#include "must.h"

#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

enum { SIDE = 128, SIGNALS = 65, KEPT = SIDE * 3 };

static struct process {
    char locale[256], folder[4096];
    struct sigaction actions[SIGNALS];
    sigset_t mask;
    int rounding;
    unsigned control;
    mode_t mode;
    unsigned long environment;
} first, now;

static void look(struct process *p) {
    memset(p, 0, sizeof *p);
    snprintf(p->locale, sizeof p->locale, "%s", setlocale(LC_ALL, NULL));
    MUST(getcwd(p->folder, sizeof p->folder) != NULL);
    for (int n = 1; n < SIGNALS; ++n) sigaction(n, NULL, &p->actions[n]);
    pthread_sigmask(SIG_SETMASK, NULL, &p->mask);
    p->rounding = fegetround();
#ifdef __SSE__
    p->control = _mm_getcsr();
#endif
    umask(p->mode = umask(0));
    for (char **e = environ; *e != NULL; ++e)
        for (const char *c = *e; *c != '\0'; ++c) p->environment = p->environment * 31 + (unsigned char)*c;
}

int main(int argc, char **argv) {
    unsigned char *photo = malloc(SIDE * SIDE * 3), *result = malloc(SIDE * SIDE * 3);
    npe_load_options options = {sizeof options, argc > 1 ? argv[1] : NULL, NULL};
    npe_stroke_options stroke = {sizeof stroke, NPE_MODE_COLOR, {0.1f, 0.1f, 0.1f}};
    npe_dab dab = {64, 40, 9, 0.5f, 1};
    npe_frame frame = {64, 64, 100, 5};
    npe_image image = {sizeof image, photo, SIDE * SIDE * 3, SIDE, SIDE, SIDE * 3, NPE_FORMAT_RGB_U8, 0};
    npe_image_out out = {sizeof out, result, SIDE * SIDE * 3, SIDE, SIDE, SIDE * 3, NPE_FORMAT_RGB_U8, 0};
    npe_model *model = NULL;
    npe_edit *edit = NULL;
    char text[4096];
    size_t length = 0;

    /* Not the defaults, so that putting the defaults back would be seen. */
    setlocale(LC_ALL, "C.UTF-8");
    signal(SIGUSR1, SIG_IGN);
    fesetround(FE_UPWARD);
#ifdef __SSE__
    _mm_setcsr(_mm_getcsr() | 0x8040); /* flush to zero, denormals are zero: as audio and video hosts have it */
#endif
    look(&first);
    for (int n = 0; n < SIDE * SIDE * 3; ++n) photo[n] = (unsigned char)(n * 13 % 241);
    if (argc > 2 && strcmp(argv[2], "lie") == 0) image.data = photo + KEPT;
    OK(npe_load(&options, NULL, NULL, &model));
    OK(npe_encode(model, &image, &frame, &edit));
    OK(npe_stroke(edit, &dab, 1, &stroke, NULL, NULL, NULL, 0));
    OK(npe_decode(edit, NULL, &out));
    MUST(memcmp(photo, result, SIDE * SIDE * 3) != 0);
    OK(npe_strokes_save(edit, text, sizeof text, &length));
    MUST(npe_stroke(edit, NULL, 1, &stroke, NULL, NULL, NULL, 0) == NPE_ERR_NULL);
    npe_edit_free(edit);
    npe_model_free(model);
    look(&now);
    MUST(strcmp(first.locale, now.locale) == 0 && strcmp(first.folder, now.folder) == 0);
    for (int n = 1; n < SIGNALS; ++n) MUST(first.actions[n].sa_handler == now.actions[n].sa_handler);
    MUST(memcmp(&first.mask, &now.mask, sizeof now.mask) == 0);
    MUST(first.rounding == now.rounding && first.control == now.control);
    MUST(first.mode == now.mode && first.environment == now.environment);
    free(photo);
    free(result);
    return 0;
}
