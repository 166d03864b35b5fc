#!/usr/bin/env python3
"""Measures the activation ranges that quantize.py needs. Done once per model; the result is in the repository.

    measure_ranges.py CARD.toml IN.onnx RANGES.json PICTURE...

Needs pillow beside quantize.py's packages. The pictures were six of scikit-image 0.26.0's own (skimage/data:
astronaut, chelsea, coffee, motorcycle_left, motorcycle_right, rocket), each as it is, mirrored, darkened to 45 % and
its middle quarter.
"""

import argparse
import json
import tempfile
import tomllib
from pathlib import Path

import numpy as np
from onnxruntime.quantization import CalibrationDataReader
from PIL import Image

from quantize import quantize


def tensor(picture, given):
    """A picture as the card's [input] describes it: letterboxed to the top left corner, padded before normalising."""
    height, width = given["shape"][2:]
    scale = min(height / picture.height, width / picture.width)
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.BILINEAR)
    canvas = np.zeros((height, width, 3), np.float32)
    canvas[: picture.height, : picture.width] = np.asarray(picture, np.float32)[:, :, ::-1]
    normal = (canvas - np.float32(given["mean"])) / np.float32(given["std"])
    return normal.transpose(2, 0, 1)[None].copy()


def variants(path):
    picture = Image.open(path).convert("RGB")
    width, height = picture.size
    yield picture
    yield picture.transpose(Image.FLIP_LEFT_RIGHT)
    yield picture.point(lambda value: int(value * 0.45))
    yield picture.crop((width // 4, height // 4, 3 * width // 4, 3 * height // 4))


class Pictures(CalibrationDataReader):
    """What the quantiser reads."""

    def __init__(self, paths, given):
        self._inputs = iter([{given["name"]: tensor(v, given)} for p in sorted(paths) for v in variants(p)])

    def get_next(self):
        return next(self._inputs, None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("card", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("ranges", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+")
    args = parser.parse_args()
    given = tomllib.loads(args.card.read_text(encoding="utf-8"))["input"]
    with tempfile.TemporaryDirectory(prefix="xunge-ranges-") as folder:
        measured = Path(folder) / "ranges.json"
        quantize(measured, args.source, Path(folder) / "unused.onnx", Pictures(args.pictures, given))
        # one sorted line per tensor, so that a change can be read in a diff
        ranges = json.loads(measured.read_text(encoding="utf-8"))
    ranges["data"] = dict(sorted(ranges["data"].items()))
    args.ranges.write_text(lines(ranges), encoding="utf-8")


def lines(ranges):
    """The same JSON, one tensor on a line."""
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in ranges["data"].items())
    rest = {key: value for key, value in ranges.items() if key != "data"}
    return f'{{"data": {{\n{rows}\n}},\n{json.dumps(rest)[1:]}\n'


if __name__ == "__main__":
    main()
