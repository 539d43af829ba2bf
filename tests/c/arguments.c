/* Every pointer and every size of every export, wrong: the documented code, a sentence, and no output written. Then what looks
 * wrong and is not: odd addresses, buffers that are the input too, sizes of a later npe. The argument, if any, is another model
 * with an attribute (a small one for Valgrind); prints how many calls it made, or the first that was not as documented (exit
 * status 1). */
#include "arguments.h"

static void session_and_models(void) {
    npe_load_options o = {sizeof o, NULL, NULL};
    size_t size = 0;
    ROW(NPE_ERR_NULL, npe_load(NULL, NULL, NULL, NULL));
    BAD_SIZES(o.struct_size, sizeof o, npe_load(&o, NULL, NULL, &out.model));
    o.path = "/nowhere/at/all";
    ROW(NPE_ERR_IO, npe_load(&o, NULL, NULL, &out.model));
    o.path = "";
    ROW(NPE_ERR_IO, npe_load(&o, NULL, NULL, &out.model));
    o.path = "/dev/null";
    ROW(NPE_ERR_MODEL, npe_load(&o, NULL, NULL, &out.model));
    o.path = NULL;
    EACH(words, device, "", "quantum", "cuda:", "cuda:256", "\xff\xfe") {
        o.device = *device;
        ROW(NPE_ERR_INVALID_ARGUMENT, npe_load(&o, NULL, NULL, &out.model));
    }
    BAD_HANDLES(npe_model, npe_model_get_info(it, &out.info, sizeof out.info));
    ROW(NPE_ERR_NULL, npe_model_get_info(model, NULL, sizeof out.info));
    BAD_SIZES(size, sizeof out.info, npe_model_get_info(model, &out.info, size));
    ROW(NPE_ERR_NULL, npe_session_get_info(NULL, sizeof out.session));
    BAD_SIZES(size, sizeof out.session, npe_session_get_info(&out.session, size));
    ROW(NPE_ERR_LIMIT, npe_session_set_threads(65));
    ROW(NPE_ERR_LIMIT, npe_session_set_threads(UINT32_MAX));
    ROW(NPE_OK, npe_session_set_libtorch(NULL));
    ROW(NPE_OK, npe_set_log(NULL, NULL));
    BAD_HANDLES(npe_model, npe_model_get_attribute_count(it, &out.count));
    ROW(NPE_ERR_NULL, npe_model_get_attribute_count(model, NULL));
    BAD_HANDLES(npe_model, npe_model_get_attribute_name(it, 0, &out.name));
    ROW(NPE_ERR_NULL, npe_model_get_attribute_name(model, 0, NULL));
    ROW(NPE_ERR_INVALID_ARGUMENT, npe_model_get_attribute_name(model, SIZE_MAX, &out.name));
    /* These answer nothing; a wrong handle is left alone. */
    canaries(), npe_model_free(NULL), npe_edit_free(NULL);
    npe_model_free(freed_npe_model), npe_edit_free(freed_npe_edit);
    npe_model_free((npe_model *)edit), npe_edit_free((npe_edit *)model);
    npe_model_free((npe_model *)(void *)&out), npe_edit_free((npe_edit *)UINTPTR_MAX);
    EACH(int32_t, status, INT32_MIN, -1, 16, INT32_MAX) if (npe_status_text(*status)[0] == '\0') fail("npe_status_text", __LINE__, 0, 0, "no words");
    if (strcmp(npe_version(), "0.1.0") != 0 && npe_version()[0] == '\0') fail("npe_version", __LINE__, 0, 0, "no version");
}

