"""Exports the packages of the tests: portable.py FOLDER NAME ...

They run on any x86-64, and tell nothing of the machine that made them.
"""

import sys
import zipfile
from pathlib import Path

import torch
from torch._inductor.runtime.cache_dir_utils import cache_dir

import export

CONFIGS = {"cpp.march": "x86-64", "cpp.simdlen": 1, "aot_inductor.enable_line_tables": False,
           "aot_inductor.precompile_headers": False}
# Sources and compile commands name them, and the library's messages.
FOLDERS = [cache_dir(), *torch.__path__, sys.prefix, sys.base_prefix]


def blank(data):
    """Slashes for the paths of this machine's folders, as many as they had letters."""
    for folder in sorted(FOLDERS, key=len, reverse=True):
        data = data.replace(folder.encode(), b"/" * len(folder))
    return data


def forget_folders(package):
    with zipfile.ZipFile(package) as archive:
        entries = [(entry.filename, blank(archive.read(entry))) for entry in archive.infolist()]
    with zipfile.ZipFile(package, "w") as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data)


def main(folder, *names):
    torch.set_num_threads(1)  # the library then needs no libgomp
    for name in names:
        export.write(Path(folder), name, CONFIGS)
        forget_folders(Path(folder) / f"{name}.pt2")


if __name__ == "__main__":
    main(*sys.argv[1:])
