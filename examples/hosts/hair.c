/* Gives the largest face of a PNG dark hair over the forehead: a host of npe that needs libpng and nothing else.
 *   cc -std=c99 hair.c -o hair $(pkg-config --cflags --libs npe libpng)
 *   ./hair photo.png hair.png
 */
#include <npe.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int32_t show(float done, void *user) {
    (void)user;
    fprintf(stderr, "\r%3.0f %%", 100.0 * done);
    return 1; /* 0 would cancel: the edit would be as it was before the stroke */
}

/* Black hair: five dabs across the forehead of the face that npe_encode found. */
static npe_status paint_hair(npe_edit *edit) {
    npe_frame face = {0, 0, 0, 0};
    npe_stroke_options black = {sizeof black, NPE_MODE_COLOR, {0.08f, 0.07f, 0.06f}};
    npe_dab dabs[5];
    npe_status status = npe_edit_get_frame(edit, &face);
    for (int i = 0; i < 5; i++) {
        dabs[i].x = (float)(face.cx + 0.05 * (i - 2) * face.side);
        dabs[i].y = (float)(face.cy - 0.3 * face.side);
        dabs[i].radius = (float)(0.06 * face.side);
        dabs[i].hardness = 0.5f;
        dabs[i].pressure = 1.0f;
    }
    if (!status) status = npe_stroke(edit, dabs, 5, &black, show, NULL, NULL, 0);
    fputc('\n', stderr);
    return status;
}

int main(int argc, char **argv) {
    png_image png;
    npe_model *model = NULL;
    npe_edit *edit = NULL;
    memset(&png, 0, sizeof png);
    png.version = PNG_IMAGE_VERSION;
    if (argc != 3) {
        fprintf(stderr, "usage: %s PHOTO.png RESULT.png\n", argv[0]);
        return 2;
    }
    if (!png_image_begin_read_from_file(&png, argv[1])) {
        fprintf(stderr, "%s: %s\n", argv[1], png.message);
        return 1;
    }
    png.format = PNG_FORMAT_RGB;
    size_t size = PNG_IMAGE_SIZE(png);
    void *pixels = malloc(size);
    if (!pixels || !png_image_finish_read(&png, NULL, pixels, 0, NULL)) {
        fprintf(stderr, "%s: %s\n", argv[1], pixels ? png.message : "not enough memory");
        png_image_free(&png);
        free(pixels);
        return 1;
    }
    npe_image photo = {sizeof photo, pixels, size, png.width, png.height, 3 * (size_t)png.width, NPE_FORMAT_RGB_U8, 0};
    /* npe copies the photo, so the result may be written over it. */
    npe_image_out out = {sizeof out, pixels, size, png.width, png.height, 3 * (size_t)png.width, NPE_FORMAT_RGB_U8, 0};
    npe_status status = npe_load(NULL, NULL, NULL, &model); /* the bundled model, the best device */
    if (!status) status = npe_encode(model, &photo, NULL, &edit);
    if (!status) status = paint_hair(edit);
    if (!status) status = npe_decode(edit, NULL, &out);
    if (status) fprintf(stderr, "%s\n", npe_last_error());
    else if (!png_image_write_to_file(&png, argv[2], 0, pixels, 0, NULL)) {
        fprintf(stderr, "%s: %s\n", argv[2], png.message);
        status = 1;
    }
    npe_edit_free(edit);
    npe_model_free(model);
    free(pixels);
    return status ? 1 : 0;
}
