"""Who acts on the command line, as the audit shall name them: no user of the service bears it."""

import getpass


def command_line_actor() -> str:
    """Return who runs the command, by their name on this machine."""
    return f"命令行：{getpass.getuser()}"
