"""The network: one encoder, one vector a text, and a linear head for each question.

What leaves a head is a logarithm of probabilities for questions with one answer (also for levels,
which come from ordered cuts on one line), and log-odds for questions with several.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from training.encoder.lessons import Lessons
from training.encoder.pretrained import PretrainedEncoder


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
    ) -> None:
        """Add fresh heads.

        Args:
            encoder: gives one vector a token.
            choices: head -> labels of which one holds.
            several: head -> labels of which any number hold.
            levels: head -> (questions, levels); one level holds for each question.
            dropout: share of the text's vector that heads do not see while learning.
        """
        super().__init__()
        hidden = encoder.config.hidden_size
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.choices = nn.ModuleDict({h: nn.Linear(hidden, n) for h, n in choices.items()})
        self.several = nn.ModuleDict({h: nn.Linear(hidden, n) for h, n in several.items()})
        self.levels = nn.ModuleDict({h: OrderedHead(hidden, *n) for h, n in levels.items()})
        for head in (*self.choices.values(), *self.several.values()):
            nn.init.zeros_(head.bias)

    def vectors(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return each text's vector: the mean over its tokens, of length 1 (scaled in heads)."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask[:, :, None].float()
        mean = (hidden * weights).sum(dim=1) / weights.sum(dim=1)
        return functional.normalize(mean, dim=1)

    def answers(self, vectors: Tensor) -> dict[str, Tensor]:
        """Return every head's answer to the texts' vectors."""
        seen = self.dropout(vectors) * vectors.shape[1] ** 0.5
        found = {h: functional.log_softmax(head(seen), dim=1) for h, head in self.choices.items()}
        found |= {h: head(seen) for h, head in self.several.items()}
        return found | {h: head(seen) for h, head in self.levels.items()}

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return every head's answer, (n_texts, n_labels) or (n_texts, questions, levels)."""
        return self.answers(self.vectors(ids, mask))


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


def keep_layers(encoder: PretrainedEncoder, layers: Sequence[int]) -> None:
    """Leave only the given layers, in place: what a student starts from."""
    stack = encoder.model.encoder
    stack.layer = nn.ModuleList([stack.layer[number] for number in layers])
    encoder.model.config.num_hidden_layers = len(layers)
