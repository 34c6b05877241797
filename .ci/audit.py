"""Looks the locked versions up for known vulnerabilities: 1 with a line for each, 0 with a reason where it cannot.

    python .ci/audit.py requirements.lock FOLDER

pip-audit is installed in an environment of its own in FOLDER, as its dependencies are none of ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

PATIENCE = 180  # seconds for an index or a database that does not answer


def asked(*words: str | Path) -> str | None:
    """The last line of what a program complains of; None where it took too long."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return None
    return next(reversed(done.stderr.strip().splitlines()), "")


def audit(lock: Path, folder: Path) -> int:
    """Prints what is known; returns the exit code."""
    pip, program, answer = folder / "bin" / "pip", folder / "bin" / "pip-audit", folder / "answer.json"
    venv.create(folder, with_pip=True, clear=True)
    complaint = asked(pip, "install", "-qq", "--retries", "0", "pip-audit")
    if not program.is_file():
        print(f"pip-audit: skipped, it cannot be installed ({complaint or 'no answer'})")
        return 0
    how = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json", "-o", answer)
    complaint = asked(program, "-r", lock, *how)
    if not answer.is_file():
        print(f"pip-audit: skipped, its database does not answer ({complaint or 'no answer'})")
        return 0
    packages = json.loads(answer.read_text(encoding="utf-8"))["dependencies"]
    known = [package for package in packages if "vulns" in package]
    found = [(package, each) for package in known for each in package["vulns"]]
    if not known:
        print(f"pip-audit: skipped, its database knows none of the {len(packages)} versions")
        return 0
    for package, each in found:
        mended = ", ".join(each["fix_versions"]) or "no version yet"
        print(f"{package['name']}=={package['version']}: {each['id']}, mended in {mended}")
    print(
        f"pip-audit: {len(found)} vulnerabilities in {len(known)} of {len(packages)} versions that its database knows"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(audit(Path(sys.argv[1]), Path(sys.argv[2])))
