#!/usr/bin/env python3
"""Makes an INT8 model (QDQ, per channel) of a float model, with activation ranges that were measured once.

    quantize.py RANGES.json IN.onnx OUT.onnx

The ranges are part of the repository on purpose. Measured anew, they differ in their last bits from one kind of
processor to the next (AVX-512 adds up in another order than AVX2), and so would the model and its sha256. With fixed
ranges every machine makes the same bytes. `measure_ranges.py` says how they were made.
"""

import argparse
import logging
import sys
import tempfile
import warnings
from pathlib import Path

from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

# the convolutions and what stands between them; the heads' reshapes stay as they are
QUANTIZED = ["Conv", "Add", "Concat", "Resize", "MaxPool", "LeakyRelu"]


def quantize(ranges, source, target, pictures=None):
    """`ranges` is read if it is there and written from `pictures` if it is not."""
    with tempfile.TemporaryDirectory(prefix="xunge-quantize-") as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            target,
            pictures,
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            # seven bits of weight: a processor without VNNI adds two products in 16 bits and would saturate
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            op_types_to_quantize=QUANTIZED,
            calibration_cache_path=ranges,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ranges", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    if not args.ranges.is_file():
        sys.exit(f"{args.ranges} is not there; it belongs to the repository")
    # a channel whose weights are all zero has no scale; the quantiser divides by it and then takes 1
    warnings.simplefilter("ignore", RuntimeWarning)
    logging.disable(logging.WARNING)
    quantize(args.ranges, args.source, args.out)


if __name__ == "__main__":
    main()
