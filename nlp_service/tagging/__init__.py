"""From a clean text to label scores: features, linear model, calibration, reasons."""
