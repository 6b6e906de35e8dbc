"""Take the README's pictures anew: `make screenshots`.

Walks the journey of the browser test and keeps one small picture per page in docs/images.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
TAKEN, KEPT = ROOT / "tests" / "artifacts", ROOT / "docs" / "images"
PAGES = ("overview", "explore", "train", "runs", "model", "deploy", "predict", "cleanup")
COLOURS = 128


def keep(name: str) -> int:
    """Write a picture with few colours, which is a third of its size, and return its bytes."""
    target = KEPT / f"{name}.png"
    Image.open(TAKEN / f"{name}.png").convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    return target.stat().st_size


def main() -> int:
    """Walk the journey, then keep its pictures."""
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "tests/browser/test_journey.py"], cwd=ROOT)
    if done.returncode == 0:
        KEPT.mkdir(exist_ok=True)
        for name in PAGES:
            print(f"docs/images/{name}.png: {keep(name) / 1024:.0f} kB")
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
