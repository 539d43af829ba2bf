/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pixels into layers, as only C++ can put them there. Interface thread only. */
#pragma once

#include <stdexcept>

#include <QByteArray>
#include <QRect>
#include <QString>

#include <kis_types.h>

class KisPaintLayer;
class KoColorSpace;

namespace npe {

/* What was wrong, as a sentence for a person. */
struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/* A rectangle of an image and what is in it, rows without gaps. */
struct Pixels {
    QRect rect;
    QByteArray bytes;
};

/* A paint layer that can be written into. Throws Error. */
KisPaintLayer *paintLayer(KisNodeSP node);

/* The image that a layer is in. Throws Error. */
KisImageSP imageOf(KisNodeSP node);

/* By Krita's names: "RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc". Throws Error. */
const KoColorSpace *colorSpace(const QString &model, const QString &depth, const QString &profile);

/* Throws Error if there are not as many bytes as the rectangle has. */
void check(const Pixels &pixels, quint32 pixelSize);

/* The functions of npe_tool.h of the same names. */
void write(KisNodeSP layer, const Pixels &pixels);
void refresh(KisNodeSP layer, const QRect &rect);
void paint(KisNodeSP layer, const QString &name, const Pixels &bgra, bool erase);

/* Paints a picture over a layer as a step of undo, in the image's queue, and takes it away from the layer's preview there. */
void paintOver(KisNodeSP layer, const QString &name, KisPaintDeviceSP picture, const QRect &rect, bool erase);

} // namespace npe
