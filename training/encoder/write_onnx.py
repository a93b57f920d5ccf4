"""Write the encoder as ONNX in 8 bits, and its heads as arrays."""

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from torch import Tensor, nn
from torch.nn import functional
from transformers import PretrainedConfig

from training.encoder.network import OrderedHead, TagNetwork
from training.encoder.pretrained import PretrainedEncoder

_OPSET = 17
_BLOCK = 128
_INT8 = 4  # onnxruntime's word for: activations are rounded to 8 bits, too


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
    """Write the encoder in 8 bits.

    Products compute in 8 bits with one step for each ``_BLOCK`` numbers of a weight's column and of
    a token. One step for a whole tensor of activations, which is quicker, let the label of one
    text in fifty fall the other way: a few tokens are a hundred times as large as the rest.
    """
    usual = encoder.model.config._attn_implementation
    encoder.model.set_attn_implementation("eager")  # the one whose products can be rounded
    pooled = _Pooled(encoder.model.cpu().float()).eval()
    ids = torch.full((2, 8), encoder.pad, dtype=torch.long)
    whole = path.with_suffix(".fp32.onnx")
    shape = {0: "texts", 1: "tokens"}
    with warnings.catch_warnings():  # torch's exporter warns of torch's own code
        warnings.simplefilter("ignore")
        torch.onnx.export(
            pooled,
            (ids, torch.ones_like(ids)),
            str(whole),
            input_names=["ids", "mask"],
            output_names=["vector", "hidden"],
            dynamic_axes={"ids": shape, "mask": shape, "vector": {0: "texts"}, "hidden": shape},
            opset_version=_OPSET,
            dynamo=False,  # of this form onnxruntime finds the attention and joins it
        )
    _join_operations(whole, encoder.model.config)
    quantize_dynamic(
        whole,
        path,
        per_channel=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["Gather"],
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )
    rounded = MatMulNBitsQuantizer(
        onnx.load(path), bits=8, block_size=_BLOCK, is_symmetric=True, accuracy_level=_INT8
    )
    rounded.process()
    onnx.save(rounded.model.model, path)
    whole.unlink()
    encoder.model.set_attn_implementation(usual)


def _join_operations(path: Path, config: PretrainedConfig) -> None:
    """Let attention, GELU and layer norms each be one operation: a tenth faster."""
    options = FusionOptions("bert")
    options.use_multi_head_attention = True  # leaves the products apart, to be rounded
    options.enable_embed_layer_norm = False
    joined = optimize_model(
        str(path),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        optimization_options=options,
        opt_level=0,
    )
    joined.save_model_to_file(str(path))


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
