"""Write the encoder as ONNX in 8 bits, and its heads as arrays."""

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn
from torch.export import Dim
from torch.nn import functional

from training.encoder.network import OrderedHead, TagNetwork
from training.encoder.pretrained import PretrainedEncoder

_OPSET = 18


class _Pooled(nn.Module):
    """What the service runs: token vectors and their mean of length 1."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        hidden = hidden * mask[:, :, None].to(hidden.dtype)
        return functional.normalize(hidden.sum(dim=1), dim=1), hidden


def write_onnx(encoder: PretrainedEncoder, path: Path) -> None:
    """Write the encoder in 8 bits; weights have one step a column, activations one a batch."""
    encoder.model.set_attn_implementation("eager")  # the one whose products can be rounded
    pooled = _Pooled(encoder.model.cpu().float()).eval()
    ids = torch.full((2, 8), encoder.pad, dtype=torch.long)
    whole = path.with_suffix(".fp32.onnx")
    axes = {0: Dim("texts"), 1: Dim("tokens")}
    with warnings.catch_warnings():  # torch's exporter warns of torch's own code
        warnings.simplefilter("ignore")
        torch.onnx.export(
            pooled,
            (ids, torch.ones_like(ids)),
            str(whole),
            input_names=["ids", "mask"],
            output_names=["vector", "hidden"],
            dynamic_shapes={"ids": axes, "mask": axes},
            opset_version=_OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    quantize_dynamic(
        whole,
        path,
        per_channel=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gather"],
    )
    whole.unlink()
    encoder.model.set_attn_implementation("sdpa")


def head_arrays(network: TagNetwork) -> tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]:
    """Return weights (hidden, n_labels) and intercepts (or cuts) of every head.

    The network's heads see the vector times √hidden; here that factor is in the weights.
    """
    weights, intercepts = {}, {}
    for head, layer in (*network.choices.items(), *network.several.items()):
        assert isinstance(layer, nn.Linear)
        weights[head], intercepts[head] = layer.weight, layer.bias
    for head, layer in network.levels.items():
        assert isinstance(layer, OrderedHead)
        weights[head] = layer.score.weight
        intercepts[head] = layer.cuts() - layer.score.bias[:, None]
    scale = network.encoder.config.hidden_size**0.5
    return (
        {head: w.detach().cpu().double().numpy().T * scale for head, w in weights.items()},
        {head: b.detach().cpu().double().numpy() for head, b in intercepts.items()},
    )
