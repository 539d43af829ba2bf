/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer.h"
#include "preview.h"

#include <KoColorSpace.h>
#include <KoColorSpaceRegistry.h>
#include <KoCompositeOpRegistry.h>
#include <commands_new/kis_transaction_based_command.h>
#include <kis_image.h>
#include <kis_paint_device.h>
#include <kis_paint_layer.h>
#include <kis_painter.h>
#include <kis_processing_applicator.h>
#include <kis_selection.h>
#include <kis_transaction.h>

namespace npe {

KisPaintLayer *paintLayer(KisNodeSP node)
{
    auto *layer = dynamic_cast<KisPaintLayer *>(node.data());
    if (!layer || !layer->paintDevice()) {
        throw Error("The layer \"" + node->name().toStdString()
                    + "\" is no paint layer: the Neural Brush can't write into it");
    }
    return layer;
}

KisImageSP imageOf(KisNodeSP node)
{
    KisImageSP image = node->image();
    if (!image) {
        throw Error("The layer \"" + node->name().toStdString() + "\" belongs to no open document any more");
    }
    return image;
}

const KoColorSpace *colorSpace(const QString &model, const QString &depth, const QString &profile)
{
    const KoColorSpace *space = KoColorSpaceRegistry::instance()->colorSpace(model, depth, profile);
    if (!space) {
        throw Error(QString("Krita knows no colour space %1 %2 \"%3\"").arg(model, depth, profile).toStdString());
    }
    return space;
}

void check(const Pixels &pixels, quint32 pixelSize)
{
    const qint64 needed = qint64(pixels.rect.width()) * pixels.rect.height() * pixelSize;
    if (pixels.bytes.size() != needed) {
        throw Error(QString("%1 × %2 pixels of %3 bytes need %4 bytes, and %5 were given: the layer has got another "
                            "colour space; start again")
                        .arg(pixels.rect.width())
                        .arg(pixels.rect.height())
                        .arg(pixelSize)
                        .arg(needed)
                        .arg(pixels.bytes.size())
                        .toStdString());
    }
}

namespace {

const quint8 *bytes(const Pixels &pixels)
{
    return reinterpret_cast<const quint8 *>(pixels.bytes.constData());
}

/* Krita runs it on a thread of its own, in the image's queue. The first redo paints; later ones are the
 * transaction's. */
class Paint : public KisTransactionBasedCommand
{
public:
    Paint(const QString &name, KisNodeSP node, KisPaintDeviceSP picture, const QRect &rect, bool erase)
        : KisTransactionBasedCommand(kundo2_noi18n(name))
        , m_node(node)
        , m_rect(rect)
        , m_picture(picture)
        , m_erase(erase)
    {
    }

protected:
    KUndo2Command *paint() override
    {
        auto *layer = static_cast<KisPaintLayer *>(m_node.data());
        KisPaintDeviceSP device = layer->paintDevice();
        KisImageSP image = layer->image();
        KisTransaction transaction(device);
        KisPainter painter(device, image ? image->globalSelection() : KisSelectionSP());
        painter.setCompositeOpId(m_erase ? COMPOSITE_ERASE : COMPOSITE_OVER);
        painter.setChannelFlags(layer->channelLockFlags());
        painter.bitBlt(m_rect.topLeft(), m_picture, m_rect);
        painter.end();
        endPreview(layer, m_picture);
        m_picture.clear();
        layer->setDirty(m_rect);
        return transaction.endAndTake();
    }

private:
    KisNodeSP m_node;
    const QRect m_rect;
    KisPaintDeviceSP m_picture;
    const bool m_erase;
};

} // namespace

void write(KisNodeSP node, const Pixels &pixels)
{
    KisPaintDeviceSP device = paintLayer(node)->paintDevice();
    check(pixels, device->pixelSize());
    device->writeBytes(bytes(pixels), pixels.rect);
    node->setDirty(pixels.rect);
}

void refresh(KisNodeSP node, const QRect &rect)
{
    node->setDirty(rect);
}

void paint(KisNodeSP node, const QString &name, const Pixels &bgra, bool erase)
{
    check(bgra, 4);
    KisPaintDeviceSP picture = new KisPaintDevice(KoColorSpaceRegistry::instance()->rgb8());
    picture->writeBytes(bytes(bgra), bgra.rect);
    paintOver(node, name, picture, bgra.rect, erase);
}

void paintOver(KisNodeSP node, const QString &name, KisPaintDeviceSP picture, const QRect &rect, bool erase)
{
    paintLayer(node);
    KisProcessingApplicator::runSingleCommandStroke(imageOf(node), new Paint(name, node, picture, rect, erase));
}

} // namespace npe
