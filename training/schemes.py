"""Read the map from an office's earlier categories to sets of our topics."""

from pathlib import Path

from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.domain.toml_tables import read_toml
from training.errors import BadConfig
from training.examples import Scheme


def read_scheme(path: Path, taxonomy: Taxonomy) -> Scheme:
    """Read one scheme: ``name`` and a table ``[topics]`` of category -> list of topic codes.

    Raises:
        BadConfig: no name, an empty set, or a code that the taxonomy does not have.
    """
    table = read_toml(path)
    known = {topic.code for topic in taxonomy.topics}
    if not isinstance(table.get("name"), str) or not isinstance(table.get("topics"), dict):
        raise BadConfig(f"{path}：应有 name 和 [topics] 表")
    for category, codes in table["topics"].items():
        if not codes or not set(codes) <= known:
            raise BadConfig(f"{path}：类别 {category} 的议题集 {codes} 为空或含未知代码")
    topics = {category: frozenset(codes) for category, codes in table["topics"].items()}
    return Scheme(name=table["name"], topics=topics)
