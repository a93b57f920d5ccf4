"""Cut a multilingual vocabulary down to what Chinese submissions use.

multilingual-e5-small spends 96 of its 117 million parameters on 250,002 tokens, most of them of
other languages. Kept are the tokens that texts of the domain use most, and every token of one
character that such a text may hold, so that no readable character becomes unknown by the cut.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from tokenizers import Tokenizer

from training.encoder.pretrained import SPECIALS, PretrainedEncoder, as_json
from training.errors import BadEncoder

_BERT_SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def trim_vocabulary(
    encoder: PretrainedEncoder, texts: Iterable[str], *, most: int
) -> PretrainedEncoder:
    """Keep single characters, and the ``most`` tokens that the texts use oftenest.

    The encoder's own embeddings are cut in place; a text of kept tokens gives the same vectors.

    Raises:
        BadEncoder: the tokenizer is neither Unigram nor WordPiece.
    """
    keep = _kept(encoder.tokenizer, texts, most=most)
    tokenizer = _only(encoder.tokenizer, keep)
    embeddings = encoder.model.get_input_embeddings()
    kept = torch.nn.Embedding(len(keep), embeddings.embedding_dim)
    kept.weight.data = embeddings.weight.data[torch.tensor(keep)].clone()
    encoder.model.set_input_embeddings(kept)
    encoder.model.config.vocab_size = len(keep)
    pad = keep.index(encoder.pad)
    encoder.model.config.pad_token_id = pad
    return PretrainedEncoder(model=encoder.model, tokenizer=tokenizer, pad=pad)


def _kept(tokenizer: Tokenizer, texts: Iterable[str], *, most: int) -> Sequence[int]:
    """Return the ids to keep, ascending."""
    counts: Counter[int] = Counter()
    for text in texts:
        counts.update(tokenizer.encode(text, add_special_tokens=False).ids)
    vocabulary = tokenizer.get_vocab()
    always = {
        number
        for token, number in vocabulary.items()
        if token in SPECIALS or token in _BERT_SPECIALS or _is_readable_character(token)
    }
    return sorted(always | {number for number, _ in counts.most_common(most)})


def _is_readable_character(token: str) -> bool:
    """Say whether it is one Chinese character, mark, digit, Latin letter or symbol."""
    character = token.lstrip("▁").removeprefix("##") or token
    if len(character) != 1:
        return False
    category = unicodedata.category(character)
    return (
        "CJK UNIFIED" in unicodedata.name(character, "")
        or character.isascii()
        or character == "▁"
        or (category[0] in "PS" and ord(character) >= 0x2000)
    )


def _only(tokenizer: Tokenizer, keep: Sequence[int]) -> Tokenizer:
    """Return the tokenizer with the kept ids alone, renumbered in their order."""
    described = as_json(tokenizer)
    new = {old: place for place, old in enumerate(keep)}
    model = described["model"]
    if model["type"] == "Unigram":
        model["vocab"] = [model["vocab"][old] for old in keep]
        model["unk_id"] = new[model["unk_id"]]
    elif model["type"] == "WordPiece":
        model["vocab"] = {t: new[old] for t, old in model["vocab"].items() if old in new}
    else:
        raise BadEncoder(f"不能裁剪 {model['type']} 词表，只支持 Unigram 和 WordPiece。")
    described["added_tokens"] = [
        {**added, "id": new[added["id"]]}
        for added in described["added_tokens"]
        if added["id"] in new
    ]
    _renumber(described["post_processor"], new)
    return Tokenizer.from_str(json.dumps(described))


def _renumber(post_processor: dict[str, object], new: dict[int, int]) -> None:
    """Give the template's special tokens (or BERT's pair of them) their new numbers."""
    specials = post_processor.get("special_tokens")
    if isinstance(specials, dict):
        for special in specials.values():
            special["ids"] = [new[old] for old in special["ids"]]
    for end in ("sep", "cls"):
        pair = post_processor.get(end)
        if isinstance(pair, list):
            pair[1] = new[pair[1]]
