/* npe: the neural photo editor. A person paints a colour on a photo of a face, and a generative network makes it real.
 *
 * Generated from the Rust sources by `NPE_UPDATE_HEADER=1 cargo test --test capi_header`. Do not edit.
 *
 * THREADS. Every function may be called on any thread; none must be called on a particular one. A pointer to const may be
 * used by several calls at once. A pointer to non-const belongs to one call at a time: where an npe_edit is being
 * changed by one call, any other call with it answers NPE_ERR_BUSY at once and does nothing. Different edits may be used
 * at once, those of one model too. Callbacks run on the thread that made the call. npe_last_error() is per thread.
 * A call takes at most 64 KiB of stack. A child of fork() may use what its parent made (on one thread; not with libtorch), if no
 * other thread was inside of a call at that moment.
 *
 * ERRORS. A function that can fail returns an npe_status: NPE_OK is 0. npe_last_error() then has a sentence that says what
 * was wrong, with the values. Results leave through pointers at the end of the arguments; they are written on success
 * only, and a call that fails changes nothing. NULL, freed handles and handles of another kind are answered with an
 * error. No panic and no C++ exception crosses this interface.
 *
 * MEMORY. Every object that npe makes has a function ..._free, which takes NULL too. Everything else belongs to the host: npe
 * copies what it needs during the call and keeps no pointer, except to the log callback. Handles (npe_model *, npe_edit *)
 * are tokens: never dereference them.
 *
 * SIZES. A buffer is followed by its size or count. A struct the host fills begins with `struct_size`: set all of it to 0, then
 * `struct_size` to its sizeof, then the fields. A struct that npe fills is followed by its sizeof. Later versions add fields at
 * the end, where 0 means what was before. npe_dab, npe_frame, npe_placement and npe_rect never grow. Sizes over a limit are
 * NPE_ERR_LIMIT: a photo has 8 to 32,768 pixels a side and at most 2^28 in all, a text at most 32,768 bytes.
 *
 * UNITS. Positions are photo pixels from the photo's top left corner; the centre of the first pixel is at 0.5, 0.5. Texts are
 * UTF-8, end with a NUL, and are in English.
 *
 * MANNERS. npe prints nothing and sets no signal handler, locale, random seed or environment. On x86-64
 * and AArch64 the host's modes of floating point (rounding, traps, small numbers taken for zero; not those of the x87 unit) change no
 * result, and are the host's in callbacks and after a call. npe starts
 * two kinds of threads: those of a model's engine, which sleep when there is nothing to do and end with the model and its edits; and
 * short-lived ones in calls that blend a large photo (npe_decode, npe_update and replays of it), which end before the call returns.
 * Where such a short-lived one can't be started, the calling thread does its part. */


#ifndef NPE_H
#define NPE_H

#include <stddef.h>
#include <stdint.h>

/* The major version of the npe this header belongs to. */
#define NPE_VERSION_MAJOR 0

/* The minor version. */
#define NPE_VERSION_MINOR 1

/* The patch version. */
#define NPE_VERSION_PATCH 0

/* A message about a call that failed: the sentence of npe_last_error(). */
#define NPE_LOG_ERROR 1

/* A message about something done, such as a model loaded. */
#define NPE_LOG_INFO 3

/* Pull towards the stroke's colour. */
#define NPE_MODE_COLOR 0

/* Pull towards what is there, lighter. */
#define NPE_MODE_LIGHTEN 1

/* Pull towards what is there, darker. */
#define NPE_MODE_DARKEN 2

/* Pull back to the photo. */
#define NPE_MODE_RESTORE 3

/* The photo inside the frame, as the network sees it. */
#define NPE_VIEW_ORIGINAL 0

/* How the network reconstructs it. */
#define NPE_VIEW_RECONSTRUCTION 1

/* The face of the current latents. */
#define NPE_VIEW_GENERATED 2

/* Generated minus reconstruction, grey where nothing changed. */
#define NPE_VIEW_DELTA 3

/* Original minus reconstruction, grey where it is exact. */
#define NPE_VIEW_ERROR 4

/* The mask: white where the change is taken. */
#define NPE_VIEW_MASK 5

/* The latents as tiles: red for positive, blue for negative, white at 0. */
#define NPE_VIEW_LATENTS 6

/* The result inside the frame. */
#define NPE_VIEW_RESULT 7

