/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The layers of an edit, put into an image in one step of undo. Interface thread only. */
#pragma once

#include <QString>

#include "layer.h"

namespace npe {

/* What the layers are called, and the colour space of the result. */
struct Group {
    QString group, result, guide;
    const KoColorSpace *space;
};

/* The ids of the layers. */
struct Ids {
    QString group, result, guide;
};

/* npe_tool_group of npe_tool.h. */
Ids addGroup(KisNodeSP source, bool whole, const Group &group);

} // namespace npe
