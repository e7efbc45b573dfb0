"""Print the schema: `python -m service.graphql.export > service/graphql/schema.graphql`."""

from __future__ import annotations

import sys

from service.graphql.schema import sdl

if __name__ == "__main__":
    sys.stdout.write(sdl())