/* The default solver: descends on colour under the brush, keeping the rest, and staying a believable face; never accepts
 * a worse step. */
#define NPE_SOLVER_GUIDED 0

/* The brush as it was published (arXiv 1609.07093): one plain gradient step of fixed size a dab. */
#define NPE_SOLVER_PUBLISHED 1

/* One photo being edited. Free it with npe_edit_free. */
typedef struct npe_edit npe_edit;

/* A generative network in memory. Free it with npe_model_free; edits made with it keep what they need of it. */
typedef struct npe_model npe_model;

/* What a call answers: NPE_OK, or one of NPE_ERR_... The numbers are stable: they are never given another meaning. */
typedef int32_t npe_status;

/* Receives messages: one of NPE_LOG_..., a sentence (UTF-8, valid during the call only), and the pointer given to
 * npe_set_log. Called on any thread that calls npe, on several at once. It must return: no longjmp, no C++ exception. */
typedef void (*npe_log)(int32_t level, const char *message, void *user);

/* What npe runs on. */
typedef struct {
    /* For a person, such as "CPU, 2 threads, AVX-512" or "CUDA 0, NVIDIA H100 80GB HBM3": where the last model was loaded. If
     * "auto" did not take CUDA, it says why not. */
    char device[128];
    /* The version of libtorch if it is open, "" if npe's own CPU engine works alone. */
    char libtorch_version[32];
    /* Memory of the device in bytes, 0 if it is the CPU. */
    uint64_t device_memory;
    /* 1 if a CUDA device does the work, else 0. */
    uint32_t is_cuda;
    /* Threads that a stroke may use. */
    uint32_t threads;
    /* Models in memory now. */
    uint32_t models;
    /* 0. */
    uint32_t reserved;
} npe_session_info;

/* What to load. Set all bytes to 0, then `struct_size`, then what differs from the default. */
typedef struct {
    /* sizeof(npe_load_options). */
    size_t struct_size;
    /* The model file (UTF-8; on Unix any file name), or NULL for the model inside the library. */
    const char *path;
    /* Where it runs: "auto" (CUDA if it works, else "cpu", or "cpu-torch" for a model that "cpu" does not run), "cpu" (npe's own
     * engine, for "ian-simple"), "cuda" (the same as "cuda:0"), "cuda:N", or "cpu-torch" (libtorch on the CPU); NULL is "auto". */
    const char *device;
} npe_load_options;

/* Called during long work with how far it is, 0 to 1, on the thread that made the call. Answers 0 to stop the work
 * (the call then returns NPE_ERR_CANCELLED and has done nothing), anything else to go on. It may call npe, but not with
 * the object that is being worked on (NPE_ERR_BUSY). It must return: no longjmp, no C++ exception. */
typedef int32_t (*npe_progress)(float done, void *user);

/* What is known about a model. The texts belong to the model: they are valid until npe_model_free. */
typedef struct {
    /* A short name for people. */
    const char *name;
    /* Such as "ian-simple". */
    const char *architecture;
    /* What images it has seen. */
    const char *trained_on;
    /* Its terms. */
    const char *licence;
    /* SHA-256 of its file, 64 lower-case hexadecimal digits. */
    const char *sha256;
    /* Side of its images in pixels. */
    uint32_t image_size;
    /* How many latents an image has. */
    uint32_t latents;
    /* Its channel multiplier. */
    uint32_t width;
    /* Units of its encoder's dense layer. */
    uint32_t hidden;
} npe_model_info;

/* How a pixel lies in memory: one of NPE_FORMAT_..., which say the channels in memory order and the type of each: U8 is
 * 0 to 255; U16 is 0 to 65535 in native byte order; F32 is a float, 0 to 1 nominal. All are sRGB-encoded; alpha is not
 * premultiplied. Floats of a photo beyond 0 to 1 (a wide gamut, highlights) are taken as they are: where nothing is changed
 * they are kept bit for bit, where something is they move by the change and are not clamped (but to -65504 to 65504). A float
 * within 0 to 1 stays within. Only the network sees all of them clamped to 0 to 1, and so are those of layers. Floats that
 * are not finite are NPE_ERR_PHOTO. */
typedef uint32_t npe_format;

/* An image that npe reads during a call; the host keeps it. No alignment is needed. Layers of npe_paint and npe_follow have
 * alpha. */
