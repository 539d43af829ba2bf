/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is told of events: the one place that calls Python. Interface thread only. */
#pragma once

#include "npe_tool.h"

class QWidget;

namespace npe {

/* The listener's answer; 0 if there is none. */
int tell(const npe_tool_event &event);

void fillPanel(QWidget *panel);

} // namespace npe
