/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tool.h"

#include <QList>
#include <QPainterPath>
#include <QUuid>
#include <QVBoxLayout>
#include <QWidget>

#include <KisViewManager.h>
#include <KoPointerEvent.h>
#include <brushengine/kis_paintop_preset.h>
#include <kis_canvas2.h>
#include <kis_cursor.h>
#include <kis_image.h>
#include <kis_layer_utils.h>
#include <kis_node.h>
#include <kis_painting_information_builder.h>

#include "listener.h"

namespace npe {

namespace {

/* One for each view of a document; the one that was painted with last comes first. */
QList<Tool *> tools;
uint32_t strokes = 0;

} // namespace

Tool::Tool(KoCanvasBase *canvas)
    : KisToolFreehand(canvas, KisCursor::load("tool_freehand_cursor.xpm", 2, 2), kundo2_noi18n("Neural Brush"))
{
    setObjectName(Factory::toolId);
    tools.append(this);
}

Tool::~Tool()
{
    tools.removeOne(this);
    if (m_painting) {
        m_last.kind = NPE_TOOL_CANCEL;
        tell(m_last);
    }
}

KisNodeSP Tool::find(const QString &id)
{
    const QUuid uuid(id);
    // Two open copies of one file have the same ids, therefore the order.
    for (Tool *tool : qAsConst(tools)) {
        KisImageSP image = tool->currentImage();
        KisNodeSP found = image ? KisLayerUtils::findNodeByUuid(image->root(), uuid) : KisNodeSP();
        if (found) {
            return found;
        }
    }
    return KisNodeSP();
}

void Tool::deactivate()
{
    finish(NPE_TOOL_END);
    KisToolFreehand::deactivate();
}

/* Krita asks for it whenever it is to be done with all, as when the stroke before goes into its layer. A stroke here has nothing of
 * Krita's open that could be in the way. */
void Tool::requestStrokeEnd()
{
}

void Tool::requestStrokeCancellation()
{
    finish(NPE_TOOL_CANCEL);
}

/* Keeps what the pen does now. */
void Tool::take(uint32_t kind, KoPointerEvent *event)
{
    const QPointF at = convertToPixelCoord(event);
    m_last.kind = kind;
    m_last.stroke = strokes;
    m_last.x = at.x();
    m_last.y = at.y();
    m_last.pressure = paintingInformationBuilder()->pressureToCurve(event->pressure());
    m_last.xtilt = event->xTilt();
    m_last.ytilt = event->yTilt();
}

void Tool::beginPrimaryAction(KoPointerEvent *event)
{
    requestUpdateOutline(event->point, event);
    if (m_painting || !currentImage()) {
        event->ignore();
        return;
    }
    tools.move(tools.indexOf(this), 0);
    ++strokes;
    take(NPE_TOOL_BEGIN, event);
    if (!tell(m_last)) {
        event->ignore();
        return;
    }
    m_painting = true;
    setMode(KisTool::PAINT_MODE);
    setControls(false);
}

void Tool::continuePrimaryAction(KoPointerEvent *event)
{
    requestUpdateOutline(event->point, event);
    if (m_painting) {
        take(NPE_TOOL_MOVE, event);
        tell(m_last);
    }
}

void Tool::endPrimaryAction(KoPointerEvent *event)
{
    if (m_painting) {
        // A pen that is lifted has no pressure: the stroke ends with the last it had.
        const double pressure = m_last.pressure;
        take(NPE_TOOL_END, event);
        m_last.pressure = pressure;
        finish(NPE_TOOL_END);
    }
}

void Tool::finish(uint32_t kind)
{
    if (!m_painting) {
        return;
    }
    m_painting = false;
    setMode(KisTool::HOVER_MODE);
    setControls(true);
    m_last.kind = kind;
    tell(m_last);
}

/* Krita's actions that change layers rest while the pen is down, as with its other brushes. */
void Tool::setControls(bool on)
{
    auto *canvas2 = dynamic_cast<KisCanvas2 *>(canvas());
    if (!canvas2 || !canvas2->viewManager()) {
        return;
    }
    if (on) {
        canvas2->viewManager()->enableControls();
    } else {
        canvas2->viewManager()->disableControls();
    }
}

KisOptimizedBrushOutline Tool::getOutlinePath(const QPointF &documentPos, const KoPointerEvent *event,
                                              KisPaintOpSettings::OutlineMode outlineMode)
{
    Q_UNUSED(event);
    QPainterPath path;
    KisPaintOpPresetSP preset = currentPaintOpPreset();
    if (outlineMode.isVisible && preset && preset->settings()) {
        // The dabs are round, whatever the shape of Krita's brush is.
        const double radius = preset->settings()->paintOpSize() / 2;
        path.addEllipse(convertToPixelCoord(documentPos), radius, radius);
    }
    return path;
}

QWidget *Tool::createOptionWidget()
{
    auto *panel = new QWidget;
    panel->setObjectName(Factory::toolId);
    new QVBoxLayout(panel);
    fillPanel(panel);
    return panel;
}

const char *const Factory::toolId = "NpeNeuralBrush";

Factory::Factory(const QString &name)
    : KisToolPaintFactoryBase(toolId)
{
    setToolTip(name);
    setIconName("npe_neural_brush");
    // Beside the multibrush, the last of the brushes.
    setSection(ToolBoxSection::Shape);
    setPriority(12);
    setActivationShapeId(KRITA_TOOL_ACTIVATION_ID);
}

KoToolBase *Factory::createTool(KoCanvasBase *canvas)
{
    return new Tool(canvas);
}

} // namespace npe
