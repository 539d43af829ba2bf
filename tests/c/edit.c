/* An edit from end to end through npe.h. Usage: edit PHOTO.rgb WIDTH HEIGHT RESULT.rgb STROKES.json
 * Silent if all is well; else it says which line was not and exits with 1. */
#include "must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t second_unit(void); /* second.c includes npe.h too */

static int32_t count_steps(float done, void *user) {
    MUST(done >= 0.0f && done <= 1.0f);
    ++*(int *)user;
    return 1;
}

static int32_t stop(float done, void *user) {
    (void)done;
    (void)user;
    return 0;
}

static void hear(int32_t level, const char *message, void *user) {
    MUST(message[0] != '\0');
    ++((int *)user)[level == NPE_LOG_ERROR];
}

int main(int argc, char **argv) {
    unsigned w, h;
    uint32_t photo_width = 0, photo_height = 0;
    npe_format format = 0;
    int steps = 0, heard[2] = {0, 0};
    int32_t undone = 7;
    size_t size, faces = 0, length = 0, latents = 0, undo = 0, redo = 0;
    char version[32], *json;
    unsigned char *photo_bytes, *out_bytes, *layer_bytes, paint[16 * 16 * 4];
    FILE *file;
    npe_image photo = {0}, guide = {0};
    npe_image_out out = {0}, layer;
    npe_placement place;
    npe_model *model = NULL;
    npe_edit *edit = NULL, *copy = NULL;
    npe_frame frames[4], frame;
    npe_rect rect;
    npe_model_info info;
    npe_session_info session;
    npe_settings settings;
    npe_stroke_report report;
    npe_stroke_options stroke = {0};
    npe_dab dabs[3];

    MUST(argc == 6);
    w = (unsigned)strtoul(argv[2], NULL, 10);
    h = (unsigned)strtoul(argv[3], NULL, 10);
    size = (size_t)w * h * 3;
    photo_bytes = malloc(size);
    out_bytes = malloc(size);
    MUST(photo_bytes && out_bytes && (file = fopen(argv[1], "rb")) != NULL);
    MUST(fread(photo_bytes, 1, size, file) == size);
    fclose(file);

    snprintf(version, sizeof version, "%d.%d.%d", NPE_VERSION_MAJOR, NPE_VERSION_MINOR, NPE_VERSION_PATCH);
    MUST(strcmp(version, npe_version()) == 0);
    MUST(second_unit() == sizeof(npe_image));
    MUST(npe_last_error()[0] == '\0');
    OK(npe_set_log(hear, heard));

    MUST(npe_load(NULL, stop, NULL, &model) == NPE_ERR_CANCELLED && model == NULL);
    OK(npe_load(NULL, count_steps, &steps, &model));
    MUST(steps >= 2 && heard[0] >= 1 && heard[1] == 1);
    OK(npe_model_get_info(model, &info, sizeof info));
    MUST(info.latents >= 1 && strlen(info.sha256) == 64 && info.name[0] && info.licence[0]);
    OK(npe_session_get_info(&session, sizeof session));
    MUST(session.models == 1 && session.threads >= 1 && strncmp(session.device, "CPU", 3) == 0);

    photo.struct_size = sizeof photo;
    photo.data = photo_bytes;
    photo.data_size = size;
    photo.width = w;
    photo.height = h;
    photo.stride = (size_t)w * 3;
    photo.format = NPE_FORMAT_RGB_U8;
    out.struct_size = sizeof out;
    out.data = out_bytes;
    out.data_size = size;
    out.width = w;
    out.height = h;
    out.stride = photo.stride;
    out.format = photo.format;

    OK(npe_find_faces(&photo, frames, 4, &faces));
    MUST(faces >= 1);
    OK(npe_model_find_faces(model, &photo, frames, 4, &faces)); /* where this model wants them */
    MUST(faces >= 1);
    OK(npe_encode(model, &photo, NULL, &edit));
    npe_model_free(model); /* the edit keeps what it needs */
    OK(npe_edit_get_frame(edit, &frame));
    MUST(memcmp(&frame, &frames[0], sizeof frame) == 0);
    OK(npe_edit_get_size(edit, &photo_width, &photo_height, &format));
    MUST(photo_width == w && photo_height == h && format == NPE_FORMAT_RGB_U8);

    /* Nothing done changes no bit. */
    OK(npe_decode(edit, NULL, &out));
    MUST(memcmp(photo_bytes, out_bytes, size) == 0);
    OK(npe_changed_rect(edit, &rect));
    MUST(rect.width == 0 && rect.height == 0);

    for (int i = 0; i < 3; i++) {
        dabs[i].x = (float)(frame.cx + 0.09 * (i - 1) * frame.side);
        dabs[i].y = (float)(frame.cy - 0.3 * frame.side);
        dabs[i].radius = (float)(0.06 * frame.side);
        dabs[i].hardness = 0.5f;
        dabs[i].pressure = 1.0f;
    }
    stroke.struct_size = sizeof stroke;
    stroke.mode = NPE_MODE_COLOR;
    stroke.color[0] = stroke.color[1] = stroke.color[2] = 0.07f;
    OK(npe_edit_copy(edit, &copy));
    OK(npe_stroke(edit, dabs, 3, &stroke, NULL, NULL, &report, sizeof report));
    MUST(report.steps >= 1 && report.brush_after < 0.5f * report.brush_before);
    OK(npe_changed_rect(edit, &rect));
    MUST(rect.width > 8 && rect.height > 8);
    OK(npe_changed_rect(copy, &rect));
    MUST(rect.width == 0);
    npe_edit_free(copy);
    MUST(npe_reset(copy) == NPE_ERR_HANDLE && strstr(npe_last_error(), "freed already"));

    /* A guide over the upper half of the frame: painted, followed, laid over the photo, erased. */
    memset(paint, 0, sizeof paint);
    for (int i = 0; i < 16 * 3; i++) paint[(16 * 6 + i) * 4 + 3] = i % 16 >= 5 && i % 16 < 11 ? 255 : 0;
    guide.struct_size = sizeof guide;
    guide.data = paint;
    guide.data_size = sizeof paint;
    guide.width = guide.height = 16;
    guide.stride = 16 * 4;
    guide.format = NPE_FORMAT_BGRA_U8;
    place.x = frame.cx - 0.5 * frame.side;
    place.y = frame.cy - 0.5 * frame.side;
    place.width = frame.side;
    place.height = 0.5 * frame.side;
    OK(npe_edit_copy(edit, &copy));
    OK(npe_follow(copy, &guide, &place, NPE_MODE_COLOR, NULL, NULL, &report, sizeof report));
    MUST(report.steps >= 1 && report.brush_after < report.brush_before);
    OK(npe_follow(copy, &guide, &place, NPE_MODE_COLOR, NULL, NULL, &report, sizeof report));
    MUST(report.steps == 0);
    layer_bytes = malloc(size / 3 * 4);
    MUST(layer_bytes != NULL);
    layer = out;
    layer.data = layer_bytes;
    layer.data_size = size / 3 * 4;
    layer.stride = (size_t)w * 4;
    MUST(npe_decode_change(copy, NULL, &out) == NPE_ERR_INVALID_ARGUMENT && strstr(npe_last_error(), "no alpha"));
    layer.format = NPE_FORMAT_RGBA_U8;
    OK(npe_decode_change(copy, NULL, &layer));
    OK(npe_decode(copy, NULL, &out));
    for (size_t i = 0; i < size / 3; i++) {
        const unsigned char *shown = layer_bytes[4 * i + 3] ? layer_bytes + 4 * i : photo_bytes + 3 * i;
        MUST(memcmp(shown, out_bytes + 3 * i, 3) == 0);
    }
    memset(paint, 0, sizeof paint);
    OK(npe_follow(copy, &guide, &place, NPE_MODE_COLOR, NULL, NULL, NULL, 0));
    OK(npe_get_undo_levels(copy, &undo, &redo));
    MUST(undo == 1 && redo == 0); /* the stroke is left */
    free(layer_bytes);
    npe_edit_free(copy);

    OK(npe_get_settings(edit, &settings, sizeof settings));
    settings.detail = 0.4f;
    OK(npe_set_settings(edit, &settings));
    OK(npe_get_latents(edit, NULL, 0, &latents));
    MUST(latents == info.latents);

    OK(npe_undo(edit, &undone));
    MUST(undone == 1);
    OK(npe_decode(edit, NULL, &out));
    MUST(memcmp(photo_bytes, out_bytes, size) == 0);
    OK(npe_get_undo_levels(edit, &undo, &redo));
    MUST(undo == 0 && redo == 1);
    OK(npe_redo(edit, NULL));

    OK(npe_strokes_save(edit, NULL, 0, &length));
    json = malloc(length + 1);
    MUST(npe_strokes_save(edit, json, length, &length) == NPE_ERR_BUFFER_TOO_SMALL);
    OK(npe_strokes_save(edit, json, length + 1, &length));
    MUST(strlen(json) == length);
    OK(npe_decode(edit, NULL, &out));
    MUST(memcmp(photo_bytes, out_bytes, size) != 0);
    OK(npe_set_log(NULL, NULL));

    MUST((file = fopen(argv[4], "wb")) != NULL && fwrite(out_bytes, 1, size, file) == size);
    fclose(file);
    MUST((file = fopen(argv[5], "wb")) != NULL && fwrite(json, 1, length, file) == length);
    fclose(file);
    npe_edit_free(edit);
    npe_edit_free(NULL);
    npe_model_free(NULL);
    free(json);
    free(photo_bytes);
    free(out_bytes);
    return 0;
}
