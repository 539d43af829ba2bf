/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pixels into layers, as only C++ can put them there. Interface thread only. */
#pragma once

#include <stdexcept>

#include <QByteArray>
#include <QRect>
#include <QString>

#include <kis_types.h>

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

/* The functions of npe_tool.h of the same names. */
void write(KisNodeSP layer, const Pixels &pixels);
void refresh(KisNodeSP layer, const QRect &rect);
void paint(KisNodeSP layer, const QString &name, const Pixels &bgra, bool erase);

} // namespace npe
