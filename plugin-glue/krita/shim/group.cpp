/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "group.h"

#include <KoColorSpaceRegistry.h>
#include <QUuid>
#include <commands/kis_image_layer_add_command.h>
#include <kis_group_layer.h>
#include <kis_image.h>
#include <kis_paint_layer.h>
#include <kis_processing_applicator.h>

namespace npe {

namespace {

/* Krita's own composes the whole image at once, which a large one's canvas waits for; a later redo does so too. */
class Add : public KisImageLayerAddCommand
{
public:
    Add(KisImageSP image, KisNodeSP layer, KisNodeSP parent, KisNodeSP above)
        : KisImageLayerAddCommand(image, layer, parent, above, false, true)
        , m_layer(layer)
        , m_all(image->bounds())
    {
        setText(kundo2_noi18n(layer->name()));
    }

    void redo() override
    {
        KisImageLayerAddCommand::redo();
        if (m_again) {
            m_layer->setDirty(m_all);
        }
        m_again = true;
    }

private:
    KisNodeSP m_layer;
    const QRect m_all;
    bool m_again = false;
};

KisPaintLayerSP newLayer(KisImageSP image, const QString &name, quint8 opacity, const KoColorSpace *space)
{
    return new KisPaintLayer(image, name, opacity, space);
}

QString idOf(KisNodeSP node)
{
    return node->uuid().toString();
}

} // namespace

Ids addGroup(KisNodeSP source, bool whole, const Group &names)
{
    KisImageSP image = imageOf(source);
    KisGroupLayerSP group = new KisGroupLayer(image, names.group, OPACITY_OPAQUE_U8);
    KisPaintLayerSP result = newLayer(image, names.result, OPACITY_OPAQUE_U8, names.space);
    KisPaintLayerSP guide = newLayer(image, names.guide, OPACITY_TRANSPARENT_U8, KoColorSpaceRegistry::instance()->rgb8());
    result->setUserLocked(true);
    // Nothing of it is in the image yet, so nobody else looks at it.
    image->addNode(result, group);
    image->addNode(guide, group);
    KisNodeSP parent = whole ? KisNodeSP(image->rootLayer()) : source->parent();
    KisNodeSP above = whole ? image->rootLayer()->lastChild() : source;
    if (!parent) {
        throw Error("The layer \"" + source->name().toStdString() + "\" is the image's own: choose one in it");
    }
    KisProcessingApplicator::runSingleCommandStroke(image, new Add(image, group, parent, above));
    return Ids{idOf(group), idOf(result), idOf(guide)};
}

} // namespace npe
