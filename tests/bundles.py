"""Folders of several bundles, of which but one is large: the others are made of its files."""

import json

from nlp_service.bundle import LINEAR_FORMAT, MANIFEST


def folder_of_two(default, folder):
    """Put the default bundle and a linear one, named linear-6, into a folder; return the first."""
    (folder / "default").symlink_to(default.resolve())
    linear = folder / "linear"
    linear.mkdir()
    for path in default.resolve().iterdir():
        if path.name != MANIFEST:
            (linear / path.name).symlink_to(path)
    manifest = json.loads((default / MANIFEST).read_text(encoding="utf-8"))
    manifest |= {"name": "linear", "version": "6", "format": LINEAR_FORMAT}
    (linear / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return folder / "default"


def break_bundle(folder):
    """Change a byte of a bundle's vocabulary, of this copy alone."""
    path = folder / "vocabulary.txt"
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content + b"x")
