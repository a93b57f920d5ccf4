"""Fine-tune a sentence encoder on all tags at once, and write it as a small ONNX model."""
