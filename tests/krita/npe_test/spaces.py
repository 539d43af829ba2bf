# SPDX-License-Identifier: MIT OR Apache-2.0
"""spaces."""

tell = print
