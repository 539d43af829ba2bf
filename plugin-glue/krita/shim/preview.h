/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a stroke will make of a layer, seen before it is a step of undo: as Krita's own brushes show it, in a picture that lies
 * over the layer and is not yet in it. Interface thread only, but for endPreview. */
#pragma once

#include <QString>

#include "layer.h"

namespace npe {

/* The functions of npe_tool.h: npe_tool_preview, npe_tool_commit, npe_tool_drop. */
void preview(KisNodeSP layer, const Pixels &pixels, const KoColorSpace *space);
void commit(const QString &name);
void drop();

/* Takes a picture away from a layer that it lies over; does nothing if another one lies there. */
void endPreview(KisPaintLayer *layer, KisPaintDeviceSP picture);

} // namespace npe