typedef struct {
    /* sizeof(npe_image). */
    size_t struct_size;
    /* The pixels, top row first. */
    const void *data;
    /* Bytes at `data`. */
    size_t data_size;
    /* In pixels, 8 to 32,768; a guide of npe_follow may have less, from 1 on. */
    uint32_t width;
    /* In pixels, 8 to 32,768; a guide of npe_follow may have less, from 1 on. */
    uint32_t height;
    /* Bytes from the start of a row to the start of the next. */
    size_t stride;
    /* One of NPE_FORMAT_... */
    npe_format format;
    /* 0. */
    uint32_t reserved;
} npe_image;

/* A square in a photo: what the network sees of a face. Photo coordinates are pixels from the photo's top left corner; the
 * centre of the first pixel is at 0.5, 0.5. This struct never grows. */
typedef struct {
    /* Centre, in photo pixels from the left. */
    double cx;
    /* Centre, in photo pixels from the top. */
    double cy;
    /* Side in photo pixels, 8 to 131,072; about 3.5 times the distance of the eyes. */
    double side;
    /* Degrees by which the face is turned clockwise, as seen on the screen. */
    double angle;
} npe_frame;

/* One touch of the brush. Consecutive dabs of a stroke are joined. This struct never grows. */
typedef struct {
    /* Photo pixels from the left edge. */
    float x;
    /* Photo pixels from the top edge. */
    float y;
    /* In photo pixels, over 0. */
    float radius;
    /* 0 (soft from the centre on) to 1 (a sharp edge). */
    float hardness;
    /* 0 to 1: how much the dab counts. */
    float pressure;
} npe_dab;

/* What a stroke does to what is under it. */
typedef struct {
    /* sizeof(npe_stroke_options). */
    size_t struct_size;
    /* One of NPE_MODE_... */
    uint32_t mode;
    /* sRGB-encoded red, green, blue, each 0 to 1; only NPE_MODE_COLOR looks at it. */
    float color[3];
} npe_stroke_options;

/* What a stroke did. Of a layer with several parts, `steps` is the sum, the others are means over the parts. */
typedef struct {
    /* The solver's whole loss before. With NPE_SOLVER_GUIDED it never grows. */
    float loss_before;
    /* The solver's whole loss after. */
    float loss_after;
    /* Mean squared colour error under the brush in the network's image (-1 to 1 scale) before. */
    float brush_before;
    /* The same after. */
    float brush_after;
    /* Steps taken. */
    uint32_t steps;
} npe_stroke_report;

/* The rectangle of a photo that a guide covers, in photo pixels; the guide is stretched over it. It may leave the photo. This
 * struct never grows. */
typedef struct {
    /* Left edge, -131,072 to 131,072. */
    double x;
    /* Top edge, -131,072 to 131,072. */
    double y;
    /* Width, 1 to 131,072. */
    double width;
    /* Height, 1 to 131,072. */
    double height;
} npe_placement;

/* A rectangle of whole photo pixels. This struct never grows. */
typedef struct {
    /* Left edge. */
    uint32_t x;
    /* Top edge. */
    uint32_t y;
    /* Width, 0 if it is empty. */
    uint32_t width;
    /* Height, 0 if it is empty. */
    uint32_t height;
} npe_rect;

/* A place for pixels that npe writes during a call. Bytes between the rows are left as they are. */
typedef struct {
    /* sizeof(npe_image_out). */
    size_t struct_size;
    /* Where the pixels go, top row first. */
    void *data;
    /* Bytes at `data`. */
    size_t data_size;
    /* In pixels; must be that of what is written. */
    uint32_t width;
    /* In pixels; must be that of what is written. */
    uint32_t height;
    /* Bytes from the start of a row to the start of the next. */
    size_t stride;
    /* One of NPE_FORMAT_... */
    npe_format format;
    /* 0. */
    uint32_t reserved;
} npe_image_out;

/* How strokes act from now on, and how all of the change is shown. Get it with npe_get_settings, change what you want, and
 * give it back to npe_set_settings. */