static void photos(void) {
    npe_frame f;
    BAD_HANDLES(npe_model, npe_encode(it, &photo, &frame, &out.edit));
    ROW(NPE_ERR_NULL, npe_encode(model, NULL, &frame, &out.edit));
    ROW(NPE_ERR_NULL, npe_encode(model, &photo, &frame, NULL));
    ROW(NPE_ERR_NO_FACE, npe_encode(model, &photo, NULL, &out.edit));
    BAD_IMAGES(npe_image, photo, encode);
    BAD_SIDES(photo, encode, NPE_ERR_LIMIT);
    EACH(double, bad, NAN, INFINITY, -INFINITY) {
        f = frame, f.cx = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, npe_encode(model, &photo, &f, &out.edit));
        f = frame, f.cy = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, npe_encode(model, &photo, &f, &out.edit));
        f = frame, f.side = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, npe_encode(model, &photo, &f, &out.edit));
        f = frame, f.angle = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, npe_encode(model, &photo, &f, &out.edit));
    }
    EACH(double, side, 0, -1, 7.999, 131073, 1e300) f = frame, f.side = *side, ROW(NPE_ERR_LIMIT, npe_encode(model, &photo, &f, &out.edit));
    ROW(NPE_ERR_NULL, npe_find_faces(NULL, out.frames, 2, &out.count));
    ROW(NPE_ERR_NULL, npe_find_faces(&photo, NULL, 1, &out.count));
    ROW(NPE_ERR_NULL, npe_find_faces(&photo, out.frames, 2, NULL));
    BAD_IMAGES(npe_image, photo, faces);
    BAD_SIDES(photo, faces, NPE_ERR_LIMIT);
    BAD_HANDLES(npe_model, npe_model_find_faces(it, &photo, out.frames, 2, &out.count));
    ROW(NPE_ERR_NULL, npe_model_find_faces(model, NULL, out.frames, 2, &out.count));
    ROW(NPE_ERR_NULL, npe_model_find_faces(model, &photo, NULL, SIZE_MAX, &out.count));
    ROW(NPE_ERR_NULL, npe_model_find_faces(model, &photo, out.frames, 2, NULL));
    BAD_IMAGES(npe_image, photo, model_faces);
    BAD_SIDES(photo, model_faces, NPE_ERR_LIMIT);
    {
        float floats[8 * 8 * 3] = {0};
        npe_image i = photo;
        i.data = floats, i.data_size = sizeof floats, i.width = i.height = 8, i.stride = 96, i.format = NPE_FORMAT_RGB_F32;
        EACH(float, bad, NAN, INFINITY, -INFINITY) floats[77] = *bad, ROW(NPE_ERR_PHOTO, encode(i));
    }
    BAD_HANDLES(npe_edit, npe_edit_copy(it, &out.edit));
    ROW(NPE_ERR_NULL, npe_edit_copy(edit, NULL));
    BAD_HANDLES(npe_edit, npe_edit_get_frame(it, out.frames));
    ROW(NPE_ERR_NULL, npe_edit_get_frame(edit, NULL));
    BAD_HANDLES(npe_edit, npe_edit_get_size(it, &out.width, &out.height, &out.format));
    ROW(NPE_ERR_NULL, npe_edit_get_size(edit, NULL, &out.height, &out.format));
    ROW(NPE_ERR_NULL, npe_edit_get_size(edit, &out.width, NULL, &out.format));
    ROW(NPE_ERR_NULL, npe_edit_get_size(edit, &out.width, &out.height, NULL));
}

static npe_status stroke_of(npe_dab d) {
    npe_stroke_options o = {sizeof o, NPE_MODE_COLOR, {0, 0, 0}};
    return npe_stroke(edit, &d, 1, &o, NULL, NULL, &out.report, sizeof out.report);
}

static void strokes(void) {
    npe_stroke_options o = {sizeof o, NPE_MODE_COLOR, {0, 0, 0}};
    npe_placement p = {0, 0, SIDE, SIDE};
    npe_dab d;
    size_t size = sizeof out.report;
#define STROKE(dabs, count, options) npe_stroke(edit, dabs, count, options, NULL, NULL, &out.report, size)
    BAD_HANDLES(npe_edit, npe_stroke(it, &dab, 1, &o, NULL, NULL, &out.report, size));
    ROW(NPE_ERR_NULL, STROKE(NULL, 1, &o));
    ROW(NPE_ERR_NULL, STROKE(&dab, 1, NULL));
    ROW(NPE_ERR_NULL, npe_stroke(edit, &dab, 1, &o, NULL, NULL, NULL, size));
    ROW(NPE_ERR_INVALID_ARGUMENT, STROKE(&dab, 0, &o));
    EACH(size_t, count, 65537, SIZE_MAX / sizeof(npe_dab) + 1, SIZE_MAX / 2, SIZE_MAX) ROW(NPE_ERR_LIMIT, STROKE(&dab, *count, &o));
    BAD_SIZES(size, sizeof out.report, STROKE(&dab, 1, &o));
    BAD_SIZES(o.struct_size, sizeof o, STROKE(&dab, 1, &o));
    EACH(uint32_t, mode, 4, UINT32_MAX) o.mode = *mode, ROW(NPE_ERR_INVALID_ARGUMENT, STROKE(&dab, 1, &o));
    o.mode = NPE_MODE_COLOR;
    EACH(float, bad, NAN, INFINITY, -INFINITY, -0.01f, 1.01f) {
        for (int n = 0; n < 3; ++n) o.color[n] = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, STROKE(&dab, 1, &o)), o.color[n] = 0;
        d = dab, d.hardness = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, stroke_of(d));
        d = dab, d.pressure = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, stroke_of(d));
    }
    EACH(float, bad, NAN, INFINITY, -INFINITY, 3.4e38f) {
        d = dab, d.x = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, stroke_of(d));
        d = dab, d.y = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, stroke_of(d));
        d = dab, d.radius = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, stroke_of(d));
    }
    EACH(float, bad, 0, -1) d = dab, d.radius = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, stroke_of(d));
