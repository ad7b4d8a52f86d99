"""`python -m boi_portal.sandbox`: the same as the command `boi-sandbox`."""

from .main import cli

cli(prog_name="boi-sandbox")
