"""Tests of setup. Run by `make test`; alone: python3 -m unittest discover -s scripts/tests -t scripts"""