#define PAINT(image, mode) npe_paint(edit, image, mode, NULL, NULL, &out.report, size)
    BAD_HANDLES(npe_edit, npe_paint(it, &layer, 0, NULL, NULL, &out.report, size));
    ROW(NPE_ERR_NULL, PAINT(NULL, 0));
    ROW(NPE_ERR_NULL, npe_paint(edit, &layer, 0, NULL, NULL, NULL, size));
    ROW(NPE_ERR_INVALID_ARGUMENT, PAINT(&layer, 4));
    BAD_SIZES(size, sizeof out.report, PAINT(&layer, 0));
    BAD_IMAGES(npe_image, layer, paint);
    BAD_SIDES(layer, paint, NPE_ERR_LIMIT);
    ROW(NPE_ERR_PHOTO, PAINT(&photo, 0));
#define FOLLOW(image, at, mode) npe_follow(edit, image, at, mode, NULL, NULL, &out.report, size)
    BAD_HANDLES(npe_edit, npe_follow(it, &layer, &p, 0, NULL, NULL, &out.report, size));
    ROW(NPE_ERR_NULL, FOLLOW(NULL, &p, 0));
    ROW(NPE_ERR_NULL, npe_follow(edit, &layer, &p, 0, NULL, NULL, NULL, size));
    ROW(NPE_ERR_INVALID_ARGUMENT, FOLLOW(&layer, &p, UINT32_MAX));
    BAD_SIZES(size, sizeof out.report, FOLLOW(&layer, &p, 0));
    BAD_IMAGES(npe_image, layer, follow);
    BAD_SIDES(layer, follow, NPE_ERR_LIMIT);
    ROW(NPE_ERR_PHOTO, FOLLOW(&photo, &p, 0));
    EACH(double, bad, NAN, INFINITY, -INFINITY, 131073, -131073) {
        npe_placement q = p;
        q.x = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, FOLLOW(&layer, &q, 0));
        q = p, q.y = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, FOLLOW(&layer, &q, 0));
        q = p, q.width = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, FOLLOW(&layer, &q, 0));
        q = p, q.height = *bad, ROW(NPE_ERR_INVALID_ARGUMENT, FOLLOW(&layer, &q, 0));
    }
    BAD_HANDLES(npe_edit, npe_end_guide(it));
    BAD_HANDLES(npe_edit, npe_strokes_save(it, out.text, sizeof out.text, &out.count));
    ROW(NPE_ERR_NULL, npe_strokes_save(edit, NULL, 1, &out.count));
    ROW(NPE_ERR_NULL, npe_strokes_save(edit, out.text, sizeof out.text, NULL));
    ROW(NPE_ERR_BUFFER_TOO_SMALL, npe_strokes_save(edit, out.text, 1, &out.count));
    BAD_HANDLES(npe_edit, npe_strokes_load(it, "{}", 2, NULL, NULL));
    ROW(NPE_ERR_NULL, npe_strokes_load(edit, NULL, 0, NULL, NULL));
    ROW(NPE_ERR_STROKE_FILE, npe_strokes_load(edit, "", 0, NULL, NULL));
    ROW(NPE_ERR_STROKE_FILE, npe_strokes_load(edit, "{}", 2, NULL, NULL));
    EACH(size_t, length, (16u << 20) + 1, SIZE_MAX / 2, SIZE_MAX) ROW(NPE_ERR_LIMIT, npe_strokes_load(edit, "{}", *length, NULL, NULL));
}

