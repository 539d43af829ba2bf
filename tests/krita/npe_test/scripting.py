# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripting."""

tell = print
