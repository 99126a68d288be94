"""`make audit-dependencies`: known vulnerabilities of every pinned package, by pip-audit. Not part of `make test`,
because it asks a service outside; without that service it fails, loudly.

pip-audit ends well when it could look nothing up. So a result counts only when no package was skipped, and when the
same service knows the vulnerabilities of an old package that certainly has some.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from lib.config import ROOT

TOOL = "pip-audit==2.10.1"
REQUIREMENTS = (ROOT / "requirements.txt", ROOT / "tests" / "requirements.txt")
KNOWN_BAD = "requests==2.19.0"
SOUND, VULNERABLE, UNKNOWN = 0, 1, 2


def audit(python: str, *requirements: Path) -> dict[str, Any]:
    """What pip-audit says about the pinned packages. Raises OSError with its words when it says nothing."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        files = [part for path in requirements for part in ("-r", str(path))]
        options = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json", "-o", str(report)]
        done = subprocess.run([python, "-m", "pip_audit", *files, *options], capture_output=True, text=True)
        if not report.exists() or not report.read_text():
            raise OSError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "没有输出")
        found: dict[str, Any] = json.loads(report.read_text("utf-8"))
        return found


def judged(report: dict[str, Any], canary: dict[str, Any]) -> tuple[int, list[str]]:
    """Exit code and sentences. report: of our packages; canary: of KNOWN_BAD. pip-audit gives no severity, so that
    every known vulnerability counts.
    """
    packages = report["dependencies"]
    skipped = [p["name"] for p in packages if "skip_reason" in p]
    bad = [f"{p['name']} {p['version']}：{v['id']}" for p in packages for v in p.get("vulns", ())]
    if bad:
        return VULNERABLE, [f"发现已知漏洞{len(bad)}个：", *bad]
    if not packages or skipped:
        names = "、".join(skipped[:10]) + ("等" if len(skipped) > 10 else "")
        return UNKNOWN, [f"不能作数：{len(packages)}个组件中有{len(skipped)}个没有查到（{names}）"]
    if not any(p.get("vulns") for p in canary["dependencies"]):
        return UNKNOWN, [f"不能作数：漏洞库连{KNOWN_BAD}的已知漏洞也不知道"]
    return SOUND, [f"{len(packages)}个组件全部查到，没有已知漏洞"]


def plain(path: Path, folder: Path) -> Path:
    """The pins of a requirement file alone: without the files it includes, which are given as well."""
    pins = [line for line in path.read_text("utf-8").splitlines() if line and line[0].isalnum()]
    copy = folder / f"{path.parent.name}-{path.name}"
    copy.write_text("\n".join(pins) + "\n", "utf-8")
    return copy


def main(python: str) -> int:
    """Look everything up and print the verdict. python: of an environment with pip-audit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "old.txt").write_text(KNOWN_BAD + "\n")
        try:
            own = audit(python, *(plain(path, folder) for path in REQUIREMENTS))
            code, sentences = judged(own, audit(python, folder / "old.txt"))
        except OSError as error:
            code, sentences = UNKNOWN, [f"不能作数：漏洞库无法访问（{error}）"]
    print("\n".join(sentences), file=sys.stdout if code == SOUND else sys.stderr)
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
