"""What answers: the bundle and all that comes with it. It can change while the service runs.

A request that has begun ends with what it began with; the next one has the new one.
"""

import logging
import threading
from pathlib import Path

from fastapi import FastAPI

from nlp_service.api.callers import MACHINE
from nlp_service.api.metrics import Metrics
from nlp_service.assess import Assessor, load_assessor
from nlp_service.domain.errors import BundleError, InvalidTaxonomy
from nlp_service.store.in_force import Follower, settings_in_force
from nlp_service.store.model_changes import note_model
from nlp_service.store.model_choices import chosen_folder
from nlp_service.store.opening import Store
from nlp_service.store.relating import make_relator

log = logging.getLogger(__name__)


class Answering:
    """Sets on an app what answers. Made when the app starts, with its settings and store there."""

    def __init__(self, app: FastAPI, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics
        self._lock = threading.Lock()
        self._follower = Follower()
        self._unfit: set[Path] = set()

    @property
    def folder(self) -> Path:
        """Where the bundle that answers lies."""
        assessor: Assessor = self._app.state.assessor
        return assessor.bundle.folder

    def install(self, assessor: Assessor) -> None:
        """Let a bundle answer from now on; say where the index is of another one.

        Raises:
            StoreError: the database refuses.
        """
        with self._lock:
            self._install(assessor)

    def _install(self, assessor: Assessor) -> None:
        state, bundle = self._app.state, assessor.bundle
        store: Store | None = state.store
        relator = make_relator(bundle)
        self._metrics.name_bundle(assessor.versions, bundle.label_shares)
        state.assessor, state.relator = assessor, relator
        if relator is not None and bundle.pairs is not None:
            finder = bundle.pairs.reader.finder
            state.place_names = lambda text: [
                place.span.quote for place in finder.find(text) if place.is_shown
            ]
            if store is not None and not relator.prepare(store):
                log.warning(
                    "已存来件的文意索引属于另一个模型包，查重暂时只看文字；"
                    "请运行 nlp-service reindex。"
                )
        if store is not None:
            note_model(store, assessor.versions, actor=MACHINE)

    def load(self, folder: Path) -> Assessor:
        """Return what another bundle makes, ready to be installed.

        Raises:
            BundleError: it is none to work with.
            InvalidTaxonomy: the installation's own names do not fit it.
        """
        state = self._app.state
        settings = settings_in_force(state.store, state.settings)
        assessor = load_assessor(settings.model_copy(update={"bundle": folder}))
        assessor.policy = state.assessor.policy
        return assessor

    def follow(self) -> None:
        """Take up the lines, names and bundle that are in force, whoever has set them.

        Raises:
            StoreError: the database refuses.
        """
        state = self._app.state
        self._follower.take_up(state.store, state.assessor)
        folder = chosen_folder(state.store, state.settings)
        if folder in (None, self.folder) or folder in self._unfit:
            return
        try:
            self.install(self.load(folder))
        except (BundleError, InvalidTaxonomy) as error:
            self._unfit.add(folder)  # it is not tried again every few seconds
            log.error("没有换用选定的模型包：%s", error)
