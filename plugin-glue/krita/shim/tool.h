/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tool itself: a freehand tool of Krita (resizing, sampling of colours, cursors) that hands its strokes on. */
#pragma once

#include <QString>

#include <KisToolPaintFactoryBase.h>
#include <kis_tool_freehand.h>

#include "npe_tool.h"

namespace npe {

class Tool : public KisToolFreehand
{
    Q_OBJECT
public:
    explicit Tool(KoCanvasBase *canvas);
    ~Tool() override;

    /* A layer of an open document by its unique id; null if there is none. */
    static KisNodeSP find(const QString &id);

    void requestStrokeEnd() override;
    void requestStrokeCancellation() override;

public Q_SLOTS:
    void deactivate() override;

protected:
    void beginPrimaryAction(KoPointerEvent *event) override;
    void continuePrimaryAction(KoPointerEvent *event) override;
    void endPrimaryAction(KoPointerEvent *event) override;
    KisOptimizedBrushOutline getOutlinePath(const QPointF &documentPos, const KoPointerEvent *event,
                                            KisPaintOpSettings::OutlineMode outlineMode) override;
    QWidget *createOptionWidget() override;

private:
    void take(uint32_t kind, KoPointerEvent *event);
    void finish(uint32_t kind);
    void setControls(bool on);

    /* Whether a stroke is being painted, and its last point. */
    bool m_painting = false;
    npe_tool_event m_last = {};
};

class Factory : public KisToolPaintFactoryBase
{
public:
    explicit Factory(const QString &name);
    KoToolBase *createTool(KoCanvasBase *canvas) override;

    /* The tool's id, and the name of its action. */
    static const char *const toolId;
};

} // namespace npe
