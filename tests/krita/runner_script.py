# SPDX-License-Identifier: MIT OR Apache-2.0
"""Run by kritarunner: edits a portrait without a window, writes what came of it into kritarunner.txt."""

import json
import os

from krita import Krita


def main(*_arguments: object) -> None:
    said = "not done"
    try:
        from npe_brush import api
        document = Krita.instance().openDocument(os.environ["NPE_TEST_PHOTO"])
        before = bytes(document.pixelData(0, 0, document.width(), document.height()))
        strokes = {"format": "npe-strokes", "version": 1, "units": "face",
                   "operations": [{"kind": "stroke", "color": [0.94, 0.75, 0.24], "dabs": [[0.5, 0.06, 0.15, 0.5, 1]]}]}
        api.edit(document, json.dumps(strokes), document.topLevelNodes()[0])
        document.waitForDone()
        changed = bytes(document.pixelData(0, 0, document.width(), document.height())) != before
        document.setBatchmode(True)
        saved = document.saveAs(os.path.join(os.environ["NPE_TEST_OUT"], "runner.kra"))
        said = "done" if changed and saved else f"changed {changed}, saved {saved}"
    except Exception as e:
        said = repr(e)
    with open(os.path.join(os.environ["NPE_TEST_OUT"], "kritarunner.txt"), "w", encoding="utf-8") as file:
        file.write(said)
