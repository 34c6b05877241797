"""The topics of a clustering of documents: terms, and the documents that stand for them."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from synthmix.plots.palette import INK
from synthmix.tasks.clustering.topics import Topic, coherence

MOST_TOPICS = 12
COLUMNS = 3
LONGEST = 48  # letters of a title


def topics_picture(topics: Sequence[Topic]) -> Figure:
    """A panel for each topic, the largest first: its terms, how much they tell, and its nearest documents.

    Args:
        topics: at least one; of more than twelve the largest are shown.
    """
    shown = sorted(topics, key=lambda topic: -topic.n_documents)[:MOST_TOPICS]
    rows = -(-len(shown) // COLUMNS)
    figure = Figure(figsize=(10, 3.1 * rows + 0.4), layout="constrained")
    for place, topic in enumerate(shown):
        axes = figure.add_subplot(rows, COLUMNS, place + 1)
        axes.barh(range(len(topic.terms)), topic.weights, color="0.6")
        axes.set_yticks(range(len(topic.terms)), topic.terms, fontsize="small")
        axes.invert_yaxis()
        axes.set_xticks([])
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, labelcolor=INK)
        title = f"{topic.cluster}: {topic.n_documents} documents, NPMI {topic.coherence:.2f}"
        axes.set_title(title, fontsize="medium", color=INK)
        axes.set_xlabel("\n".join(map(_cut, topic.titles)), fontsize="x-small", color=INK)
    more = f", {len(topics) - len(shown)} smaller ones not shown" if len(topics) > len(shown) else ""
    figure.suptitle(f"coherence {coherence(topics):.3f} in held-out documents{more}", fontsize="medium", color=INK)
    return figure


def _cut(title: str) -> str:
    return title if len(title) <= LONGEST else f"{title[: LONGEST - 1]}…"
