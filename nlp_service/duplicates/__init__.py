"""Find what was handed in before: whether two texts share wording. Nothing here knows a tag."""
