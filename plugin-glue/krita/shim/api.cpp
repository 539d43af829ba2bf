/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The C functions: what was given is checked, and no exception leaves. */
#include "npe_tool.h"

#include <exception>
#include <string>

#include <QCoreApplication>
#include <QThread>

#include <KoToolManager.h>
#include <KoToolManager_p.h>
#include <KoToolRegistry.h>
#include <KritaVersionWrapper.h>
#include <kis_image.h>
#include <kis_node.h>
#include <kritaversion.h>

#include "group.h"
#include "layer.h"
#include "listener.h"
#include "preview.h"
#include "tool.h"

namespace npe {

namespace {

npe_tool_listener theListener = nullptr;
npe_tool_panel thePanel = nullptr;
std::string theError;

/* Does something, and makes of an exception a sentence and an answer. */
template<typename Work>
int guarded(Work work) noexcept
{
    try {
        if (!qApp || QThread::currentThread() != qApp->thread()) {
            throw Error("The Neural Brush tool was called outside of Krita's interface thread; please report this");
        }
        work();
        return 0;
    } catch (const std::exception &e) {
        theError = e.what();
    } catch (...) {
        theError = "The Neural Brush tool met an unknown error; please report this";
    }
    return 1;
}

KisNodeSP layerCalled(const char *id)
{
    KisNodeSP node = id ? Tool::find(QString::fromUtf8(id)) : KisNodeSP();
    if (!node) {
        throw Error(std::string("No open document has a layer ") + (id ? id : "without an id")
                    + ": it was deleted, or its document was closed");
    }
    return node;
}

QString text(const char *utf8)
{
    return QString::fromUtf8(utf8 ? utf8 : "");
}

void put(const QString &id, char *room)
{
    qstrncpy(room, id.toLatin1().constData(), NPE_TOOL_ID);
}

QRect rectOf(int32_t x, int32_t y, int32_t width, int32_t height)
{
    if (width <= 0 || height <= 0) {
        throw Error(QString("A rectangle of %1 × %2 pixels is empty").arg(width).arg(height).toStdString());
    }
    return QRect(x, y, width, height);
}

Pixels pixelsOf(const QRect &rect, const void *pixels, size_t size)
{
    if (!pixels || size > size_t(INT32_MAX)) {
        throw Error("No pixels were given, or more than 2 GB");
    }
    // Not copied: what keeps them copies them.
    return Pixels{rect, QByteArray::fromRawData(static_cast<const char *>(pixels), int(size))};
}

} // namespace

int tell(const npe_tool_event &event)
{
    return theListener ? theListener(&event) : 0;
}

void fillPanel(QWidget *panel)
{
    if (thePanel) {
        thePanel(panel);
    }
}

} // namespace npe

using namespace npe;

const char *npe_tool_abi(void)
{
    return KRITA_VERSION_STRING;
}

const char *npe_tool_error(void)
{
    return theError.c_str();
}

int npe_tool_register(const char *name, npe_tool_listener listener, npe_tool_panel panel)
{
    return guarded([&] {
        const QString running = KritaVersionWrapper::versionString(false);
        if (running != KRITA_VERSION_STRING) {
            throw Error("The Neural Brush tool was built for Krita " KRITA_VERSION_STRING ", and this is Krita "
                        + running.toStdString());
        }
        if (!name || !listener || !panel) {
            throw Error("The Neural Brush tool needs a name and two callbacks");
        }
        KoToolRegistry *registry = KoToolRegistry::instance();
        if (!registry->contains(Factory::toolId)) {
            registry->add(new Factory(QString::fromUtf8(name)));
            // The manager made its list before, from the tools that came with Krita.
            auto *action = new KoToolAction(registry->value(Factory::toolId));
            KoToolManager::instance()->priv()->toolActionList.append(action);
            // Python goes before Krita's last views do.
            QObject::connect(qApp, &QCoreApplication::aboutToQuit, qApp, [] { npe_tool_unregister(); });
        }
        theListener = listener;
        thePanel = panel;
    });
}

void npe_tool_unregister(void)
{
    theListener = nullptr;
    thePanel = nullptr;
    // It must not outlive Krita's images.
    npe_tool_drop();
}

int npe_tool_write(const char *layer, int32_t x, int32_t y, int32_t width, int32_t height, const void *pixels,
                   size_t size)
{
    return guarded([&] { write(layerCalled(layer), pixelsOf(rectOf(x, y, width, height), pixels, size)); });
}

int npe_tool_refresh(const char *layer, int32_t x, int32_t y, int32_t width, int32_t height)
{
    return guarded([&] { refresh(layerCalled(layer), rectOf(x, y, width, height)); });
}

int npe_tool_paint(const char *layer, const char *name, int32_t x, int32_t y, int32_t width, int32_t height,
                   const void *bgra, size_t size, int erase)
{
    return guarded([&] {
        paint(layerCalled(layer), text(name),
              pixelsOf(rectOf(x, y, width, height), bgra, size), erase != 0);
    });
}

int npe_tool_preview(const char *layer, int32_t x, int32_t y, int32_t width, int32_t height, const void *pixels,
                     size_t size, const char *model, const char *depth, const char *profile)
{
    return guarded([&] {
        preview(layerCalled(layer), pixelsOf(rectOf(x, y, width, height), pixels, size),
                colorSpace(text(model), text(depth), text(profile)));
    });
}

int npe_tool_commit(const char *name)
{
    return guarded([&] { commit(text(name)); });
}

int npe_tool_drop(void)
{
    return guarded([] { drop(); });
}

int npe_tool_group(const char *layer, int whole, npe_tool_layers *layers)
{
    return guarded([&] {
        if (!layers) {
            throw Error("No layers were named");
        }
        const Ids ids = addGroup(layerCalled(layer), whole != 0,
                                 Group{text(layers->group), text(layers->result), text(layers->guide),
                                       colorSpace(text(layers->model), text(layers->depth), text(layers->profile))});
        put(ids.group, layers->group_id);
        put(ids.result, layers->result_id);
        put(ids.guide, layers->guide_id);
    });
}
