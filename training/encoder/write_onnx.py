"""Write the encoder as ONNX in 8 bits, and its heads as arrays.

A few channels of a few tokens are a hundred times as large as the rest. Where one step serves a
whole tensor of activations, which is quickest, they leave the rest too few of its 256 values: the
label of one text in twenty fell the other way. So products first have their channels evened out
(SmoothQuant, Xiao et al. 2023, equation 4); those behind the GELU, where single tokens are what
stands out, have every token brought to the same largest size instead, and back behind the product.
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from torch import Tensor, nn
from torch.nn import functional
from transformers import PretrainedConfig

from training.encoder.network import OrderedHead, TagNetwork
from training.encoder.pretrained import PretrainedEncoder

_OPSET = 17
_EVENING = 0.75  # share of a channel's size that moves from the activations into the weights


class _Pooled(nn.Module):
    """What the service runs on one text, which needs no mask.

    The mean of its token vectors, of length 1; these vectors; those behind the frozen layers.
    """

    def __init__(self, encoder: nn.Module, frozen: int) -> None:
        super().__init__()
        self.encoder, self.frozen = encoder, frozen

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        found = self.encoder(input_ids=ids, output_hidden_states=True)
        hidden = found.last_hidden_state
        lower = found.hidden_states[self.frozen]
        return functional.normalize(hidden.sum(dim=1), dim=1), hidden, lower


def write_onnx(
    encoder: PretrainedEncoder, path: Path, *, frozen: int, sample: Sequence[Sequence[int]]
) -> None:
    """Write the encoder in 8 bits.

    Args:
        encoder: moved to the processor.
        path: of the file.
        frozen: lowest layers that did not learn.
        sample: ids of a few dozen texts, which show how large each channel becomes.
    """
    usual = encoder.model.config._attn_implementation
    encoder.model.set_attn_implementation("eager")  # the one whose products can be rounded
    pooled = _Pooled(encoder.model.cpu().float(), frozen).eval()
    ids = torch.tensor([sample[0]])
    whole = path.with_suffix(".fp32.onnx")
    with warnings.catch_warnings():  # torch's exporter warns of torch's own code
        warnings.simplefilter("ignore")
        torch.onnx.export(
            pooled,
            (ids,),
            str(whole),
            input_names=["ids"],
            output_names=["vector", "hidden", "lower"],
            dynamic_axes={"ids": {1: "tokens"}, "hidden": {1: "tokens"}, "lower": {1: "tokens"}},
            opset_version=_OPSET,
            dynamo=False,  # of this form onnxruntime finds the attention and joins it
        )
    _join_operations(whole, encoder.model.config)
    _even_out(whole, sample, behind_gelu=encoder.model.config.intermediate_size)
    quantize_dynamic(
        whole,
        path,
        per_channel=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["Gather", "MatMul"],
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )
    whole.unlink()
    encoder.model.set_attn_implementation(usual)


def _join_operations(path: Path, config: PretrainedConfig) -> None:
    """Let the steps of a GELU and of a layer norm each be one operation.

    Attention, and the sum that a layer norm takes, stay apart: on a processor, the parts together
    are quicker than onnxruntime's joint operations, together by a sixth of a whole pass.
    """
    options = FusionOptions("bert")
    options.enable_attention = False
    options.enable_embed_layer_norm = False
    options.enable_skip_layer_norm = False
    joined = optimize_model(
        str(path),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        optimization_options=options,
        opt_level=0,
    )
    joined.save_model_to_file(str(path))


def _even_out(path: Path, sample: Sequence[Sequence[int]], *, behind_gelu: int) -> None:
    """Take from activations what stands out, in place; the products stay what they were."""
    model = onnx.load(path)
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    treated: dict[str, list[onnx.NodeProto]] = {}
    for node in list(graph.node):
        if node.op_type != "MatMul" or node.input[1] not in weights:
            continue
        if weights[node.input[1]].dims[0] == behind_gelu:
            _even_out_tokens(graph, node)
        else:
            treated.setdefault(node.input[0], []).append(node)
    largest = _largest_inputs(model, list(treated), sample)
    for name, products in treated.items():
        before = [numpy_helper.to_array(weights[node.input[1]]) for node in products]
        heaviest = np.max([np.abs(weight).max(axis=1) for weight in before], axis=0)
        scales = _evening_scales(largest[name], heaviest)
        for node, weight in zip(products, before, strict=True):
            scaled = (weight * scales[:, None]).astype(np.float32)
            weights[node.input[1]].CopyFrom(numpy_helper.from_array(scaled, node.input[1]))
        graph.initializer.append(numpy_helper.from_array(1.0 / scales, f"{name}.evening"))
        evened = helper.make_node("Mul", [name, f"{name}.evening"], [f"{name}.evened"])
        graph.node.insert(list(graph.node).index(products[0]), evened)
        for node in products:
            node.input[0] = f"{name}.evened"
    onnx.save(model, path)


def _even_out_tokens(graph: onnx.GraphProto, product: onnx.NodeProto) -> None:
    """Divide every token by its largest size before the product, and multiply behind it."""
    name, result = product.input[0], product.output[0]
    size, evened, raw = f"{name}.size", f"{name}.evened", f"{result}.evened"
    before = [
        helper.make_node("Abs", [name], [f"{name}.sizes"]),
        helper.make_node("ReduceMax", [f"{name}.sizes"], [size], axes=[-1], keepdims=1),
        helper.make_node("Div", [name, size], [evened]),
    ]
    product.input[0], product.output[0] = evened, raw
    place = list(graph.node).index(product)
    graph.node.insert(place + 1, helper.make_node("Mul", [raw, size], [result]))
    for node in reversed(before):
        graph.node.insert(place, node)


def _evening_scales(
    largest: npt.NDArray[np.float32], heaviest: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return what each channel is divided by; on geometric average 1.

    Args:
        largest: largest size of each channel of the activations.
        heaviest: largest size of a weight that the channel meets.
    """
    activations, weights = np.maximum(largest, 1e-5), np.maximum(heaviest, 1e-5)
    scales = activations**_EVENING / weights ** (1.0 - _EVENING)
    evened: npt.NDArray[np.float32] = (scales / np.exp(np.log(scales).mean())).astype(np.float32)
    return evened


def _largest_inputs(
    model: onnx.ModelProto, names: Sequence[str], sample: Sequence[Sequence[int]]
) -> Mapping[str, npt.NDArray[np.float32]]:
    """Return the largest size that each channel of the named tensors takes on the sample."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    for name in names:
        probe.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(
        probe.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found: dict[str, npt.NDArray[np.float32]] = {}
    for row in sample:
        seen = session.run(list(names), {"ids": np.array([row], dtype=np.int64)})
        for name, values in zip(names, seen, strict=True):
            sizes = np.abs(values).reshape(-1, values.shape[-1]).max(axis=0)
            found[name] = np.maximum(found.get(name, sizes), sizes)
    return found


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