static void pixels_out(void) {
    npe_image_out o = place(SIDE, NPE_FORMAT_RGB_U8, 3), l = place(SIDE, NPE_FORMAT_RGBA_U8, 4), v;
    uint32_t w = 0, h = 0;
    BAD_HANDLES(npe_edit, npe_decode(it, NULL, &o));
    ROW(NPE_ERR_NULL, npe_decode(edit, NULL, NULL));
    BAD_IMAGES(npe_image_out, o, decode);
    BAD_HANDLES(npe_edit, npe_decode_change(it, NULL, &l));
    ROW(NPE_ERR_NULL, npe_decode_change(edit, NULL, NULL));
    BAD_IMAGES(npe_image_out, l, decode_change);
    ROW(NPE_ERR_INVALID_ARGUMENT, decode_change(o));
    ROW(NPE_ERR_INVALID_ARGUMENT, decode(place(SIDE, NPE_FORMAT_GREY_U8, 1)));
    EACH(npe_rect, rect, {0, 0, 0, 1}, {0, 0, 1, 0}, {32, 0, 1, 1}, {0, 0, 33, 1}, {31, 31, 2, 1}, {UINT32_MAX, 0, 1, 1}, {1, 1, UINT32_MAX, UINT32_MAX}) {
        npe_image_out r = o;
        r.width = rect->width, r.height = rect->height;
        ROW(NPE_ERR_INVALID_ARGUMENT, npe_decode(edit, rect, &r));
        ROW(NPE_ERR_INVALID_ARGUMENT, npe_decode_change(edit, rect, &r));
    }
    EACH(uint32_t, side, 0, 1, 31, 33, UINT32_MAX) {
        npe_image_out r = o;
        r.width = *side, ROW(NPE_ERR_INVALID_ARGUMENT, decode(r));
        r = l, r.height = *side, ROW(NPE_ERR_INVALID_ARGUMENT, decode_change(r));
    }
    BAD_HANDLES(npe_edit, npe_changed_rect(it, &out.rect));
    ROW(NPE_ERR_NULL, npe_changed_rect(edit, NULL));
    BAD_HANDLES(npe_edit, npe_view_size(it, 0, &out.width, &out.height));
    ROW(NPE_ERR_NULL, npe_view_size(edit, 0, NULL, &out.height));
    ROW(NPE_ERR_NULL, npe_view_size(edit, 0, &out.width, NULL));
    EACH(uint32_t, view_number, 8, UINT32_MAX) {
        ROW(NPE_ERR_INVALID_ARGUMENT, npe_view_size(edit, *view_number, &out.width, &out.height));
        ROW(NPE_ERR_INVALID_ARGUMENT, npe_view(edit, *view_number, &o));
    }
    BAD_HANDLES(npe_edit, npe_view(it, 0, &o));
    ROW(NPE_ERR_NULL, npe_view(edit, 0, NULL));
    ROW(NPE_OK, npe_view_size(edit, NPE_VIEW_ORIGINAL, &w, &h));
    v = place(w, NPE_FORMAT_RGB_U8, 3);
    if (v.data_size > sizeof out.pixels) fail("npe_view", __LINE__, 0, 0, "the test has too little room");
    BAD_IMAGES(npe_image_out, v, view);
    ROW(NPE_ERR_INVALID_ARGUMENT, view(place(w, NPE_FORMAT_GREY_U8, 1)));
}

