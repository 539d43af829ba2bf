# SPDX-License-Identifier: MIT OR Apache-2.0
"""keeping."""

tell = print
