"""The double started by hand, for a browser or another process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="the Azure ML SDK v1, and what the double needs of it, ends at Python 3.11"
)
def test_it_says_how_to_reach_it(tmp_path: Path) -> None:
    """It prints the environment to set, serves with it until it is stopped, and leaves a list of what it was asked."""
    command = [sys.executable, "-m", "tests.fakes.azure", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = (line.removeprefix("export ").strip().partition("=") for line in iter(process.stdout.readline, ""))
            told = {}
            while "AZUREML_SERVICE_PRINCIPAL_PASSWORD" not in told:
                name, _, value = next(lines)
                told[name] = value
            config = json.loads((tmp_path / "config.json").read_text())
            url = f"https://management.azure.com/subscriptions/{config['subscription_id']}"
            answer = requests.get(url, proxies={"https": told["HTTPS_PROXY"]}, verify=told["SSL_CERT_FILE"], timeout=20)
            assert answer.status_code == 401
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)
    assert f"401 GET {url}" in (tmp_path / "calls.log").read_text()
