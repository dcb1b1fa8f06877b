"""An optional static embedding model in a folder: one more opinion on whether two texts tell of one event.

Read by model2vec from the three files named below and nothing else; nothing is downloaded, no code comes with a model.
A text's vector is kept with its fingerprint, under the model's hash: vectors of two models are never compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from threading import RLock
from typing import Any

FILES = ("config.json", "model.safetensors", "tokenizer.json")
_STEPS = 127
"""Steps of a vector's numbers, which are stored as single bytes: sums of whole numbers come out the same everywhere."""
_CHUNK = 1 << 20


class EmbeddingError(ValueError):
    """There is no usable model in the folder; the message says what is missing and what to do."""


class Embedder:
    """A loaded model."""

    def __init__(self, folder: str) -> None:
        """Raises EmbeddingError, naming what is wrong and what to do, when there is no usable model in the folder."""
        missing = [name for name in FILES if not Path(folder, name).is_file()]
        if missing:  # the library would look for the name on the network
            raise EmbeddingError(
                f"{folder} has no {', '.join(missing)}; name the folder of a static embedding model"
            )
        try:
            from model2vec import StaticModel
            from tqdm import tqdm
        except ImportError:
            raise EmbeddingError(
                "the library model2vec is not installed; install the extra `embedding`, or leave the setting out"
            ) from None
        tqdm.set_lock(RLock())  # its own is a semaphore of the system, which outlives a worker
        try:
            self._model: Any = StaticModel.from_pretrained(folder, force_download=False)
            self.vectors(["probe"])
        except Exception as error:  # three libraries, each with errors of its own
            raise EmbeddingError(f"{folder} holds no model that can be read: {error}") from error
        self.name = _hash(folder)
        """Tells models apart: changes with any byte of the files."""

    def vectors(self, texts: Sequence[str]) -> list[bytes]:
        """A vector of length 1 for each text, a byte a number; empty where the model knows no word of it."""
        import numpy as np

        found = np.asarray(self._model.encode(list(texts), use_multiprocessing=False), dtype=np.float64)
        lengths = np.linalg.norm(found, axis=1)
        units = found / np.where(lengths > 0, lengths, 1.0)[:, None]
        whole = np.rint(units * _STEPS).astype(np.int8)
        return [row.tobytes() if length > 0 else b"" for row, length in zip(whole, lengths, strict=True)]


def unpacked(vector: bytes) -> Any:
    """A stored vector as `cosine` wants it; None for an empty one."""
    if not vector:
        return None
    import numpy as np

    return np.frombuffer(vector, dtype=np.int8).astype(np.int32)


def cosine(a: Any, b: Any) -> float:
    """Of two unpacked vectors of one model, between -1 and 1."""
    return max(-1.0, min(1.0, int(a @ b) / _STEPS**2))


def _hash(folder: str) -> str:
    state = blake2b(digest_size=8)
    for name in FILES:
        with Path(folder, name).open("rb") as file:
            while chunk := file.read(_CHUNK):
                state.update(chunk)
    return state.hexdigest()