static void state(void) {
    npe_settings s;
    size_t size = 0, count = 0;
    BAD_HANDLES(npe_edit, npe_undo(it, &out.done));
    BAD_HANDLES(npe_edit, npe_redo(it, &out.done));
    BAD_HANDLES(npe_edit, npe_get_undo_levels(it, &out.count, &out.second));
    BAD_HANDLES(npe_edit, npe_reset(it));
    BAD_HANDLES(npe_edit, npe_update(it));
    BAD_HANDLES(npe_edit, npe_sample(it, 1));
    BAD_HANDLES(npe_edit, npe_get_latents(it, out.latents, LATENTS_MAX, &out.count));
    ROW(NPE_ERR_NULL, npe_get_latents(edit, NULL, 1, &out.count));
    ROW(NPE_ERR_NULL, npe_get_latents(edit, out.latents, LATENTS_MAX, NULL));
    ROW(NPE_ERR_BUFFER_TOO_SMALL, npe_get_latents(edit, out.latents, 1, &out.count));
    ROW(NPE_OK, npe_get_latents(edit, NULL, 0, &count));
    BAD_HANDLES(npe_edit, npe_set_latents(it, before.latents, count));
    ROW(NPE_ERR_NULL, npe_set_latents(edit, NULL, count));
    EACH(size_t, wrong, 0, 1, count - 1, count + 1) ROW(NPE_ERR_INVALID_ARGUMENT, npe_set_latents(edit, before.latents, *wrong));
    EACH(size_t, wrong, 1025, SIZE_MAX / 4 + 1, SIZE_MAX) ROW(NPE_ERR_LIMIT, npe_set_latents(edit, before.latents, *wrong));
    EACH(float, bad, NAN, INFINITY, -INFINITY, 33, -33) {
        float z[LATENTS_MAX] = {0};
        z[count - 1] = *bad;
        ROW(NPE_ERR_INVALID_ARGUMENT, npe_set_latents(edit, z, count));
    }
    BAD_HANDLES(npe_edit, npe_paint_latents(it, 1, 1, 1, 1));
    EACH(float, bad, NAN, INFINITY, -INFINITY) {
        ROW(NPE_ERR_INVALID_ARGUMENT, npe_paint_latents(edit, *bad, 1, 1, 1));
        ROW(NPE_ERR_INVALID_ARGUMENT, npe_paint_latents(edit, 1, *bad, 1, 1));
        ROW(NPE_ERR_INVALID_ARGUMENT, npe_paint_latents(edit, 1, 1, *bad, 1));
        ROW(NPE_ERR_INVALID_ARGUMENT, npe_paint_latents(edit, 1, 1, 1, *bad));
    }
    BAD_HANDLES(npe_edit, npe_get_attribute(it, "smile", &out.value));
    ROW(NPE_ERR_NULL, npe_get_attribute(edit, NULL, &out.value));
    EACH(words, name, "", "no such attribute", "\xff") {
        ROW(NPE_ERR_INVALID_ARGUMENT, npe_get_attribute(edit, *name, &out.value));
        ROW(NPE_ERR_INVALID_ARGUMENT, npe_set_attribute(edit, *name, 1));
    }
    BAD_HANDLES(npe_edit, npe_set_attribute(it, "smile", 1));
    ROW(NPE_ERR_NULL, npe_set_attribute(edit, NULL, 1));
    {
        const char *name = NULL;
        ROW(NPE_OK, npe_model_get_attribute_name(model, 0, &name));
        ROW(NPE_ERR_NULL, npe_get_attribute(edit, name, NULL));
        EACH(float, bad, NAN, INFINITY, -INFINITY, 5.01f, -5.01f) ROW(NPE_ERR_INVALID_ARGUMENT, npe_set_attribute(edit, name, *bad));
    }
    BAD_HANDLES(npe_edit, npe_get_settings(it, &out.settings, sizeof s));
    ROW(NPE_ERR_NULL, npe_get_settings(edit, NULL, sizeof s));
    BAD_SIZES(size, sizeof s, npe_get_settings(edit, &out.settings, size));
    ROW(NPE_OK, npe_get_settings(edit, &s, sizeof s));
    BAD_HANDLES(npe_edit, npe_set_settings(it, &s));
    ROW(NPE_ERR_NULL, npe_set_settings(edit, NULL));
    BAD_SIZES(s.struct_size, sizeof s, npe_set_settings(edit, &s));
#define FIELD(field, ...)                                                                                                      \
    EACH(float, bad, __VA_ARGS__) {                                                                                            \
        npe_settings t = s;                                                                                                    \
        t.field = *bad;                                                                                                        \
        ROW(NPE_ERR_INVALID_ARGUMENT, npe_set_settings(edit, &t));                                                             \
    }
    FIELD(strength, NAN, INFINITY, -0.1f, 1.1f)
    FIELD(freedom, NAN, INFINITY, -0.1f, 1.1f)
    FIELD(mask, NAN, INFINITY, -0.1f, 8.1f)
    FIELD(detail, NAN, INFINITY, -0.1f, 1.1f)
    FIELD(locality, NAN, INFINITY, -0.1f, 1.1f)
    {
        npe_settings t = s;
        t.steps = 0, ROW(NPE_ERR_INVALID_ARGUMENT, npe_set_settings(edit, &t));
        t.steps = 1001, ROW(NPE_ERR_INVALID_ARGUMENT, npe_set_settings(edit, &t));
        t = s, t.solver = 2, ROW(NPE_ERR_INVALID_ARGUMENT, npe_set_settings(edit, &t));
        t = s, t.reserved = 1, ROW(NPE_ERR_INVALID_ARGUMENT, npe_set_settings(edit, &t));
    }
}

