"""``nlp-service reindex``: make anew what earlier texts are found by, while the service serves."""

from pathlib import Path

import click

from nlp_service.cli.options import bundle_option, help_option, load_assessor, read_settings


@click.command("reindex", options_metavar="[选项]")
@bundle_option
@help_option
def reindex_command(bundle: Path | None) -> None:
    """换了模型包之后，让往年来件仍能按文意找到；并补齐文字指纹、查重和通用套话。

    服务可照常运行。中途被打断不要紧，再运行一次即可接着做。
    """
    from nlp_service.store.boilerplate import relearn_boilerplate
    from nlp_service.store.in_force import settings_in_force
    from nlp_service.store.opening import open_store
    from nlp_service.store.reindexing import refill_fingerprints, reindex
    from nlp_service.store.relating import make_relator, relate_missing

    settings = read_settings({"bundle": bundle})
    with open_store(settings) as store:
        chosen = settings if bundle else settings_in_force(store, settings)
        relator = make_relator(load_assessor(chosen).bundle)
        if relator is not None and relator.embedder is not None:
            done = reindex(store, space=relator.space, embed=relator.embedder.embed)
            refilled, embedded = done.fingerprinted, done.embedded
        else:
            refilled, embedded = refill_fingerprints(store), 0
        common = relearn_boilerplate(store)
        related = relate_missing(store, relator) if relator is not None else 0
    click.echo(
        f"补齐文字指纹 {refilled} 件、文意向量 {embedded} 件，查重 {related} 件，"
        f"学到 {common} 个通用片段。"
    )
