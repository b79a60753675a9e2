"""A gate on writing that looks at a segment alone: shut segments leave the memory exactly as it is.

Since it sees nothing of the memory, all segments of a text can be judged at once, and only those that it lets in are
read: millions of tokens of novel cost a scan, and no error adds up over them::

    scores = gate(ids, lengths)                 # [n] segments at once
    let_in = scores > config.gate_threshold

How it is trained is another matter (`baselines.training`): from the loss of the answers and a price on every opening,
or from labels of where the facts stand. Which of the two a checkpoint is, it says.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

_EMBEDDING = 16
REACH = 8  # tokens that are looked at together: a fact's


class SegmentGate(nn.Module):
    """Scores segments: the strongest signs found in any 8 tokens in a row, weighed together.

    Args:
        vocabulary: number of token ids.
        channels: signs looked for.
    """

    def __init__(self, vocabulary: int, channels: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, _EMBEDDING)
        nn.init.normal_(self.embedding.weight, std=0.3)
        self.signs = nn.Conv1d(_EMBEDDING, channels, REACH)
        self.hidden = nn.Linear(channels, channels)
        self.score = nn.Linear(channels, 1)
        nn.init.zeros_(self.score.bias)

    def forward(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        """Scores [n] of segments.

        Args:
            input_ids: token ids [n, L], padded on the right.
            mask: bool [n, L], False at padding.
        """
        embedded = self.embedding(input_ids) * mask[..., None]
        # As many empty places before the first token as are looked at together with it.
        windows = F.pad(embedded, (0, 0, REACH - 1, 0)).unfold(1, REACH, 1).flatten(-2)
        # The convolution as one product of matrices, which CPUs are two to three times as fast at.
        found = F.relu(F.linear(windows, self.signs.weight.flatten(1), self.signs.bias))
        strongest = (found * mask[..., None]).amax(dim=1)
        return self.score(F.relu(self.hidden(strongest)))[..., 0]
