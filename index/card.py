"""The model card: what a version was made from, how good it is, what it goes by, and what it is not good for."""

from __future__ import annotations

from collections.abc import Mapping

from index.manifest import Manifest
from index.quality import REHEARSED

MOST_FEATURES = 15
LIMITS = (
    "It learned from the people who agreed that models may learn from them, and speaks best for those like them.",
    "New items are placed by their texts and subjects until people act upon them; that is a guess.",
    "It ranks what is likely to be bought. It knows nothing of needs, health or budgets.",
    "It must not decide on prices, on credit, or on what somebody may buy.",
    "Sensitive items are in no profile and teach nothing.",
)


def model_card(manifest: Manifest, importance: Mapping[str, float], people: int, learned_from: int) -> str:
    """Write the card in Markdown.

    Parameters
    ----------
    manifest : of the version
    importance : part of each feature in the ranker's gain; empty where there is no ranker
    people : how many people the embedding was made from
    learned_from : how many people-weeks the ranker was fitted on
    """
    start, end = manifest.training_window
    made = (
        f"Made at {manifest.created_at} from events between {start} and {end}, "
        f"catalogue {manifest.catalogue_version}, seed {manifest.seed}."
    )
    models = (
        f"Item vectors of {manifest.dimension} dimensions by a normalised truncated SVD of who acted on what "
        f"({people:,} people), and a LambdaRank model over {len(manifest.feature_names)} features of a person and an "
        f"item ({learned_from:,} people-weeks)."
    )
    parts = [
        f"# Model {manifest.version}",
        made,
        "## What it is",
        models,
        _table(("kind", "items"), [(kind, f"{count:,}") for kind, count in manifest.items.items()]),
        "## How good it is",
        *_quality(manifest),
        "## What it goes by",
        *_importance(importance),
        "## What it is not good for",
        "\n".join(f"- {limit}" for limit in LIMITS),
    ]
    return "\n\n".join(parts) + "\n"


def _quality(manifest: Manifest) -> list[str]:
    if not manifest.quality:
        return ["Not measured: there was no week to hold out."]
    names = list(next(iter(manifest.quality.values())))
    lines = [(model, *(f"{values[name]:.4f}" for name in names)) for model, values in manifest.quality.items()]
    return [
        f"A basket of everybody in the newest week, told from what was before (the ranker: {REHEARSED} weeks at most):",
        _table(("model", *names), lines),
    ]


def _importance(importance: Mapping[str, float]) -> list[str]:
    if not importance:
        return ["There were no purchases to learn an order from; items are ranked by recency and frequency."]
    best = sorted(importance.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_FEATURES]
    return [_table(("feature", "part of the gain"), [(name, f"{share:.1%}") for name, share in best])]


def _table(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    rows = [head, tuple("---" for _ in head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
