"""The network: one encoder, one vector a text, and a linear head for each question.

What leaves a head is a logarithm of probabilities for questions with one answer (also for levels,
which come from ordered cuts on one line), and log-odds for questions with several.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel
from transformers.masking_utils import create_bidirectional_mask

from training.encoder.lessons import Lessons
from training.encoder.pretrained import PretrainedEncoder
from training.targets import Integers


class Texts(Protocol):
    """Texts in the form in which a network reads them."""

    lengths: Sequence[int]
    """Tokens of each text."""

    def vectors(self, network: "TagNetwork", places: Integers) -> Tensor:
        """Return the vectors of the texts at these places, (n_places, hidden)."""


class OrderedHead(nn.Module):
    """Levels on one line: P(level ≥ k) = σ(score − cut_k) with cuts that ascend."""

    def __init__(self, hidden: int, questions: int, levels: int) -> None:
        super().__init__()
        self.score = nn.Linear(hidden, questions)
        self.first = nn.Parameter(torch.full((questions, 1), -1.0))
        self.steps = nn.Parameter(torch.zeros(questions, levels - 2))

    def forward(self, vectors: Tensor) -> Tensor:
        """Return log-probabilities, shape (n_texts, n_questions, n_levels)."""
        at_least = torch.sigmoid(self.score(vectors)[:, :, None] - self.cuts())
        ones = torch.ones_like(at_least[:, :, :1])
        bounded = torch.cat([ones, at_least, 0.0 * ones], dim=2)
        return torch.log(bounded[:, :, :-1] - bounded[:, :, 1:] + 1e-6)

    def start_from(self, levels: Tensor) -> None:
        """Put the cuts where a score of 0 gives each level its share, (n_texts, n_questions)."""
        for question, column in enumerate(levels.T):
            counts = torch.bincount(column[column >= 0], minlength=self.steps.shape[1] + 2) + 0.5
            at_least = counts.flip(0).cumsum(0).flip(0)[1:] / counts.sum()
            cuts = -torch.logit(at_least)
            self.first[question] = cuts[0]
            self.steps[question] = torch.log(torch.expm1(cuts.diff().clamp(min=0.02)))

    def cuts(self) -> Tensor:
        """Return the cuts of each question, ascending, (n_questions, n_levels − 1)."""
        ascending = torch.cumsum(functional.softplus(self.steps) + 1e-3, dim=1)
        return torch.cat([self.first, self.first + ascending], dim=1)


class TagNetwork(nn.Module):
    """An encoder with all heads."""

    def __init__(
        self,
        encoder: PreTrainedModel,
        *,
        choices: Mapping[str, int],
        several: Mapping[str, int],
        levels: Mapping[str, tuple[int, int]],
        dropout: float,
        frozen: int = 0,
    ) -> None:
        """Add fresh heads.

        Args:
            encoder: gives one vector a token.
            choices: head -> labels of which one holds.
            several: head -> labels of which any number hold.
            levels: head -> (questions, levels); one level holds for each question.
            dropout: share of the text's vector that heads do not see while learning.
            frozen: lowest layers that do not learn, nor do the embeddings below them.
        """
        super().__init__()
        hidden = encoder.config.hidden_size
        self.encoder = encoder
        self.frozen = frozen
        freeze(encoder, frozen)
        self.dropout = nn.Dropout(dropout)
        self.choices = nn.ModuleDict({h: nn.Linear(hidden, n) for h, n in choices.items()})
        self.several = nn.ModuleDict({h: nn.Linear(hidden, n) for h, n in several.items()})
        self.levels = nn.ModuleDict({h: OrderedHead(hidden, *n) for h, n in levels.items()})
        for head in (*self.choices.values(), *self.several.values()):
            nn.init.zeros_(head.bias)

    def vectors(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return each text's vector: the mean over its tokens, of length 1 (scaled in heads)."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return _pooled(hidden, mask)

    def lower(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the token vectors behind the frozen layers, (n_texts, n_tokens, hidden)."""
        hidden = self.encoder.embeddings(input_ids=ids)
        return self._through(slice(None, self.frozen), hidden, mask)

    def upper_vectors(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Return each text's vector from what ``lower`` gave."""
        return _pooled(self._through(slice(self.frozen, None), hidden, mask), mask)

    def _through(self, layers: slice, hidden: Tensor, mask: Tensor) -> Tensor:
        seen = create_bidirectional_mask(
            config=self.encoder.config, inputs_embeds=hidden, attention_mask=mask
        )
        for layer in self.encoder.encoder.layer[layers]:
            hidden = layer(hidden, seen)
        return hidden

    def lower_state(self) -> Mapping[str, Tensor]:
        """Return the weights that ``lower`` depends on."""
        layers = self.encoder.encoder.layer[: self.frozen]
        return {
            **{f"embeddings.{n}": t for n, t in self.encoder.embeddings.state_dict().items()},
            **{f"layers.{n}": t for n, t in layers.state_dict().items()},
        }

    def answers(self, vectors: Tensor) -> dict[str, Tensor]:
        """Return every head's answer to the texts' vectors."""
        seen = self.dropout(vectors) * vectors.shape[1] ** 0.5
        found = {h: functional.log_softmax(head(seen), dim=1) for h, head in self.choices.items()}
        found |= {h: head(seen) for h, head in self.several.items()}
        return found | {h: head(seen) for h, head in self.levels.items()}

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return every head's answer, (n_texts, n_labels) or (n_texts, questions, levels)."""
        return self.answers(self.vectors(ids, mask))


def _pooled(hidden: Tensor, mask: Tensor) -> Tensor:
    weights = mask[:, :, None].float()
    mean = (hidden.float() * weights).sum(dim=1) / weights.sum(dim=1)
    return functional.normalize(mean, dim=1)


def start_from_shares(network: TagNetwork, lessons: Lessons) -> None:
    """Let every head begin with how often each answer holds: a rare one need not unlearn a half.

    ``lessons`` are those of the texts to be learnt from.
    """
    with torch.no_grad():
        for head, layer in network.choices.items():
            truth = lessons.choice[head]
            counts = torch.bincount(truth[truth >= 0], minlength=layer.out_features).float()
            layer.bias.copy_(torch.log((counts + 0.5) / (counts + 0.5).sum()))
        for head, layer in network.several.items():
            held = lessons.several[head][lessons.read]
            layer.bias.copy_(torch.logit((held.sum(dim=0) + 0.5) / (len(held) + 1.0)))
        for head, layer in network.levels.items():
            layer.start_from(lessons.levels[head])


def freeze(encoder: PreTrainedModel, layers: int) -> None:
    """Let the lowest layers, and the embeddings below them, learn no more; 0 leaves all free."""
    if layers:
        for part in (encoder.embeddings, *encoder.encoder.layer[:layers]):
            part.requires_grad_(False)


def keep_layers(encoder: PretrainedEncoder, layers: Sequence[int]) -> None:
    """Leave only the given layers, in place: what a student starts from."""
    stack = encoder.model.encoder
    stack.layer = nn.ModuleList([stack.layer[number] for number in layers])
    encoder.model.config.num_hidden_layers = len(layers)