typedef struct {
    /* sizeof(npe_settings). */
    size_t struct_size;
    /* One of NPE_SOLVER_...; for strokes from now on. */
    uint32_t solver;
    /* Most solver steps a stroke takes, 1 to 1000; for strokes from now on. */
    uint32_t steps;
    /* 0 to 1: how far towards its colour a stroke goes; for strokes from now on. */
    float strength;
    /* 0 to 1: how far the face may leave the one in the photo; for strokes from now on. */
    float freedom;
    /* 0 to 8: gain on the mask through which the change is seen; at once, for all strokes. */
    float mask;
    /* 0 to 1: how much of the photo's own detail stays in changed places; at once, for all strokes. */
    float detail;
    /* 0 to 1: how much the change is confined to the surroundings of the strokes; at once, for all strokes. */
    float locality;
    /* 0. */
    uint32_t reserved;
} npe_settings;

/* It worked. */
#define NPE_OK 0

/* An argument is out of its documented range. */
#define NPE_ERR_INVALID_ARGUMENT 1

/* A pointer that must point to something is NULL. */
#define NPE_ERR_NULL 2

/* A handle was freed already, is of another kind, or was not made by npe. */
#define NPE_ERR_HANDLE 3

/* A size is over a limit of npe. */
#define NPE_ERR_LIMIT 4

/* A model file is damaged, hostile or of another format. */
#define NPE_ERR_MODEL 5

/* A photo has pixels that npe does not edit, such as floats that are not finite. */
#define NPE_ERR_PHOTO 6

/* No face was found, and no frame was given. */
#define NPE_ERR_NO_FACE 7

/* A stroke file is damaged, of another version, or was painted with another model. */
#define NPE_ERR_STROKE_FILE 8

/* A file can't be read or written. */
#define NPE_ERR_IO 9

/* The device is not there or failed. */
#define NPE_ERR_DEVICE 10

/* There is not enough memory. */
#define NPE_ERR_OUT_OF_MEMORY 11

/* The progress callback stopped the call. */
#define NPE_ERR_CANCELLED 12

/* The object is in use by another call at this moment. Nothing was done; try again when that call has returned. */
#define NPE_ERR_BUSY 13

/* A buffer is too small for the result. */
#define NPE_ERR_BUFFER_TOO_SMALL 14

/* A defect of npe itself, seen by one of its own checks. The objects stay usable; please report npe_last_error(). */
#define NPE_ERR_INTERNAL 15

/* A defect of npe itself that nothing foresaw: a panic (Rust's exception) was stopped before it reached the host. The
 * call did nothing and the objects stay usable; please report npe_last_error(). */
#define NPE_ERR_PANIC 16

/* One 8-bit grey value. */
#define NPE_FORMAT_GREY_U8 17

/* 8-bit grey, alpha. */
#define NPE_FORMAT_GREYA_U8 18

/* 8-bit red, green, blue. */
#define NPE_FORMAT_RGB_U8 19

/* 8-bit red, green, blue, alpha. */
#define NPE_FORMAT_RGBA_U8 20

/* 8-bit blue, green, red, alpha. */
#define NPE_FORMAT_BGRA_U8 21

/* One 16-bit grey value. */
#define NPE_FORMAT_GREY_U16 33

/* 16-bit grey, alpha. */
#define NPE_FORMAT_GREYA_U16 34

/* 16-bit red, green, blue. */
#define NPE_FORMAT_RGB_U16 35

/* 16-bit red, green, blue, alpha. */
#define NPE_FORMAT_RGBA_U16 36

/* 16-bit blue, green, red, alpha. */
#define NPE_FORMAT_BGRA_U16 37

/* One grey float. */
#define NPE_FORMAT_GREY_F32 65

/* Grey, alpha as floats. */
#define NPE_FORMAT_GREYA_F32 66

/* Red, green, blue as floats. */
#define NPE_FORMAT_RGB_F32 67

/* Red, green, blue, alpha as floats. */
#define NPE_FORMAT_RGBA_F32 68

/* Blue, green, red, alpha as floats. */
#define NPE_FORMAT_BGRA_F32 69

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/* The version of the library that is loaded, such as "0.1.0". A host may compare it with the NPE_VERSION_... it was
 * compiled with: while the major version is 0, the minor versions must be equal. Never blocks; any thread. The text is
 * npe's own and lives for ever. */
const char *npe_version(void);

/* A few words for a status, in English; for a number that is no status, words that say so. What exactly was wrong says
 * npe_last_error(). Never blocks; any thread. The text is npe's own and lives for ever. */
const char *npe_status_text(npe_status status);

