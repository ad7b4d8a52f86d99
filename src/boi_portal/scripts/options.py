"""Options that commands share: which portal is meant."""

import click

INI = click.option("--ini", default="development.ini", show_default=True, help="PasteDeploy file of the portal.")
VAR = click.option("--var", default="var", show_default=True, help="Folder with the data of a development portal.")
