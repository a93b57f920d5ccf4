"""``nlp-service reindex``: make anew what earlier texts are found by, while the service serves."""

import click

from nlp_service.cli.options import help_option, read_settings


@click.command("reindex", options_metavar="[选项]")
@help_option
def reindex_command() -> None:
    """补齐来件的文字指纹，并从全部来件重新学习通用套话；服务可照常运行。

    中途被打断不要紧，再运行一次即可接着做。
    """
    from nlp_service.store.boilerplate import relearn_boilerplate
    from nlp_service.store.opening import open_store
    from nlp_service.store.reindexing import refill_fingerprints

    with open_store(read_settings({})) as store:
        refilled = refill_fingerprints(store)
        common = relearn_boilerplate(store)
    click.echo(f"补齐了 {refilled} 件来件的文字指纹，学到 {common} 个通用片段。")
