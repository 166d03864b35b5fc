"""What people see: progress on stdout, one clear sentence in two languages on stderr."""

import errno
import sys


class Fail(Exception):
    """A sentence for people: what is wrong, where, and what to do. English and Chinese."""

    def __init__(self, english, chinese):
        super().__init__(english)
        self.english, self.chinese = english, chinese


def say(text):
    print(text, flush=True)


def error(failure):
    print(f"xunge: {failure.english}\n       {failure.chinese}", file=sys.stderr, flush=True)


def no_space(where, wanted_mb=None):
    """The disk is full, or would be."""
    wanted = f" ({wanted_mb} MB are needed)" if wanted_mb else ""
    return Fail(
        f"no disk space left at {where}{wanted}: free some, or set XUNGE_CACHE to a folder on another disk",
        f"{where} 所在磁盘空间不足：请清理磁盘，或用 XUNGE_CACHE 指定其他位置",
    )


def no_space_sentence(failure):
    """The sentence for an OSError that says so, else None."""
    if failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return no_space(failure.filename or "the cache folder")
    return None


def no_network(what, log):
    return Fail(
        f"no network: {what} could not be fetched; check the connection (or proxy) and run it again; details: {log}",
        f"网络不可用：无法下载 {what}；请检查网络或代理后重试",
    )


def wrong_checksum(what, expected, found):
    return Fail(
        f"{what} has a wrong checksum (sha256 {found[:16]}…, expected {expected[:16]}…): it was not kept; run it again, "
        "and if it stays so, the source has changed and must not be used",
        f"{what} 校验和不符，已丢弃；请重试，若仍不符说明来源已改变，不可使用",
    )


def missing_tool(tool, how):
    return Fail(f"{tool} is missing: {how}", f"缺少 {tool}：{how}")
