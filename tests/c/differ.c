/* Two PNGs of one size: prints the mean difference (of 255) inside the first rectangle, and how many pixels differ outside of the
 * second. Usage: differ A.png B.png X Y WIDTH HEIGHT X Y WIDTH HEIGHT */
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *pixels(const char *path, png_image *png) {
    unsigned char *rgb;
    memset(png, 0, sizeof *png);
    png->version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_file(png, path)) return NULL;
    png->format = PNG_FORMAT_RGB;
    rgb = malloc(PNG_IMAGE_SIZE(*png));
    return rgb && png_image_finish_read(png, NULL, rgb, 0, NULL) ? rgb : NULL;
}

static int within(int x, int y, char **rect) {
    const int left = atoi(rect[0]), top = atoi(rect[1]);
    return x >= left && x < left + atoi(rect[2]) && y >= top && y < top + atoi(rect[3]);
}

int main(int argc, char **argv) {
    png_image a, b;
    unsigned char *one = argc == 11 ? pixels(argv[1], &a) : NULL, *other = one ? pixels(argv[2], &b) : NULL;
    long sum = 0, values = 0, far = 0;
    if (!other || a.width != b.width || a.height != b.height) return 2;
    for (int y = 0; y < (int)a.height; y++)
        for (int x = 0; x < (int)a.width; x++) {
            const unsigned char *p = one + 3 * ((size_t)y * a.width + (size_t)x), *q = other + (p - one);
            if (within(x, y, argv + 3))
                for (int c = 0; c < 3; c++) sum += abs(p[c] - q[c]), values++;
            if (!within(x, y, argv + 7)) far += memcmp(p, q, 3) != 0;
        }
    printf("%ld %ld\n", values ? sum / values : 0, far);
    return 0;
}
