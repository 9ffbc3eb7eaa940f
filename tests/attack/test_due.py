"""`run-due` killed twice at random moments; `make attack` has the long run."""

import subprocess
import sys

from tests.sources import ROOT


def test_it_holds():
    command = [sys.executable, "-m", "tests.attack", "--scale", "0.02", "due"]  # what other tests left is in no way
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
