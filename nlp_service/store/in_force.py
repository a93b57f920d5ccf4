"""What counts now instead of the settings: taken up when a process starts, and while it lives."""

import logging
import threading
from typing import TYPE_CHECKING

from nlp_service.assess import Assessor
from nlp_service.domain.errors import BundleError, InvalidTaxonomy
from nlp_service.domain.local_names import LocalNames
from nlp_service.settings import Settings
from nlp_service.store.filing_lines import take_up_lines
from nlp_service.store.local_names import names_in_force
from nlp_service.store.model_choices import chosen_folder

if TYPE_CHECKING:
    from nlp_service.store.opening import Store

log = logging.getLogger(__name__)


def settings_in_force(store: "Store", settings: Settings) -> Settings:
    """Return the settings with the bundle that was chosen and the names that were set, if any were.

    Raises:
        StoreError: the database refuses.
    """
    with store.reading() as office:
        names = names_in_force(office)
    found = {"bundle": chosen_folder(store, settings), "local_taxonomy": names}
    return settings.model_copy(
        update={name: value for name, value in found.items() if value is not None}
    )


class Follower:
    """Lets an assessor go by the lines and the names that are in force. One an assessor's process.

    What does not fit its bundle is told once, and not tried again. Safe for threads: none brings
    back what it read before another took up what came later.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unfit: LocalNames | None = None

    def take_up(self, store: "Store", assessor: Assessor) -> None:
        """Take up what others have set.

        Raises:
            StoreError: the database refuses.
        """
        with self._lock:
            self._take_up(store, assessor)

    def _take_up(self, store: "Store", assessor: Assessor) -> None:
        take_up_lines(store, assessor)
        with store.reading() as office:
            names = names_in_force(office)
        if names in (None, assessor.bundle.local_names, self._unfit):
            return
        try:
            assessor.rename(names)
        except (BundleError, InvalidTaxonomy) as error:
            self._unfit = names
            log.error("没有用设置里的本地名称：%s", error)
