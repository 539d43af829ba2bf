# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs the headless tests inside GIMP: `gimp-console-3 … -b "exec(open('…/headless/main.py').read())"`.

NPE_TEST_HEADLESS is this folder, NPE_TEST_OUT takes headless.json (how many passed, what failed) and headless.log.
NPE_TEST_ONLY names a test, such as test_procedures.StrokeFile.
"""

import json
import os
import sys
import traceback
import unittest


def main() -> None:
    here, out = os.environ["NPE_TEST_HEADLESS"], os.environ["NPE_TEST_OUT"]
    sys.path.insert(0, here)
    with open(os.path.join(out, "headless.log"), "w", encoding="utf-8", buffering=1) as log:
        try:
            only = os.environ.get("NPE_TEST_ONLY")
            loader = unittest.TestLoader()
            suite = loader.loadTestsFromName(only) if only else loader.discover(here)
            result = unittest.TextTestRunner(stream=log, verbosity=2, durations=12).run(suite)
            bad = [str(test) for test, _ in result.failures + result.errors] + list(map(str, result.unexpectedSuccesses))
            summary = {"passed": result.testsRun - len(bad) - len(result.skipped), "failed": bad,
                       "skipped": [f"{test}: {why}" for test, why in result.skipped]}
        except BaseException:
            traceback.print_exc(file=log)
            raise
    with open(os.path.join(out, "headless.json"), "w", encoding="utf-8") as file:
        json.dump(summary, file)


main()
