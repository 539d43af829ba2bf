/* Hosts as they should not be, or seldom are. Usage: hostile MODEL [SCENE]. Each scene runs in a process of its own, which must end with 0
 * in time: a call answers, or says why not. Prints the scenes that held; the exit status is 1 if one did not. */
#define _GNU_SOURCE
#include "small.h"

#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

enum { SMALL_STACK = 64 << 10 };

static void session(void) {
    session_of(2);
}

/* A child of fork goes on with what its parent made. The engine's threads did not come along. */
static void forked(void) {
    unsigned char mine[BYTES], other[BYTES];
    int ends[2], status;
    begin(4);
    OK(stroke(edit));
    OK(npe_reset(edit));
    MUST(pipe(ends) == 0);
    if (fork() == 0) {
        alarm(60);
        OK(stroke(edit));
        OK(decode(edit, mine));
        MUST(write(ends[1], mine, BYTES) == BYTES);
        npe_edit_free(edit);
        npe_model_free(model);
        session();
        _exit(0);
    }
    OK(stroke(edit));
    OK(decode(edit, mine));
    close(ends[1]);
    for (ssize_t got = 0, n; got < BYTES && (n = read(ends[0], other + got, (size_t)(BYTES - got))) > 0;) got += n;
    MUST(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    MUST(memcmp(mine, other, BYTES) == 0);
}

static int stop;

static void *strokes(void *unused) {
    (void)unused;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        npe_edit *copy = NULL;
        npe_status s = npe_edit_copy(edit, &copy);
        MUST(s == NPE_OK || s == NPE_ERR_BUSY || s == NPE_ERR_HANDLE);
        s = stroke(edit);
        MUST(s == NPE_OK || s == NPE_ERR_BUSY || s == NPE_ERR_HANDLE);
        npe_edit_free(copy);
    }
    return NULL;
}

/* Objects are freed while other threads are inside of calls with them. */
static void freed_in_use(void) {
    pthread_t threads[3];
    begin(2);
    for (int t = 0; t < 3; t++) MUST(pthread_create(&threads[t], NULL, strokes, NULL) == 0);
    for (int n = 0; n < 30; n++) {
        npe_edit *was = edit;
        usleep(3000);
        OK(encode(&edit));
        npe_edit_free(was);
        MUST(stroke(was) == NPE_ERR_HANDLE);
    }
    npe_model_free(model);
    usleep(10000);
    npe_edit_free(edit);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int t = 0; t < 3; t++) pthread_join(threads[t], NULL);
}

/* The program ends while its threads are inside of calls. */
static void exit_in_use(void) {
    for (int n = 0; n < 12; n++) {
        int status;
        if (fork() == 0) {
            pthread_t thread;
            alarm(60);
            begin(2);
            for (int t = 0; t < 3; t++) MUST(pthread_create(&thread, NULL, strokes, NULL) == 0);
            usleep((unsigned)n * 2000);
            exit(7);
        }
        MUST(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    }
}

/* A progress function that takes away what is worked on. */
static int32_t spoil(float done, void *user) {
    (void)done, (void)user;
    npe_model_free(model);
    MUST(stroke(edit) == NPE_ERR_BUSY || stroke(edit) == NPE_ERR_HANDLE);
    OK(npe_set_log(NULL, NULL));
    npe_edit_free(edit);
    return 1;
}

static void tell(int32_t level, const char *text, void *user) {
    (void)level, (void)text, (void)user;
    MUST(npe_set_log(NULL, NULL) == NPE_ERR_BUSY);
    MUST(npe_reset(NULL) == NPE_ERR_NULL);
}

static void spoiled(void) {
    npe_edit *was;
    begin(2);
    OK(npe_set_log(tell, NULL));
    MUST(npe_undo(NULL, NULL) == NPE_ERR_NULL && strstr(npe_last_error(), "NULL"));
    was = edit;
    (void)stroke_told(edit, spoil);
    MUST(stroke(was) == NPE_ERR_HANDLE);
    session();
}

/* A model is loaded from inside of the loading of the same model, here and by a thread that is waited for. */
static int depth;

static void *load_again(void *unused) {
    npe_model *m = NULL;
    OK(load(path, &m));
    npe_model_free(m);
    return unused;
}

static int32_t nested(float done, void *user) {
    npe_session_info info;
    (void)done, (void)user;
    if (depth++ == 0) {
        pthread_t thread;
        OK(npe_session_get_info(&info, sizeof info));
        OK(npe_session_set_threads(1));
        load_again(NULL);
        MUST(pthread_create(&thread, NULL, load_again, NULL) == 0);
        pthread_join(thread, NULL);
    }
    return 1;
}

static void load_in_load(void) {
    npe_load_options options = {sizeof options, path, "cpu"};
    OK(npe_load(&options, nested, NULL, &model));
    MUST(depth > 0);
    npe_model_free(model);
}

static void *loads(void *unused) {
    for (; unused == NULL; pthread_testcancel()) load_again(NULL);
    return NULL;
}

/* A thread that is cancelled inside of a call. */
static void cancelled(void) {
    for (int n = 0; n < 50; n++) {
        pthread_t thread;
        MUST(pthread_create(&thread, NULL, loads, NULL) == 0);
        usleep((unsigned)n * 100);
        pthread_cancel(thread);
        pthread_join(thread, NULL);
    }
    session();
}

static void *rewrite(void *file) {
    for (unsigned n = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); n++) {
        int from = open(path, O_RDONLY), to = open(file, O_WRONLY | O_CREAT, 0600);
        static char bytes[1 << 22];
        ssize_t size = read(from, bytes, sizeof bytes);
        MUST(size > 0 && write(to, bytes, (size_t)(n % 3 == 0 ? size / 2 : size)) > 0);
        MUST(ftruncate(to, n % 2 ? size : size / 3) == 0);
        close(from), close(to);
    }
    return NULL;
}

