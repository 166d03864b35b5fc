"""Model weights: fetched as the cards in models/ say, converted, and kept only if their sha256 is the card's."""

import os
import shutil
import tarfile
import tomllib
from pathlib import Path

from . import wheels
from .cache import sha256
from .run import run
from .say import Fail, wrong_checksum

MODELS = Path(__file__).parent.parent.parent / "models"
TARBALL_MB = 150


def cards(folder=MODELS):
    """Every card with the folder it lies in."""
    return [(path.parent, tomllib.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*/card.toml"))]


def install(cache, everything=False):
    wanted = [(folder, card) for folder, card in cards() if everything or card["default"]]
    lacking = [(folder, card) for folder, card in wanted if not cache.holds(card["sha256"], "models", card["file"])]
    if not lacking:
        return f"{len(wanted)} there · 已有"
    wheels.install_node(cache)
    python = wheels.converters(cache)
    for folder, card in lacking:
        source = members(cache, card)
        convert(cache, python, folder, card, source)
    return f"{len(lacking)} made · 已生成"


def members(cache, card):
    """The folder with the published files of a card. The package they come in is large and not kept."""
    source = card["source"]
    place = cache.path("sources", source["tarball"].removesuffix(".tgz"))
    # all that any card wants of this package, so that it is fetched once
    wanted = sorted({m for _, c in cards() if c["source"]["tarball"] == source["tarball"] for m in c["source"]["members"]})
    facts = {"package": source["sha256"], "members": wanted}
    if cache.stamped(facts, "sources", place.name, "made.json"):
        return place
    with cache.workspace(needed_mb=TARBALL_MB * 2 + 50) as work:
        tarball = fetch(cache, source, work)
        with tarfile.open(tarball) as archive:
            for name in wanted:
                target = work / "out" / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.extractfile(name) as packed, open(target, "wb") as file:
                    shutil.copyfileobj(packed, file)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            os.replace(place, work / "old")
        os.replace(work / "out", place)
    cache.stamp(facts, "sources", place.name, "made.json")
    return place


def fetch(cache, source, work):
    """The package as npm packs it."""
    package = f"{source['npm']}@{source['version']}"
    environment = {**wheels.node_environment(cache), "npm_config_cache": str(work / "npm"), "TMPDIR": str(work)}
    npm = cache.path("node", "bin", "npm")
    run([npm, "pack", "--loglevel=error", package], package, cache.log("npm-pack"), cwd=work, env=environment)
    tarball = work / source["tarball"]
    if not tarball.is_file():
        raise Fail(f"npm fetched no {source['tarball']}; details: {cache.log('npm-pack')}", f"npm 未能取得 {package}")
    if (digest := sha256(tarball)) != source["sha256"]:
        raise wrong_checksum(source["tarball"], source["sha256"], digest)
    return tarball


def convert(cache, python, folder, card, source):
    """Published files → float ONNX → INT8 if the card has ranges → the cache."""
    environment = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    plan, tools = card["convert"], MODELS / "convert"
    graph = next(source / m for m in card["source"]["members"] if m.endswith(".json"))
    what = f"the conversion of {card['name']}"
    with cache.workspace(needed_mb=100) as work:
        made = work / "float.onnx"
        environment["TMPDIR"] = str(work)
        command = [python, tools / "to_onnx.py", folder / "card.toml", graph, made]
        run(command, what, cache.log("convert"), env=environment)
        if ranges := plan.get("ranges"):
            if (digest := sha256(made)) != plan["float_sha256"]:
                raise wrong_checksum(f"{card['name']} before quantising", plan["float_sha256"], digest)
            command = [python, tools / "quantize.py", folder / ranges, made, work / "int8.onnx"]
            run(command, what, cache.log("quantize"), env=environment)
            made = work / "int8.onnx"
        cache.keep(made, card["sha256"], "models", card["file"])