/* What was wrong with the last call on this thread that failed: a full sentence in English (UTF-8) with the values, or ""
 * if none failed yet. Calls that work leave it as it is. Never blocks; any thread, each has its own. The text is npe's
 * own and lives until the next failing call on this thread. */
const char *npe_last_error(void);

/* Sets the one log callback of the process; NULL stops logging. When it returns, the callback that was set before is not
 * running any more and will not be called again: it waits for that. Any thread, but not from inside the callback
 * (NPE_ERR_BUSY). `user` is handed to the callback as it is and stays the host's. */
npe_status npe_set_log(npe_log log,
                       void *user);

/* Tells what npe runs on. Never blocks for long; any thread. `info` is written; `info_size` is sizeof(npe_session_info). */
npe_status npe_session_get_info(npe_session_info *info,
                                size_t info_size);

/* Sets how many threads the models loaded from now on use: 1 to 64, or 0 for as many as the machine has, at most 8. Models
 * loaded before keep theirs. Never blocks for long; any thread. */
npe_status npe_session_set_threads(uint32_t threads);

/* Names the folder of the libtorch that the devices "cuda", "cuda:N" and "cpu-torch" use (UTF-8; on Unix any file name), or
 * NULL to have it looked for, as the manual's page on libtorch says. A process has one libtorch for good: once it is open,
 * another folder is NPE_ERR_DEVICE. Never blocks for long; any thread. */
npe_status npe_session_set_libtorch(const char *folder);

/* Loads a model, or shares it if the same file is loaded already. Blocks for some hundred milliseconds; any thread.
 * `options` may be NULL: the model inside the library, on the best device. `progress` may be NULL; `user` is handed
 * to it. The host frees `*model` with npe_model_free. On an error (NPE_ERR_MODEL, NPE_ERR_IO, NPE_ERR_DEVICE,
 * NPE_ERR_LIMIT, NPE_ERR_CANCELLED, ...) `*model` is not written and models loaded before stay as they are. */
npe_status npe_load(const npe_load_options *options,
                    npe_progress progress,
                    void *user,
                    npe_model **model);

/* Frees a model; NULL is fine. Edits made with it stay usable. Never blocks for long; any thread. A handle that is not a
 * live model is left alone (npe_last_error() says so). */
void npe_model_free(npe_model *model);

/* Tells what is known about a model. Never blocks for long; any thread. `info` is written, its texts belong to the model;
 * `info_size` is sizeof(npe_model_info). */
npe_status npe_model_get_info(const npe_model *model,
                              npe_model_info *info,
                              size_t info_size);

/* Finds the faces in a photo, largest first. Blocks for about 0.1 s; any thread. `frames` takes up to `capacity` of them;
 * `*count` becomes how many there are, which may be more, or 0 (no error). With NULL and 0 only the count is asked for.
 * For the frames that npe_encode finds itself, ask npe_model_find_faces. */
npe_status npe_find_faces(const npe_image *photo,
                          npe_frame *frames,
                          size_t capacity,
                          size_t *count);

/* As npe_find_faces, with the frames where this model wants them: some models bring their own way of aligning a frame to a
 * face, and npe_encode uses it when it looks for the face itself. Blocks for about 0.1 s; any thread. */
npe_status npe_model_find_faces(const npe_model *model,
                                const npe_image *photo,
                                npe_frame *frames,
                                size_t capacity,
                                size_t *count);

/* Starts an edit: copies the photo, looks at what is inside the frame, and finds the latents of that face. Blocks for some
 * ten milliseconds, and about 0.1 s more where it looks for the face itself; any thread. `frame` may be NULL: the
 * largest face is taken, and NPE_ERR_NO_FACE answered if there is none. A change may go on for half the frame's side beyond
 * it, so a host that gives a part of a photo gives that much and a little more around the frame (around its corners, if it is turned): where the
 * pixels end, npe takes the photo to end, and a seam may show there. The host frees `*edit` with npe_edit_free; the
 * photo and the model may be freed before it. */
npe_status npe_encode(const npe_model *model,
                      const npe_image *photo,
                      const npe_frame *frame,
                      npe_edit **edit);

/* Frees an edit; NULL is fine. Never blocks for long; any thread. A handle that is not a live edit is left alone
 * (npe_last_error() says so). */
void npe_edit_free(npe_edit *edit);

/* Makes an independent copy of an edit with its history, for a host's own undo or to try something. Cheap: photo and
 * history share memory. Never blocks for long; any thread. The host frees `*copy` with npe_edit_free. */