/* A model's file is written and cut short while it is loaded. */
static void file_in_use(void) {
    char file[] = "/tmp/npe-hostile-XXXXXX";
    int loaded = 0, refused = 0;
    pthread_t thread;
    close(mkstemp(file));
    MUST(pthread_create(&thread, NULL, rewrite, file) == 0);
    for (int n = 0; n < 400; n++) {
        npe_model *m = NULL;
        npe_status s = load(file, &m);
        MUST(s == NPE_OK || s == NPE_ERR_MODEL || s == NPE_ERR_IO);
        s == NPE_OK ? loaded++ : refused++;
        npe_model_free(m);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    unlink(file);
    MUST(refused > 0);
}

/* What is no file: nothing to read without end, and nothing to wait for. */
static void no_file(void) {
    static char longer[1 << 20];
    char fifo[] = "/tmp/npe-hostile-XXXXXX";
    npe_model *m = NULL;
    memset(longer, 'a', sizeof longer - 1);
    MUST(mkdtemp(fifo) != NULL);
    MUST(load(fifo, &m) != NPE_OK);
    rmdir(fifo);
    MUST(mkfifo(fifo, 0600) == 0);
    MUST(load(fifo, &m) == NPE_ERR_MODEL);
    unlink(fifo);
    MUST(load("/dev/zero", &m) != NPE_OK && load("/dev/urandom", &m) != NPE_OK && load("/proc/self/mem", &m) != NPE_OK);
    /* Not told in a sentence as long. */
    MUST(load(longer, &m) == NPE_ERR_LIMIT && strlen(npe_last_error()) < 200);
    longer[30000] = '\0';
    MUST(load(longer, &m) == NPE_ERR_IO);
    MUST(m == NULL);
}

/* Files and threads that can't be had. */
static void no_room(void) {
    struct rlimit limit, was;
    npe_model *m = NULL;
    npe_status s;
    begin(2);
    getrlimit(RLIMIT_NOFILE, &was);
    limit = was, limit.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &limit);
    MUST(load("/proc/self/exe", &m) == NPE_ERR_IO);
    OK(stroke(edit));
    setrlimit(RLIMIT_NOFILE, &was);
    /* Root is above the limit of threads, so it steps down. */
    MUST(geteuid() != 0 || setuid(65534) == 0);
    getrlimit(RLIMIT_NPROC, &was);
    limit = was, limit.rlim_cur = 0;
    setrlimit(RLIMIT_NPROC, &limit);
    OK(npe_session_set_threads(8));
    s = load(path, &m);
    MUST(s == NPE_OK || s == NPE_ERR_DEVICE || s == NPE_ERR_IO);
    OK(stroke(edit));
}

static void bell(int signal) {
    (void)signal;
}

/* A signal every millisecond that interrupts what waits. */
static void interrupted(void) {
    struct sigaction action;
    struct itimerval every = {{0, 1000}, {0, 1000}};
    memset(&action, 0, sizeof action);
    action.sa_handler = bell;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    for (int n = 0; n < 5; n++) session();
}

