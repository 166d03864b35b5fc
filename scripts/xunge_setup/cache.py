"""The one place that decides where downloads are kept, and how a file becomes part of it: whole, or not at all."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from .say import Fail, no_space, say, wrong_checksum


class Cache:
    """A folder outside the repository. Everything in it can be made again."""

    def __init__(self, root):
        self.root = Path(root)

    @classmethod
    def of_environment(cls, environment=os.environ):
        """XUNGE_CACHE, else XDG_CACHE_HOME/xunge, else ~/.cache/xunge."""
        if own := environment.get("XUNGE_CACHE"):
            root = Path(own)
        elif shared := environment.get("XDG_CACHE_HOME"):
            root = Path(shared) / "xunge"
        else:
            root = Path.home() / ".cache" / "xunge"
        if not root.is_absolute():
            raise Fail(f"XUNGE_CACHE must be an absolute path, not {root}", f"XUNGE_CACHE 必须是绝对路径：{root}")
        return cls(root)

    def path(self, *parts):
        return self.root.joinpath(*parts)

    def log(self, name):
        """Where the output of a tool is written."""
        folder = self.path("log")
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.log"

    @contextlib.contextmanager
    def locked(self):
        """One setup at a time; a second one waits for the first and then finds everything done."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = open(self.path("lock"), "w", encoding="utf-8")
        except PermissionError:
            raise Fail(
                f"{self.root} cannot be written: set XUNGE_CACHE to a folder of yours",
                f"无法写入 {self.root}：请用 XUNGE_CACHE 指定可写的文件夹",
            ) from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another setup is running; waiting for it · 正在等待另一个准备过程")
                fcntl.flock(lock, fcntl.LOCK_EX)
            # what a killed run left behind
            shutil.rmtree(self.path("tmp"), ignore_errors=True)
            yield

    @contextlib.contextmanager
    def workspace(self, needed_mb):
        """A folder on the cache's disk, with enough room, that is gone afterwards."""
        folder = self.path("tmp")
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < needed_mb * 1_000_000:
            raise no_space(self.root, needed_mb)
        with tempfile.TemporaryDirectory(dir=folder) as work:
            yield Path(work)

    def holds(self, expected_sha256, *parts):
        """Is the file there and exactly what it should be? A damaged one is said and removed."""
        target = self.path(*parts)
        if not target.is_file():
            return False
        if sha256(target) == expected_sha256:
            return True
        say(f"      {target.name} is damaged and is made anew · 文件损坏，重新生成")
        target.unlink()
        return False

    def keep(self, source, expected_sha256, *parts):
        """Moves a finished file in under its final name, if it is what it should be."""
        found = sha256(source)
        if found != expected_sha256:
            Path(source).unlink()
            raise wrong_checksum(parts[-1], expected_sha256, found)
        self.place(source, *parts)

    def place(self, source, *parts):
        """Moves a finished file in under its final name: to disk first, the name last."""
        target = self.path(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(source, "rb") as file:
            os.fsync(file.fileno())
        os.replace(source, target)

    # a stamp says what a folder (or a file without a fixed checksum) was made from

    def stamped(self, facts, *parts):
        try:
            return json.loads(self.path(*parts).read_text(encoding="utf-8")) == facts
        except (OSError, ValueError):
            return False

    def stamp(self, facts, *parts):
        part = self.path(*parts[:-1], parts[-1] + ".part")
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(facts, indent=1, sort_keys=True), encoding="utf-8")
        self.place(part, *parts)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
