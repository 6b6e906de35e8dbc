"""The machine's own Chromium or Chrome: where it is, how to install it.

`python -m tests.browser.chromium` says which one the browser tests use; on Debian as root it installs a missing one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FIXED = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("C:/Program Files/Google/Chrome/Application/chrome.exe"),
)
FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-dev-shm-usage",
)
APT = ("apt-get", "install", "-y", "--no-install-recommends", "chromium")


def find_chromium() -> Path | None:
    """Return the browser to drive: what HF_CHROMIUM names, else the first one found on this machine."""
    named = os.environ.get("HF_CHROMIUM")
    found = [named] if named else [shutil.which(name) for name in NAMES]
    paths = [Path(p) for p in found if p] + ([] if named else list(FIXED))
    return next((path for path in paths if path.exists()), None)


def install_command() -> str:
    """Return the command a person types to get the browser."""
    if sys.platform == "darwin":
        return "brew install --cask google-chrome"
    if shutil.which("apt-get"):
        return "sudo apt-get install chromium"
    if shutil.which("dnf"):
        return "sudo dnf install chromium"
    return "install Chromium or Google Chrome, or set HF_CHROMIUM to its path"


def may_install() -> bool:
    """Tell whether this is a Debian-like machine on which we are root."""
    return shutil.which("apt-get") is not None and hasattr(os, "geteuid") and os.geteuid() == 0


def install_chromium() -> None:
    """Install Debian's Chromium."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], env=quiet, check=True)
    subprocess.run(list(APT), env=quiet, check=True)


def main() -> int:
    """Find the browser, install it where that is ours to do, and say what came of it."""
    if find_chromium() is None and may_install():
        install_chromium()
    found = find_chromium()
    print(
        f"Browser tests use {found}."
        if found
        else f"No Chromium found, so the browser tests are skipped. To run them: {install_command()}"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