static void *in_thread(void *unused) {
    (void)unused;
    session_of(1); /* all of it on this thread */
    return NULL;
}

/* A thread with a stack of 64 KiB. */
static void small_stack(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    MUST(pthread_attr_setstacksize(&attributes, SMALL_STACK) == 0);
    MUST(pthread_create(&thread, &attributes, in_thread, NULL) == 0);
    pthread_join(thread, NULL);
}

/* Modes of floating point, and what has been inexact or the like so far. The C library's answer is of the x87 unit where there is one. */
static unsigned modes(void) {
#ifdef __SSE__
    return _mm_getcsr();
#else
    return (unsigned)fegetround();
#endif
}

static unsigned mine;
static int asked;

static int in_my_modes(float done, void *unused) {
    (void)unused;
    MUST(done >= 0 && modes() == mine);
    /* What a callback sets stays. */
    fesetround(asked++ % 2 ? FE_UPWARD : FE_DOWNWARD);
    mine = modes();
    return npe_reset(edit) == NPE_ERR_BUSY; /* a call inside of the call */
}

/* Floating point that traps on what is no number, rounds upward and, as audio and video hosts have it, takes small numbers for zero: the
 * picture is the same, and the modes are the host's again after each call and in its callbacks. */
static void trapping(void) {
    unsigned char plain[BYTES], other[BYTES];
    begin(2);
    OK(stroke(edit));
    OK(decode(edit, plain));
    OK(npe_reset(edit));
    fesetround(FE_UPWARD);
#ifdef __SSE__
    _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
    feclearexcept(FE_ALL_EXCEPT);
#ifdef __GLIBC__
    feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
#endif
    mine = modes();
    session();
    session_of(1);
    begin(2);
    OK(stroke_told(edit, in_my_modes));
    OK(decode(edit, other));
    MUST(asked > 2 && modes() == mine && memcmp(plain, other, BYTES) == 0);
}

static void at_the_end(void *unused) {
    (void)unused;
    MUST(npe_reset(NULL) == NPE_ERR_NULL);
    OK(stroke(edit));
}

static void at_exit(void) {
    at_the_end(NULL);
}

static void *ending(void *key) {
    pthread_setspecific(*(pthread_key_t *)key, "a value");
    return NULL;
}

/* Calls from a thread that is being torn down, and from the end of the program. */
static void torn_down(void) {
    pthread_key_t key;
    pthread_t thread;
    begin(2);
    pthread_key_create(&key, at_the_end);
    MUST(pthread_create(&thread, NULL, ending, &key) == 0);
    pthread_join(thread, NULL);
    atexit(at_exit);
    exit(0);
}

/* Standard input, output and error are closed, so the next file is number 0. */
static void closed(void) {
    close(0), close(1), close(2);
    session();
    MUST(fcntl(0, F_GETFD) == -1 && fcntl(1, F_GETFD) == -1 && fcntl(2, F_GETFD) == -1);
}

static const struct scene {
    const char *name;
    void (*run)(void);
} scenes[] = {{"session", session},         {"forked", forked},           {"freed in use", freed_in_use},
              {"exit in use", exit_in_use}, {"spoiled", spoiled},         {"file in use", file_in_use},
              {"no file", no_file},         {"no room", no_room},         {"interrupted", interrupted},
              {"small stack", small_stack}, {"trapping", trapping},       {"torn down", torn_down},
              {"closed", closed},           {"load in load", load_in_load},
              {"cancelled", cancelled}};

int main(int argc, char **argv) {
    int bad = 0;
    MUST(argc >= 2);
    path = argv[1];
    paint_photo();
    for (size_t n = 0; n < sizeof scenes / sizeof *scenes; n++) {
        int status = 0;
        if (argc > 2 && strcmp(argv[2], scenes[n].name) != 0) continue;
        fflush(stdout);
        if (fork() == 0) {
            setlocale(LC_ALL, "");
            if (scenes[n].run != interrupted) alarm(120);
            scenes[n].run();
            exit(0);
        }
        wait(&status);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            printf("%s: ok\n", scenes[n].name);
        } else {
            printf("%s: FAILED, exit status %d, signal %d\n", scenes[n].name, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                   WIFSIGNALED(status) ? WTERMSIG(status) : 0);
            bad = 1;
        }
    }
    return bad;
}
