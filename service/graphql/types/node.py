"""Whatever has a global id."""

from __future__ import annotations

import strawberry


@strawberry.interface(description="Anything that `node` finds again.")
class Node:
    """Anything that `node` finds again."""

    id: strawberry.ID = strawberry.field(description="Opaque and global; give it back as it is.")
