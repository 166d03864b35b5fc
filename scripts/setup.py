#!/usr/bin/env python3
"""Installs what building, testing and the demo need, and only what is missing. Standard library only.

    setup.py [PART...] [--all]      parts: see PARTS below; none: everything the demo needs
    setup.py where                  prints the folder in which downloads are kept

`make` calls this; a second run asks the network for nothing.
"""

import argparse
import sys
import time

if sys.version_info < (3, 11):
    sys.exit(
        "xunge: Python 3.11 or newer is needed: use Debian's own, /usr/bin/python3\n"
        "       需要 Python 3.11 或更新版本：请使用系统自带的 /usr/bin/python3"
    )

from xunge_setup import clip, console, models, packages, runtime, system, wheels
from xunge_setup.cache import Cache
from xunge_setup.say import Fail, error, no_space_sentence, say

# name: (what it is in English and Chinese, what it does). In the order in which they build on one another.
PARTS = {
    "system": ("this machine · 检查本机", lambda cache, options: system.check()),
    "packages": ("Debian packages · 系统软件包", lambda cache, options: packages.install({"build"})),
    "test-packages": ("Debian packages for the tests · 测试软件包", lambda cache, options: packages.install({"test"})),
    "onnxruntime": ("ONNX Runtime · 推理库", lambda cache, options: runtime.install(cache)),
    "node": ("Node.js", lambda cache, options: wheels.install_node(cache)),
    "models": ("model weights · 模型权重", lambda cache, options: models.install(cache, everything=options.all)),
    "clip": ("demonstration clip · 演示视频", lambda cache, options: clip.install(cache)),
    "console": ("web console · 网页控制台", lambda cache, options: console.build(cache)),
}
DEMO = [part for part in PARTS if part != "test-packages"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--all", action="store_true", help="models: also those that nothing uses yet")
    options = parser.parse_intermixed_args()
    try:
        cache = Cache.of_environment()
        if options.parts == ["where"]:
            say(str(cache.root))
            return 0
        if unknown := [p for p in options.parts if p not in PARTS]:
            raise Fail(f"{unknown[0]} is no part of setup; there are: {', '.join(PARTS)}", f"没有名为 {unknown[0]} 的部分")
        wanted = [p for p in PARTS if p in (options.parts or DEMO)]
        with cache.locked():
            for number, part in enumerate(wanted, 1):
                title, action = PARTS[part]
                begun = time.monotonic()
                say(f"[{number}/{len(wanted)}] {title}")
                outcome = action(cache, options)
                took = time.monotonic() - begun
                say(f"      {outcome}" + (f" ({took:.0f} s)" if took >= 1 else ""))
    except Fail as failure:
        error(failure)
        return 1
    except OSError as failure:
        error(no_space_sentence(failure) or Fail(f"setup stopped: {failure}", "准备过程中断，请看上面的原因"))
        return 1
    except KeyboardInterrupt:
        error(Fail("stopped; run it again to go on", "已中断；再次运行即可继续"))
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