npe_status npe_edit_copy(const npe_edit *edit,
                         npe_edit **copy);

/* Tells where the edit's face is, in photo pixels. Never blocks for long; any thread. */
npe_status npe_edit_get_frame(const npe_edit *edit, npe_frame *frame);

/* Tells size (in pixels) and format of the edit's photo, which are those of npe_decode. Never blocks for long; any
 * thread. All three are written. */
npe_status npe_edit_get_size(const npe_edit *edit,
                             uint32_t *width,
                             uint32_t *height,
                             npe_format *format);

/* Brushes: moves the edit's latents until the generated face has the stroke's colour under its dabs. Blocks for some ten
 * milliseconds to a few seconds, by network and settings; one thread at a time per edit. `count` is 1 to 65,536.
 * `progress` may be NULL; `user` is handed to it. `report` is written, or NULL with a `report_size` of 0; else
 * `report_size` is sizeof(npe_stroke_report). On an error (a value out of its range, a stroke beside the frame,
 * NPE_ERR_CANCELLED, ...) the edit is as it was before. */
npe_status npe_stroke(npe_edit *edit,
                      const npe_dab *dabs,
                      size_t count,
                      const npe_stroke_options *options,
                      npe_progress progress,
                      void *user,
                      npe_stroke_report *report,
                      size_t report_size);

/* Brushes with a painted layer: an image of the photo's size with alpha; its alpha is the brush, its colours are what is
 * pulled to. `mode` is one of NPE_MODE_.... Its connected parts are done one after the other, the largest first, and each
 * is one thing that can be undone; a layer that shows nothing inside the face frame is NPE_ERR_INVALID_ARGUMENT. All else
 * is as for npe_stroke. For a layer that is still being painted there is npe_follow. */
npe_status npe_paint(npe_edit *edit,
                     const npe_image *layer,
                     uint32_t mode,
                     npe_progress progress,
                     void *user,
                     npe_stroke_report *report,
                     size_t report_size);

/* Makes the edit follow a guide: a layer that a person paints on with the host's own brushes, erases, undoes. What the guide
 * led to before is taken back, and what it shows now is done: the edit is about what is painted at this moment. An empty
 * guide takes all of it away and is no error. Call it whenever the guide has changed.
 * 
 * `guide` is an image with alpha, of 1 to 32,768 pixels a side: its alpha is the brush, its colours are what is pulled to.
 * It is stretched over `placement`, or over the whole photo if that is NULL. The network sees some hundred pixels a side at
 * most, so a thumbnail of the face's surroundings (256 pixels a side) is as good as the whole layer. `mode` is one of
 * NPE_MODE_....
 * 
 * The guide's connected parts (at most 32; more are joined with what lies nearest) are done one after the other as strokes
 * are, and each is one thing that can be undone. Specks smaller than a pixel of the network are left out. Parts that are
 * as they were, with the same mode and settings of strokes, are not worked out again unless something before them has
 * changed; changed and new ones come last, the larger first. So one more dab costs about as much as one stroke, and
 * a guide that has not changed costs next to nothing (the report is all 0). A guide whose parts were followed before, all
 * together, is done in the order of then: undo and redo lead to the same pictures, however many steps are taken at once.
 * Nothing grows with the number of calls beyond some hundred KiB.
 * 
 * What counts as the guide's are the things at the end of what was done that npe_follow did, or that npe_strokes_load
 * ended with. After anything else (a stroke, a slider) they belong to what was done before, and a guide that still shows
 * them is done on top. So a host with more than a guide keeps a base edit for all that and lets a copy of it
 * (npe_edit_copy) follow the guide; when the base changes, it makes a new copy. npe_undo takes back one part; the next
 * npe_follow does it again if the guide still shows it.
 * 
 * Blocks as a stroke for each part that is worked out; one thread at a time per edit. `progress` may be NULL; `user` is
 * handed to it. `report` is written, or NULL with a `report_size` of 0; else `report_size` is sizeof(npe_stroke_report). On
 * an error (no alpha, a placement out of its range, NPE_ERR_CANCELLED, ...) the edit is as it was before, with what it can
 * undo and redo. */
npe_status npe_follow(npe_edit *edit,
                      const npe_image *guide,
                      const npe_placement *placement,
                      uint32_t mode,
                      npe_progress progress,
                      void *user,
                      npe_stroke_report *report,
                      size_t report_size);

