"""What a model file says of itself, read without scikit-learn: cheap enough to ask at every start.

The file's layout is described in `model_file.py`, which writes it and reads the rest.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

FORMAT = 2
"""Raised whenever older files must not be used any more (another n-gram hash, another meaning of
a feature, a type that is found elsewhere)."""
LARGEST = 512 * 1024**2
"""Bytes a member may unpack to."""
DAMAGE = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    NotImplementedError,
    RuntimeError,
)
"""What reading a damaged archive may raise: zipfile tells of a flipped bit in many ways."""


class ArtifactError(Exception):
    """A model file cannot be used: damaged, of another version, or made of types we do not trust."""


def read_header(path: Path) -> dict[str, Any]:
    """Return what a model file says of itself, checked. Raises ArtifactError."""
    try:
        with zipfile.ZipFile(path) as archive:
            header = json.loads(read_member(archive, "model.json"))
    except DAMAGE as error:
        raise ArtifactError(f"{path} is not a model file ({error}); train the topic again") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        found = header.get("format") if isinstance(header, dict) else None
        raise ArtifactError(
            f"{path} has model format {found!r}, this version reads {FORMAT}; train the topic again"
        )
    if header.get("sklearn") != (here := version("scikit-learn")):
        raise ArtifactError(
            f"{path} was made with scikit-learn {header.get('sklearn')}, here is {here}; "
            "train the topic again"
        )
    return header


def check(path: Path) -> None:
    """Raise ArtifactError where a model file is missing, damaged or of another version.

    Checksums are compared; what is inside is not rebuilt, so a file that passes may still be refused by `load`.
    """
    read_header(path)
    try:
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
    except DAMAGE as error:
        raise ArtifactError(f"{path} is damaged ({error}); train the topic again") from error
    if bad is not None:
        raise ArtifactError(f"{path} is damaged (in {bad}); train the topic again")


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return one member, unless it is larger than a model ever is. Raises one of `DAMAGE`."""
    if archive.getinfo(name).file_size > LARGEST:
        raise ValueError(f"{name} is too large")
    return archive.read(name)
