/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "preview.h"

#include <KoColorSpace.h>
#include <KoCompositeOpRegistry.h>
#include <kis_default_bounds_base.h>
#include <kis_image.h>
#include <kis_indirect_painting_support.h>
#include <kis_paint_device.h>
#include <kis_paint_layer.h>
#include <kis_selection.h>

namespace npe {

namespace {

/* There is one pen. */
KisNodeSP theLayer;
KisPaintDeviceSP thePicture;

/* Krita's threads look at the picture while they compose the image. */
struct Locked : KisIndirectPaintingSupport {
    using Lock = KisIndirectPaintingSupport::WriteLocker;
};

void begin(KisPaintLayer *layer, const KoColorSpace *space)
{
    if (layer->hasTemporaryTarget()) {
        throw Error("Another brush paints on the layer \"" + layer->name().toStdString() + "\" at this moment");
    }
    thePicture = new KisPaintDevice(space);
    thePicture->setDefaultBounds(layer->paintDevice()->defaultBounds());
    theLayer = layer;
    KisImageSP image = layer->image();
    Locked::Lock lock(layer);
    layer->setTemporaryTarget(thePicture);
    layer->setTemporaryCompositeOp(COMPOSITE_OVER);
    layer->setTemporaryOpacity(1.0);
    layer->setTemporaryChannelFlags(layer->channelLockFlags());
    layer->setTemporarySelection(image ? image->globalSelection() : KisSelectionSP());
}

} // namespace

void endPreview(KisPaintLayer *layer, KisPaintDeviceSP picture)
{
    Locked::Lock lock(layer);
    if (layer->temporaryTarget() == picture) {
        layer->setTemporaryTarget(KisPaintDeviceSP());
    }
}

void preview(KisNodeSP node, const Pixels &pixels, const KoColorSpace *space)
{
    KisPaintLayer *layer = paintLayer(node);
    check(pixels, space->pixelSize());
    imageOf(node);
    if (theLayer != node) {
        drop();
        begin(layer, space);
    }
    thePicture->writeBytes(reinterpret_cast<const quint8 *>(pixels.bytes.constData()), pixels.rect);
    node->setDirty(pixels.rect);
}

void commit(const QString &name)
{
    if (!theLayer) {
        return;
    }
    const QRect rect = thePicture->exactBounds();
    if (rect.isEmpty()) {
        drop();
        return;
    }
    paintOver(theLayer, name, thePicture, rect, false);
    theLayer.clear();
    thePicture.clear();
}

void drop()
{
    if (!theLayer) {
        return;
    }
    endPreview(paintLayer(theLayer), thePicture);
    theLayer->setDirty(thePicture->extent());
    theLayer.clear();
    thePicture.clear();
}

} // namespace npe