/* Makes what came of a guide so far, by npe_follow or at the end of npe_strokes_load, a part of what was done before: the next
 * npe_follow begins after it and takes nothing of it back. For a host whose guide begins empty again, as after a result was
 * kept. Not a thing that npe_undo takes back. Never blocks for long; one thread at a time per edit. */
npe_status npe_end_guide(npe_edit *edit);

/* Writes the edited photo, all of it or a rectangle, at its own resolution. Where nothing was changed, and in the alpha
 * channel, it is the photo bit for bit. Blocks for some milliseconds per megapixel; any thread. `rect` may be NULL (all);
 * `image` must be of the rectangle's size. In the photo's own format it is exact; other formats are converted (rounded
 * to the nearest; missing alpha is opaque), but for colours into grey, which is NPE_ERR_INVALID_ARGUMENT. */
npe_status npe_decode(const npe_edit *edit,
                      const npe_rect *rect,
                      const npe_image_out *image);

/* Writes the change alone, as a layer to lay over the photo: where the result is the photo bit for bit, all channels are 0;
 * elsewhere it is the result's colour with the photo's alpha (opaque if it has none). So over an opaque photo the layer
 * shows just what npe_decode writes; where the photo is partly transparent, let the layer replace it. The image's format
 * has alpha (else NPE_ERR_INVALID_ARGUMENT), a grey photo may go into colours. All else is as for npe_decode; it is fastest
 * in a format of the photo's number type. */
npe_status npe_decode_change(const npe_edit *edit,
                             const npe_rect *rect,
                             const npe_image_out *image);

/* Tells the rectangle outside of which the result is the photo bit for bit. If nothing differs from the photo, its width
 * and height are 0. To know what to draw again after a call that changes the edit, ask before and after it and take both
 * rectangles together: after an undo it is smaller or empty, and what it held before has changed back. npe_update makes
 * the result the new photo, and the rectangle is about that photo from then on: after it, draw again the rectangle from
 * before it as well. Blocks for some milliseconds, the first time in a large photo for a tenth of a second; any thread. */
npe_status npe_changed_rect(const npe_edit *edit,
                            npe_rect *rect);

/* Tells the size of a view in pixels. `view` is one of NPE_VIEW_.... Never blocks for long; any thread. */
npe_status npe_view_size(const npe_edit *edit, uint32_t view, uint32_t *width, uint32_t *height);

/* Writes a small picture to look at. `view` is one of NPE_VIEW_..., `image` of the size that npe_view_size tells, and of any
 * format but grey. Blocks for some milliseconds; any thread. */
npe_status npe_view(const npe_edit *edit,
                    uint32_t view,
                    const npe_image_out *image);

/* Takes back the last thing that was done to the edit. Blocks for some milliseconds; one thread at a time per edit.
 * `*undone` becomes 1, or 0 if there was nothing to undo (no error); `undone` may be NULL. */
npe_status npe_undo(npe_edit *edit,
                    int32_t *undone);

/* Does again what was undone last. Blocks for some milliseconds; one thread at a time per edit. `*redone` becomes 1, or
 * 0 if there was nothing to redo (no error); `redone` may be NULL. */
npe_status npe_redo(npe_edit *edit,
                    int32_t *redone);

/* Tells how often npe_undo and npe_redo will find something. At most 300 things can be undone. Never blocks for long;
 * any thread. Either pointer may be NULL. */
npe_status npe_get_undo_levels(const npe_edit *edit,
                               size_t *undo_levels,
                               size_t *redo_levels);

/* Back to the photo, as one thing that can be undone. Blocks for some milliseconds; one thread at a time per edit. */
npe_status npe_reset(npe_edit *edit);

/* Makes the result the photo and finds its latents anew, as one thing that can be undone. Blocks as npe_decode and
 * npe_encode together; one thread at a time per edit. Takes the memory of another photo until it is out of reach of
 * undo (NPE_ERR_OUT_OF_MEMORY). */
npe_status npe_update(npe_edit *edit);

/* Tells the settings of an edit. Never blocks for long; any thread. `settings` is written, its `struct_size` too;
 * `settings_size` is sizeof(npe_settings). */
npe_status npe_get_settings(const npe_edit *edit,
                            npe_settings *settings,
                            size_t settings_size);

