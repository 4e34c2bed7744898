"""Look for known vulnerabilities in the locked packages.

Says *audited*, *findings* or *could not ask*; only findings fail. A registry without an audit
service must not look like a clean result, and pip-audit alone would report one.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def python() -> tuple[str, list[str]]:
    """The verdict on requirements.lock, and its findings."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
    command += ["-r", "requirements.lock", "-f", "json", "--progress-spinner", "off"]
    done = run(command)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return "could not ask", []
    if not any("vulns" in package for package in packages):
        return "could not ask", []
    findings = [
        f"{package['name']} {package['version']}: {fault['id']}"
        for package in packages
        for fault in package.get("vulns", [])
    ]
    return ("findings" if findings else "audited"), findings


def npm() -> tuple[str, list[str]]:
    """The verdict on package-lock.json, and its findings."""
    done = run(["npm", "audit", "--json", "--omit=dev"])
    try:
        report = json.loads(done.stdout)
        counted = report["metadata"]["vulnerabilities"]["total"]
    except (ValueError, KeyError, TypeError):
        return "could not ask", []
    findings = [f"{name}: {fault['severity']}" for name, fault in report["vulnerabilities"].items()]
    return ("findings" if counted else "audited"), findings


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run *command*, at most two minutes."""
    try:
        return subprocess.run(  # noqa: S603 -- our own commands
            command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return subprocess.CompletedProcess(command, 1, "", "")


def main() -> int:
    """Print both verdicts; 1 when there are findings."""
    worst = 0
    for what, ask in (("Python packages", python), ("npm packages", npm)):
        verdict, findings = ask()
        print(f"{what}: {verdict}")
        for finding in findings:
            print(f"  {finding}")
        worst |= verdict == "findings"
    return worst


if __name__ == "__main__":
    sys.exit(main())
