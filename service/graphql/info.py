"""What resolvers are told: the request, and what is asked of the field they answer."""

from __future__ import annotations

import strawberry
from graphql import FieldNode, FragmentSpreadNode, NullValueNode, SelectionSetNode, VariableNode

from service.graphql.context import Context


class Info(strawberry.Info[Context, None]):
    """The first argument of every resolver."""

    def asks_for(self, name: str) -> bool:
        """Whether a field of this name is asked for anywhere below; each fragment is looked at once."""
        waiting: list[SelectionSetNode | None] = [node.selection_set for node in self._raw_info.field_nodes]
        seen: set[str] = set()
        while waiting:
            below = waiting.pop()
            for node in below.selections if below else ():
                if isinstance(node, FieldNode) and node.name.value == name:
                    return True
                if not isinstance(node, FragmentSpreadNode):
                    waiting.append(node.selection_set)  # type: ignore[attr-defined]
                elif node.name.value not in seen:
                    seen.add(node.name.value)
                    waiting.append(self._raw_info.fragments[node.name.value].selection_set)
        return False

    def says(self, name: str) -> bool:
        """Whether an argument of this field was given, and not as null: its default alone says nothing."""
        values = (one.value for one in self._raw_info.field_nodes[0].arguments or () if one.name.value == name)
        value = next(values, None)
        if isinstance(value, VariableNode):
            return self.variable_values.get(value.name.value) is not None
        return value is not None and not isinstance(value, NullValueNode)
