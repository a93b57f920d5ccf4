"""What tests let Ray's workers do with chunks, and a cluster for them; each a process of its own.

As a program: ``cluster`` runs a cluster of one machine until its input ends, and says its address;
``work FUNCTION FILE`` lets one of the functions work on a file, and says what came of it.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path

from nlp_service.assess import load_assessor
from nlp_service.domain.errors import NlpServiceError
from nlp_service.intake.columns import ColumnMapping
from nlp_service.jobs.on_ray import Archive, work_on_ray
from nlp_service.jobs.ray_cluster import Cluster
from nlp_service.settings import Settings

KILLS = "这一行让进程中断"
RAISES = "这一行让分拣出错"


def count(assessor, rows):
    """Count rows; at some the program fails, with the text in its message, or ends."""
    for row in rows:
        if KILLS in row.item.body:
            os.kill(os.getpid(), signal.SIGKILL)
        if RAISES in row.item.body:
            raise RuntimeError(f"cannot read {row.item.body}")
    return len(rows)


def work(file):
    settings = Settings(bundle=Path("models/default"))
    versions = load_assessor(settings).versions
    archive = Archive(file=Path(file), mapping=ColumnMapping())
    chunks = work_on_ray(
        archive, count, settings=settings, versions=versions, cluster=Cluster(workers=1)
    )
    done = []
    try:
        done.extend(chunks)
        sys.stdout.write(f"{done}\n")
    except NlpServiceError as error:
        sys.stdout.write(f"{type(error).__name__} {error}\n")


def cluster():
    from ray._private.utils import get_ray_address_file
    from ray.cluster_utils import Cluster as LocalCluster

    # Where there was never a Ray, its test cluster stumbles over the folder of its address.
    Path(get_ray_address_file(None)).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nlp-ray-", ignore_cleanup_errors=True) as folder:
        head = {"num_cpus": 2, "temp_dir": folder}
        running = LocalCluster(initialize_head=True, head_node_args=head)
        sys.stdout.write(f"{running.address}\n")
        sys.stdout.flush()
        sys.stdin.read()
        running.shutdown()


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {"work": work, "cluster": cluster}[command](*arguments)
