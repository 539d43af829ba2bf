#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Neural Brush for GIMP 3: paint a colour on a photo of a face, and a generative network makes it real.

GIMP starts this file; what it offers is in the package `npe_gimp`, the engine behind it in `npe_shared`.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from npe_gimp.plugin import main  # noqa: E402

main()
