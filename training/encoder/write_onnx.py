"""Write the encoder as ONNX in 8 bits, and its heads as arrays.

A few channels of a few tokens are a hundred times as large as the rest. Where one step serves a
whole tensor of activations, which is quickest, they leave the rest too few of its 256 values: the
label of one text in twenty fell the other way. So products first have their channels evened out
(SmoothQuant, Xiao et al. 2023, equation 4); those behind the GELU, where single tokens are what
stands out, have every token brought to the same largest size instead, and back behind the product.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
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
from transformers import PretrainedConfig

from training.encoder.network import OrderedHead, TagNetwork
from training.encoder.pretrained import PretrainedEncoder

_OPSET = 17
_GIVEN, _FOUND = "given", "found"
_GELU_DEPTH = 0.17  # GELU's smallest value, reached at −0.75
_EVENING = 0.75  # share of a channel's size that moves from the activations into the weights


class _Part(nn.Module):
    """Some layers of an encoder over one text, which needs no mask."""

    def __init__(self, layers: Iterable[nn.Module], embeddings: nn.Module | None = None) -> None:
        super().__init__()
        self.embeddings, self.layers = embeddings, nn.ModuleList(layers)

    def forward(self, found: Tensor) -> Tensor:
        if self.embeddings is not None:
            found = self.embeddings(input_ids=found)
        for layer in self.layers:
            found = layer(found, None)
        return found


def write_onnx(
    encoder: PretrainedEncoder, path: Path, *, frozen: int, sample: Sequence[Sequence[int]]
) -> None:
    """Write the encoder in 8 bits.

    It takes ``ids`` of one text and ``whole``, whether to go on behind the frozen layers; it gives
    ``tokens``, the vectors behind the last layer that was run. onnxruntime leaves no layer out
    for want of anybody who asks for it, so the upper ones are a branch.

    Args:
        encoder: moved to the processor.
        path: of the file.
        frozen: lowest layers that did not learn.
        sample: ids of a few dozen texts, which show how large each channel becomes.
    """
    usual = encoder.model.config._attn_implementation
    encoder.model.set_attn_implementation("eager")  # the one whose products can be rounded
    model = encoder.model.cpu().float().eval()
    layers = list(model.encoder.layer)
    lower, upper = _Part(layers[:frozen], model.embeddings), _Part(layers[frozen:])
    ids = [torch.tensor([row]) for row in sample]
    with torch.no_grad():
        behind = [lower(row) for row in ids]
    written = [
        _rounded(part, inputs, path.with_suffix(f".{name}.onnx"), model.config)
        for name, part, inputs in (("lower", lower, ids), ("upper", upper, behind))
    ]
    onnx.save(_branched(*written), path)
    encoder.model.set_attn_implementation(usual)


def _rounded(
    part: _Part, sample: Sequence[Tensor], path: Path, config: PretrainedConfig
) -> onnx.ModelProto:
    """Return some layers in 8 bits; the files on the way there are removed."""
    whole = path.with_suffix(".fp32.onnx")
    with warnings.catch_warnings():  # torch's exporter warns of torch's own code
        warnings.simplefilter("ignore")
        torch.onnx.export(
            part,
            (sample[0],),
            str(whole),
            input_names=[_GIVEN],
            output_names=[_FOUND],
            dynamic_axes={_GIVEN: {1: "n_tokens"}, _FOUND: {1: "n_tokens"}},
            opset_version=_OPSET,
            dynamo=False,  # of this form onnxruntime finds the layer norms and joins them
        )
    _join_operations(whole, config)
    _even_out(whole, sample, behind_gelu=config.intermediate_size)
    quantize_dynamic(
        whole,
        path,
        per_channel=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["Gather", "MatMul"],
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )
    found = onnx.load(path)
    whole.unlink()
    path.unlink()
    return found


def _branched(lower: onnx.ModelProto, upper: onnx.ModelProto) -> onnx.ModelProto:
    """Return one model of which the upper part runs only where ``whole`` is true."""
    joined = _renamed(lower, {_GIVEN: "ids", _FOUND: "lower"}, "lower/")
    above = _renamed(upper, {_GIVEN: "lower", _FOUND: "upper"}, "upper/").graph
    del above.input[:]  # a branch reads what stands around it
    as_it_is = helper.make_graph(
        [helper.make_node("Identity", ["lower"], ["same"])],
        "stop",
        [],
        [helper.make_tensor_value_info("same", onnx.TensorProto.FLOAT, None)],
    )
    graph = joined.graph
    graph.node.append(
        helper.make_node("If", ["whole"], ["tokens"], then_branch=above, else_branch=as_it_is)
    )
    graph.input.append(helper.make_tensor_value_info("whole", onnx.TensorProto.BOOL, []))
    shape = [dim.dim_value or dim.dim_param for dim in graph.output[0].type.tensor_type.shape.dim]
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("tokens", onnx.TensorProto.FLOAT, shape))
    return joined


def _renamed(model: onnx.ModelProto, names: Mapping[str, str], prefix: str) -> onnx.ModelProto:
    """Give the model's input and output these names and everything else the prefix."""
    found = onnx.compose.add_prefix(model, prefix, rename_inputs=False, rename_outputs=False)
    for value in (*found.graph.input, *found.graph.output):
        value.name = names[value.name]
    for node in found.graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = names.get(name, name)
        for place, name in enumerate(node.output):
            node.output[place] = names.get(name, name)
    return found


def _join_operations(path: Path, config: PretrainedConfig) -> None:
    """Let the steps of a GELU and of a layer norm each be one operation.

    Attention, and the sum that a layer norm takes, stay apart: on a processor, the parts together
    are quicker than onnxruntime's joint operations, together by a sixth of a whole pass. What is
    added before a GELU is left to the product before it, which adds it for nothing.
    """
    options = FusionOptions("bert")
    options.enable_attention = False
    options.enable_embed_layer_norm = False
    options.enable_skip_layer_norm = False
    options.enable_bias_gelu = False
    joined = optimize_model(
        str(path),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        optimization_options=options,
        opt_level=0,
    )
    joined.save_model_to_file(str(path))


def _even_out(path: Path, sample: Sequence[Tensor], *, behind_gelu: int) -> None:
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
    largest = _largest_inputs(model, list(treated), sample) if treated else {}
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
    """Divide every token by its largest value before the product, and multiply behind it.

    Below 0 a GELU goes no further than ``_GELU_DEPTH``.
    """
    name, result = product.input[0], product.output[0]
    largest, size = f"{name}.largest", f"{name}.size"
    evened, raw, least = f"{name}.evened", f"{result}.evened", f"{name}.least"
    graph.initializer.append(numpy_helper.from_array(np.array(_GELU_DEPTH, np.float32), least))
    before = [
        helper.make_node("ReduceMax", [name], [largest], axes=[-1], keepdims=1),
        helper.make_node("Max", [largest, least], [size]),
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
    model: onnx.ModelProto, names: Sequence[str], sample: Sequence[Tensor]
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
    for given in sample:
        seen = session.run(list(names), {_GIVEN: given.numpy()})
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