/* What looks wrong and is fine. */
static void odd_but_good(void) {
    static unsigned char room[sizeof(npe_image) + 64];
    unsigned char bytes[SIDE * SIDE * 3 + 1];
    npe_image_out o = place(SIDE, NPE_FORMAT_RGB_U8, 3);
    npe_image i = photo;
    npe_edit *made = NULL;
    npe_settings later[2];
    uint32_t same = 0;
    /* Pixels and structs at odd addresses. */
    memcpy(bytes + 1, photo_bytes, sizeof photo_bytes);
    i.data = bytes + 1;
    memcpy(room + 1, &i, sizeof i);
    ROW(NPE_OK, npe_encode(model, (const npe_image *)(const void *)(room + 1), &frame, &made));
    /* The photo's memory is free again, and may take the result. */
    o.data = bytes + 1;
    ROW(NPE_OK, npe_decode(made, NULL, &o));
    if (memcmp(bytes + 1, photo_bytes, sizeof photo_bytes) != 0) fail("npe_decode", __LINE__, 0, 0, "another picture");
    o.data = out.pixels + 1;
    ROW(NPE_OK, npe_decode(made, NULL, &o));
    if (out.pixels[0] != 0x5a || out.pixels[1 + sizeof photo_bytes] != 0x5a) fail("npe_decode", __LINE__, 0, 0, "wrote beside");
    /* Bytes between the rows stay. */
    o = place(SIDE, NPE_FORMAT_RGB_U8, 3), o.stride += 5, o.data_size = o.stride * SIDE;
    ROW(NPE_OK, npe_decode(made, NULL, &o));
    for (int y = 0; y < SIDE; ++y)
        for (int n = 0; n < 5; ++n)
            if (out.pixels[y * (SIDE * 3 + 5) + SIDE * 3 + n] != 0x5a) fail("npe_decode", __LINE__, 0, 0, "wrote between rows");
    /* Results that lie on each other. */
    ROW(NPE_OK, npe_view_size(made, 0, &same, &same));
    ROW(NPE_OK, npe_get_undo_levels(made, NULL, NULL));
    ROW(NPE_OK, npe_undo(made, NULL));
    /* A struct of a later npe: what is not known becomes 0, what is beyond stays. */
    memset(later, 0x5a, sizeof later);
    ROW(NPE_OK, npe_get_settings(made, later, sizeof *later + 4));
    if (later[1].struct_size << 32 != 0 || (later[1].struct_size >> 32) != 0x5a5a5a5a) fail("npe_get_settings", __LINE__, 0, 0, "another size");
    npe_edit_free(made);
}

int main(int argc, char **argv) {
    npe_edit *was = NULL;
    npe_load_options options = {sizeof options, argc > 1 ? argv[1] : NULL, "cpu"};
    for (size_t n = 0; n < sizeof photo_bytes; ++n) photo_bytes[n] = (unsigned char)(n * 7 % 251);
    memset(layer_bytes + sizeof layer_bytes / 2, 200, 64);
    photo.struct_size = sizeof photo, photo.data = photo_bytes, photo.data_size = sizeof photo_bytes;
    photo.width = photo.height = SIDE, photo.stride = SIDE * 3, photo.format = NPE_FORMAT_RGB_U8;
    layer = photo, layer.data = layer_bytes, layer.data_size = sizeof layer_bytes;
    layer.stride = SIDE * 4, layer.format = NPE_FORMAT_RGBA_U8;
    ROW(NPE_OK, npe_load(&options, NULL, NULL, &model));
    ROW(NPE_OK, npe_load(&options, NULL, NULL, &freed_npe_model));
    ROW(NPE_OK, npe_encode(model, &photo, &frame, &edit));
    ROW(NPE_OK, npe_encode(model, &photo, &frame, &was));
    freed_npe_edit = was, npe_edit_free(was), npe_model_free(freed_npe_model);
    other_than_npe_model = edit, other_than_npe_edit = model;
    session_and_models();
    photos();
    strokes();
    pixels_out();
    state();
    odd_but_good();
    /* After all that the objects work as on the first day, and nothing was done. */
    ROW(NPE_OK, decode(place(SIDE, NPE_FORMAT_RGB_U8, 3)));
    if (memcmp(out.pixels, photo_bytes, sizeof photo_bytes) != 0) fail("npe_decode", __LINE__, 0, 0, "a refused call changed the edit");
    ROW(NPE_OK, stroke_of(dab));
    npe_edit_free(edit);
    npe_model_free(model);
    printf("%u calls\n", calls);
    return 0;
}
