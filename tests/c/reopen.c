/* Opens libnpe.so, has a session and closes it, again and again, as a host does whose plug-ins come and go; then closes it with a model, an edit
 * and the engine's threads left behind. Usage: reopen LIBNPE MODEL */
#include "npe.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIDE = 64, TIMES = 20 };

static void fail(const char *what) {
    fprintf(stderr, "%s; dlerror: %s\n", what, dlerror());
    exit(1);
}

static void *library;

/* A function of the library; C has no conversion from void * to it, POSIX has. */
static void find(const char *name, void *function) {
    void *found = dlsym(library, name);
    if (found == NULL) fail(name);
    memcpy(function, &found, sizeof found);
}

static int threads(void) {
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) count += task->d_name[0] != '.';
    closedir(tasks);
    return count;
}

int main(int argc, char **argv) {
    static unsigned char photo[SIDE * SIDE * 3];
    npe_image image = {sizeof image, photo, sizeof photo, SIDE, SIDE, SIDE * 3, NPE_FORMAT_RGB_U8, 0};
    npe_load_options options = {sizeof options, argc == 3 ? argv[2] : NULL, "cpu"};
    npe_stroke_options black = {sizeof black, NPE_MODE_COLOR, {0.1f, 0.1f, 0.1f}};
    npe_frame frame = {32, 32, 48, 0};
    npe_dab dab = {32, 22, 6, 0.5f, 1};
    if (argc != 3) return 2;
    for (int n = 0; n < TIMES; n++) {
        npe_status (*set_threads)(uint32_t);
        npe_status (*load)(const npe_load_options *, npe_progress, void *, npe_model **);
        npe_status (*encode)(const npe_model *, const npe_image *, const npe_frame *, npe_edit **);
        npe_status (*stroke)(npe_edit *, const npe_dab *, size_t, const npe_stroke_options *, npe_progress, void *, npe_stroke_report *, size_t);
        void (*free_model)(npe_model *), (*free_edit)(npe_edit *);
        npe_model *model = NULL;
        npe_edit *edit = NULL;
        if ((library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL)) == NULL) fail("dlopen");
        find("npe_session_set_threads", &set_threads), find("npe_load", &load), find("npe_encode", &encode);
        find("npe_stroke", &stroke), find("npe_model_free", &free_model), find("npe_edit_free", &free_edit);
        if (set_threads(4) || load(&options, NULL, NULL, &model) || encode(model, &image, &frame, &edit) ||
            stroke(edit, &dab, 1, &black, NULL, NULL, NULL, 0))
            fail("a session");
        if (threads() < 4) fail("the engine has no threads");
        if (n < TIMES - 1) {
            free_edit(edit), free_model(model);
            /* They end by themselves, soon. */
            for (int wait = 0; threads() > 1 && wait < 1000; wait++) usleep(1000);
            if (threads() > 1) fail("threads are left");
        }
        if (dlclose(library) != 0) fail("dlclose");
    }
    usleep(50000);
    return 0;
}
