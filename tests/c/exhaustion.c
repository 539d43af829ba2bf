/* What memory that runs out does. Usage: exhaustion MODEL. With more and more room (RLIMIT_AS) a session is tried in a process
 * of its own: each call must work or answer NPE_ERR_OUT_OF_MEMORY (or NPE_ERR_DEVICE where no thread can be started), and with
 * the limit lifted the same objects work on. Prints how many sessions ended how; the exit status is 1 if one was killed. */
#define _GNU_SOURCE
#include "npe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIDE = 3000, FULL = 2, TOLD = 3, WRONG = 4 };

static npe_frame frame = {1500, 1500, 1200, 5};

static size_t address_space(void) {
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%zu", &pages) != 1) exit(WRONG);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int told, wrong;

static npe_status look(npe_status status) {
    if (status == NPE_ERR_OUT_OF_MEMORY || status == NPE_ERR_DEVICE) told = 1;
    else if (status != NPE_OK) wrong = 1, fprintf(stderr, "status %d: %s\n", (int)status, npe_last_error());
    return status;
}

/* A session; `edit` may be there already. */
static void session(npe_model *model, npe_image *image, npe_image_out *out, npe_edit **edit) {
    npe_stroke_options stroke = {sizeof stroke, NPE_MODE_COLOR, {0.1f, 0.1f, 0.1f}};
    npe_dab dab = {1500, 1300, 150, 0.5f, 1};
    if (*edit == NULL && look(npe_encode(model, image, &frame, edit)) != NPE_OK) return;
    look(npe_stroke(*edit, &dab, 1, &stroke, NULL, NULL, NULL, 0));
    look(npe_decode(*edit, NULL, out));
    look(npe_update(*edit));
}

static int child(npe_model *model, npe_image *image, npe_image_out *out, size_t room) {
    struct rlimit before, limit;
    npe_edit *edit = NULL;
    int was;
    getrlimit(RLIMIT_AS, &before);
    limit = before;
    limit.rlim_cur = address_space() + room;
    setrlimit(RLIMIT_AS, &limit);
    session(model, image, out, &edit);
    setrlimit(RLIMIT_AS, &before);
    was = told, told = 0;
    session(model, image, out, &edit);
    if (told || wrong) return WRONG;
    npe_edit_free(edit);
    return was ? TOLD : FULL;
}

int main(int argc, char **argv) {
    size_t bytes = (size_t)SIDE * SIDE * 3;
    unsigned char *photo = malloc(bytes), *result = malloc(bytes);
    npe_image image = {sizeof image, photo, bytes, SIDE, SIDE, SIDE * 3, NPE_FORMAT_RGB_U8, 0};
    npe_image_out out = {sizeof out, result, bytes, SIDE, SIDE, SIDE * 3, NPE_FORMAT_RGB_U8, 0};
    npe_load_options options = {sizeof options, NULL, "cpu"};
    npe_model *model = NULL;
    int ends[5] = {0};
    if (argc != 2) return 1;
    options.path = argv[1];
    memset(photo, 100, bytes / 2);
    memset(photo + bytes / 2, 200, bytes / 2);
    /* One thread: those of a pool would not be there in the child. */
    if (npe_session_set_threads(1) != NPE_OK || npe_load(&options, NULL, NULL, &model) != NPE_OK) return 1;
    for (size_t room = 1 << 20; room <= (size_t)160 << 20; room += (size_t)1 << 20) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) _exit(child(model, &image, &out, room));
        waitpid(pid, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) < 5) {
            ++ends[WEXITSTATUS(status)];
        } else {
            ++ends[0];
            fprintf(stderr, "with room for %zu MiB: killed by signal %d\n", room >> 20, WTERMSIG(status));
        }
    }
    printf("%d sessions ran short of memory and were told, %d had enough, %d went wrong, %d were killed\n", ends[TOLD], ends[FULL],
           ends[WRONG], ends[0]);
    return ends[TOLD] < 5 || ends[FULL] < 5 || ends[WRONG] > 0 || ends[0] > 0;
}
