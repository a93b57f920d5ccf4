"""From raw characters to clean text, sentences and words. Nothing here knows a label."""
