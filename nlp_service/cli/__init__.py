"""The commands of ``nlp-service``, a file each. They read, print and stop cleanly, no more.

Whatever a command needs is imported when it runs, so that each starts fast.
"""

import click

from nlp_service import __version__
from nlp_service.cli.audit import audit_command
from nlp_service.cli.backup import backup_command, restore_command
from nlp_service.cli.check import check_command
from nlp_service.cli.export_corrections import export_corrections_command
from nlp_service.cli.failures import Commands
from nlp_service.cli.import_archive import import_command
from nlp_service.cli.keys import keys_command
from nlp_service.cli.models import models_command
from nlp_service.cli.options import help_option
from nlp_service.cli.reindex import reindex_command
from nlp_service.cli.retention import retention_command
from nlp_service.cli.score import score_command
from nlp_service.cli.serve import serve_command
from nlp_service.cli.users import users_command
from nlp_service.cli.worker import worker_command


@click.group(cls=Commands, subcommand_metavar="命令", options_metavar="")
@click.version_option(__version__, message="nlp-service %(version)s", help="显示版本。")
@help_option
def main() -> None:
    """为提案、社情民意信息和群众来信给出分拣建议；只作辅助，由人审定。"""


main.add_command(serve_command)
main.add_command(check_command)
main.add_command(worker_command)
main.add_command(score_command)
main.add_command(import_command)
main.add_command(models_command)
main.add_command(export_corrections_command)
main.add_command(backup_command)
main.add_command(restore_command)
main.add_command(reindex_command)
main.add_command(users_command)
main.add_command(keys_command)
main.add_command(audit_command)
main.add_command(retention_command)
