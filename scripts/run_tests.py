#!/usr/bin/env python3
"""Runs every test of the workspace in two lanes at once: those that mostly wait for real processes, and all others.

    run_tests.py CARGO-ARGUMENT...     e.g. run_tests.py --workspace

cargo runs one test program after the other; those that kill and restart processes leave both cores idle meanwhile.
Each program's output is shown when it has ended; the last lines say how long each took.
"""

import json
import os
import subprocess
import sys
import threading
import time

# test programs that mostly wait, longest first
WAITING = ["kills", "supervisor", "browser", "whole", "view"]


def build(arguments):
    """Test programs: (crate, target, program, folder to run in)."""
    command = ["cargo", "test", "--no-run", "--message-format=json-render-diagnostics", *arguments]
    found = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as cargo:
        for line in cargo.stdout:
            message = json.loads(line)
            if message.get("reason") == "compiler-artifact" and message["profile"]["test"] and message["executable"]:
                folder = os.path.dirname(message["manifest_path"])
                found.append((os.path.basename(folder), message["target"]["name"], message["executable"], folder))
    if cargo.returncode:
        sys.exit(cargo.returncode)
    return sorted(found)


class Lane(threading.Thread):
    """Runs programs one after the other."""

    def __init__(self, programs, output):
        super().__init__()
        self.programs, self.output, self.times, self.failed = programs, output, [], []

    def run(self):
        for crate, target, program, folder in self.programs:
            begun = time.monotonic()
            done = subprocess.run([program], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, errors="replace", check=False)
            took = time.monotonic() - begun
            self.times.append((took, f"{crate} {target}"))
            if done.returncode:
                self.failed.append(f"{crate} {target}")
            with self.output:
                print(f"==> {crate} {target} ({took:.0f} s)\n{done.stdout}", flush=True)


def main():
    programs = build(sys.argv[1:])
    rank = {name: place for place, name in enumerate(WAITING)}
    waiting = sorted((p for p in programs if p[1] in rank), key=lambda p: rank[p[1]])
    output = threading.Lock()
    lanes = [Lane(waiting, output), Lane([p for p in programs if p[1] not in rank], output)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    documentation = subprocess.run(["cargo", "test", "--quiet", "--doc", *sys.argv[1:]], check=False)
    for took, name in sorted((t for lane in lanes for t in lane.times), reverse=True)[:8]:
        print(f"{took:6.0f} s  {name}")
    failed = [name for lane in lanes for name in lane.failed] + (["documentation"] if documentation.returncode else [])
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
