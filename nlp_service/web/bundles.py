"""The model bundles beside the one that answers, as their manifests tell; none is loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nlp_service.bundle import find_bundles, read_manifest
from nlp_service.domain.errors import NlpServiceError


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleLine:
    """A bundle in a folder."""

    folder: Path
    label: str
    """Name and version; empty where its manifest cannot be read."""
    released: str
    has_encoder: bool
    problem: str


def describe_bundles(folder: Path) -> Sequence[BundleLine]:
    """Return the bundles directly under a folder, by name."""
    return [_describe(path) for path in find_bundles(folder)]


def _describe(folder: Path) -> BundleLine:
    label, released, has_encoder, problem = "", "", False, ""
    try:
        manifest = read_manifest(folder)
        label = f"{manifest['name']}-{manifest['version']}"
        released, has_encoder = str(manifest.get("released", "")), "encoder" in manifest
    except NlpServiceError as error:
        problem = str(error)
    except KeyError:  # a manifest of another making; the list goes on all the same
        problem = "清单与当前程序不符。"
    return BundleLine(
        folder=folder, label=label, released=released, has_encoder=has_encoder, problem=problem
    )
