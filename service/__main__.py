"""`python -m service` is `konomi`."""

from service.cli import main

main()