/* Changes the settings of an edit, all or (on an error) none; not a thing that npe_undo takes back. Never blocks for long;
 * one thread at a time per edit. */
npe_status npe_set_settings(npe_edit *edit,
                            const npe_settings *settings);

/* Shows a random face instead of the one in the photo; the same seed gives the same face. One thing that can be undone.
 * Blocks for some milliseconds; one thread at a time per edit. */
npe_status npe_sample(npe_edit *edit,
                      uint64_t seed);

/* Copies the latents of the edit out; they are about -3 to 3. Never blocks for long; any thread. `*count` becomes how many
 * there are; `latents` takes them all or none (NPE_ERR_BUFFER_TOO_SMALL). With NULL and 0 only the count is asked for. */
npe_status npe_get_latents(const npe_edit *edit,
                           float *latents,
                           size_t capacity,
                           size_t *count);

/* Sets all latents of the edit (sliders), as one thing that can be undone. `count` is that of npe_get_latents; the values
 * are within -32 to 32. Blocks for some milliseconds; one thread at a time per edit. */
npe_status npe_set_latents(npe_edit *edit,
                           const float *latents,
                           size_t count);

/* Paints on the latent tiles: those within `radius` of `x`, `y` move towards `value`, the nearest all the way. The unit is a
 * tile; they stand in rows as NPE_VIEW_LATENTS shows them (10 in a row for 100 latents), the first one's centre at 0.5,
 * 0.5. One thing that can be undone. Blocks for some milliseconds; one thread at a time per edit. */
npe_status npe_paint_latents(npe_edit *edit,
                             float x,
                             float y,
                             float radius,
                             float value);

/* Tells how many attributes a model has, such as "smile"; many have none. Never blocks for long; any thread. `*count` is
 * written. */
npe_status npe_model_get_attribute_count(const npe_model *model,
                                         size_t *count);

/* Tells the name of an attribute: 1 to 64 bytes of a-z, 0-9, space, _ and -. `index` counts from 0, in the order of the
 * model's author. Never blocks for long; any thread. `*name` is written and belongs to the model: it is valid until
 * npe_model_free. */
npe_status npe_model_get_attribute_name(const npe_model *model,
                                        size_t index,
                                        const char **name);

/* Tells where an attribute stands: 0 is as in the photo, 1 or -1 one typical step from there. Strokes move it too. Never
 * blocks for long; any thread. `name` is one of npe_model_get_attribute_name; `*value` is written. */
npe_status npe_get_attribute(const npe_edit *edit,
                             const char *name,
                             float *value);

/* Moves the face until an attribute stands at `value`, -5 to 5; other attributes move a little with it. Setting the
 * attribute that was set last goes on from there and is the same one thing that can be undone, so a slider may call this
 * for every move of the mouse. Blocks for some milliseconds; one thread at a time per edit. */
npe_status npe_set_attribute(npe_edit *edit,
                             const char *name,
                             float value);

/* Writes all that was done to the edit as text (JSON in UTF-8, the format npe-strokes): a host keeps it in its document,
 * and npe_strokes_load does it again. Never blocks for long; any thread. `text` takes all of it and a NUL, or nothing
 * (NPE_ERR_BUFFER_TOO_SMALL); `*length` becomes its length in bytes without the NUL. With NULL and 0 only the length
 * is asked for. */
npe_status npe_strokes_save(const npe_edit *edit,
                            char *text,
                            size_t capacity,
                            size_t *length);

/* Does again what npe_strokes_save wrote, after what was done to the edit already, and takes over its settings of mask,
 * detail and locality. On the same photo with the same frame and model it gives the same pixels; on another photo the
 * strokes land at the same place of the face. Painted layers at the end of the text count as done by npe_follow: a host that
 * saved an edit which followed a guide loads it into a new edit of the same photo, sets the same settings of strokes with
 * npe_set_settings, and goes on with npe_follow; the same guide then costs nothing, and what is erased from it later is
 * taken back. `length` bytes are read, a NUL is not needed. Blocks as its strokes
 * together; one thread at a time per edit. `progress` may be NULL; `user` is handed to it. On an error
 * (NPE_ERR_STROKE_FILE, NPE_ERR_CANCELLED, ...) the edit is as it was before. */
npe_status npe_strokes_load(npe_edit *edit,
                            const char *text,
                            size_t length,
                            npe_progress progress,
                            void *user);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* NPE_H */
