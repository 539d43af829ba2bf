# SPDX-License-Identifier: MIT OR Apache-2.0
"""The question that is asked where an edit is opened whose photo is not the one any more that was painted on."""

from __future__ import annotations

from gi.repository import Gtk

from npe_shared.words import _


def goes_on(window: Gtk.Window, sentence: str) -> bool:
    """Whether to do again on the photo of now what was painted; else the edit begins anew."""
    question = Gtk.MessageDialog(transient_for=window, modal=True, message_type=Gtk.MessageType.QUESTION, text=sentence,
                                 secondary_text=_("Going on does again on it what was painted. Starting anew hides the earlier "
                                                  "result."))
    question.set_title(_("The photo has changed"))
    question.add_button(_("Start _anew"), Gtk.ResponseType.NO)
    question.add_button(_("_Go on"), Gtk.ResponseType.YES)
    question.set_default_response(Gtk.ResponseType.YES)
    answer = question.run()
    question.destroy()
    return answer != Gtk.ResponseType.NO
