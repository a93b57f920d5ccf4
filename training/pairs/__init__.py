"""Fit and measure the classifier that says what two submissions are to each other."""
