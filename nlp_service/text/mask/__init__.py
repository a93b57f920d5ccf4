"""Personal data in a cleaned text: where it stands, and the text with it covered.

``masker.read_masker`` is the way in. What is looked for is written in ``rules.toml`` beside the
code, not in a bundle or a folder of data: an installation without its rules must not be possible.
"""
