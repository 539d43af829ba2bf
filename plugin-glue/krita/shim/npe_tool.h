/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Neural Brush in Krita's toolbox, seen from the Python extension (npe_brush/tool.py).
 *
 * This library knows Krita, not npe: it tells where the pen is, and puts pixels into layers in the ways that Krita's
 * Python lacks. It is built for one version of Krita: ask npe_tool_abi() first, and call nothing else if another
 * Krita runs.
 *
 * Threads: all but npe_tool_abi() belongs to Krita's interface thread; the callbacks come there. Nothing here waits.
 * Strings are UTF-8. No C++ exception leaves a function. Functions answer 0 if all went well, 1 otherwise, and then
 * npe_tool_error() says in a sentence what was wrong.
 */
#ifndef NPE_TOOL_H
#define NPE_TOOL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What an event tells. */
#define NPE_TOOL_BEGIN 0  /* the pen is down; the callback's answer says whether a stroke begins */
#define NPE_TOOL_MOVE 1
#define NPE_TOOL_END 2    /* the pen is up, or Krita wants the end: to save, because another tool was chosen */
#define NPE_TOOL_CANCEL 3 /* the stroke is given up: it was undone, or its document closes */

typedef struct npe_tool_event {
    uint32_t kind; /* NPE_TOOL_BEGIN ... */
    uint32_t stroke; /* its number, from 1 */
    double x, y;         /* pixels of the image; its first pixel spans 0 to 1 */
    double pressure;     /* 0 to 1, through the curve of Krita's settings; 1 for a mouse */
    double xtilt, ytilt; /* degrees, -60 to 60 */
} npe_tool_event;

/* The event lives as long as the call. Only the answer to NPE_TOOL_BEGIN counts: 0 refuses the stroke. */
typedef int (*npe_tool_listener)(const npe_tool_event *event);

/* Fills a QWidget with an empty QVBoxLayout, the tool's page of Krita's tool options. Krita owns it and what is put
 * in. */
typedef void (*npe_tool_panel)(void *qwidget);

/* The version of Krita this was built for, such as "5.2.9". Any thread; never NULL. */
const char *npe_tool_abi(void);

/* What was wrong with the last call that did not answer 0, until the next such call; never NULL. */
const char *npe_tool_error(void);

/* Puts the tool into the toolbox of windows that are opened from now on: call it while Krita starts. `name` is its
 * tooltip. Called again it takes the new callbacks. They must stay callable until npe_tool_unregister(). */
int npe_tool_register(const char *name, npe_tool_listener listener, npe_tool_panel panel);

/* No callback comes any more; the tool stays in the toolbox and refuses strokes. Krita's quitting does this too. */
void npe_tool_unregister(void);

/* Writes pixels into a paint layer without a step of undo, and refreshes just them. `layer`: its unique id as Krita
 * writes it, "{...}". `pixels`: width x height of them, rows without gaps, in the layer's own colour space (what
 * Krita's Node.pixelData answers), `size` bytes in all; used only during the call. The position is in pixels of the
 * image, here and below, and may lie outside of it. */
int npe_tool_write(const char *layer, int32_t x, int32_t y, int32_t width, int32_t height, const void *pixels,
                   size_t size);

/* Composes a rectangle of the image again, from a layer of any kind up; of a group only what was composed of it before. */
int npe_tool_refresh(const char *layer, int32_t x, int32_t y, int32_t width, int32_t height);

/* Paints a picture over a paint layer as one step of undo called `name`, as Krita's brushes do: in the queue of the
 * image (so soon, after what was painted before), through the selection, and not into locked channels. `bgra`: width
 * x height x 4 bytes, sRGB, not multiplied by alpha, rows without gaps, `size` bytes in all; used only during the
 * call. With `erase` not 0 its alpha is taken away from the layer instead. */
int npe_tool_paint(const char *layer, const char *name, int32_t x, int32_t y, int32_t width, int32_t height,
                   const void *bgra, size_t size, int erase);

/* Shows pixels over a paint layer, as Krita's brushes show a stroke that is being painted: no step of undo, and the layer's
 * own pixels stay as they are. They replace what was shown over that rectangle before. In the colour space named: "RGBA",
 * "U8", "sRGB-elle-V2-srgbtrc.icc"; the rest is as for npe_tool_write. One layer at a time: another one's preview is
 * dropped. */
int npe_tool_preview(const char *layer, int32_t x, int32_t y, int32_t width, int32_t height, const void *pixels,
                     size_t size, const char *model, const char *depth, const char *profile);

/* Paints what is shown into its layer, as one step of undo called `name`, as npe_tool_paint does; nothing is shown over it
 * then. Without a preview it does nothing. */
int npe_tool_commit(const char *name);

/* Gives up what is shown, if anything is. */
int npe_tool_drop(void);

/* Room for the id of a layer, with its final zero. */
#define NPE_TOOL_ID 40

/* The layers of an edit. The texts are the person's language. */
typedef struct npe_tool_layers {
    const char *group, *result, *guide;  /* what they are called */
    const char *model, *depth, *profile; /* the colour space of the result */
    char group_id[NPE_TOOL_ID], result_id[NPE_TOOL_ID], guide_id[NPE_TOOL_ID]; /* written */
} npe_tool_layers;

/* Puts a group above a layer (with `whole` not 0: on top of the layer's image), as one step of undo in the queue of the
 * image, so soon: in it the result, which is locked, and above that the guide, 8-bit sRGB and invisible by its opacity.
 * Nothing is composed anew: where the group's parent had one layer only, Krita has composed nothing of it so far, and all
 * of it must be refreshed. */
int npe_tool_group(const char *layer, int whole, npe_tool_layers *layers);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
