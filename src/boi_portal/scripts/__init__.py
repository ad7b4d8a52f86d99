"""The `boi` command: serving, content, people, the state of the installation."""
