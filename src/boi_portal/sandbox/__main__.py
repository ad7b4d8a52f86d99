"""`python -m boi_portal.sandbox`: the same as the command `boi-sandbox`."""

from boi_portal.sandbox.main import cli

cli(prog_name="boi-sandbox")
