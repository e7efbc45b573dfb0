"""A working Feast repository in the state folder: rendered, applied, materialised, joined point in time."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import yaml

from service.adapters.feast_import import import_feast
from service.adapters.feast_registry import changing
from service.adapters.feast_settings import repository_settings
from service.adapters.private_files import replace_private

if TYPE_CHECKING:
    import pyarrow as pa
    from feast import FeatureStore, FeatureView
    from feast.repo_config import RepoConfig

TEMPLATE = Path(__file__).resolve().parents[2] / "feature_repo"
PUSHED = "person_recent"
"""Written by the service as things happen, never by a materialisation."""

Progress = Callable[[str, float], None]


class FeastRepository:
    """The features of one shop, as Feast keeps them in a folder.

    Feast itself is imported at the first use, since that alone takes seconds.

    Parameters
    ----------
    directory : where feature_store.yaml, features.py, the registry and data/ live
    online : `sqlite`, or `redis://[:password@]host:port[/db]`; several hosts joined by commas are a cluster
    registry_url : an SQLAlchemy URL where several machines share one registry; a file beside the data otherwise
    """

    def __init__(self, directory: Path, online: str = "sqlite", registry_url: str | None = None) -> None:
        self.directory = directory.absolute()
        self._online = online
        self._registry_url = registry_url

    @property
    def data(self) -> Path:
        """Folder of the computed Parquet files."""
        return self.directory / "data"

    def render(self) -> None:
        """Write features.py and feature_store.yaml for this folder, each whole or not at all."""
        self.data.mkdir(parents=True, exist_ok=True)
        replace_private(self.directory / "features.py", (TEMPLATE / "features.py").read_text(encoding="utf-8"))
        replace_private(self.directory / "feature_store.yaml", yaml.safe_dump(self._settings(), sort_keys=False))

    def apply(self) -> None:
        """Bring the registry and the online store's tables to what features.py says; safe to repeat.

        A registry file torn by a crash is thrown away first: features.py holds all that it held.
        """
        self.render()
        self._drop_torn_registry()
        import_feast()
        with changing(self._registry_url), self._opened_store() as store:
            self._change_registry(store)
        if self._online == "sqlite":
            # Readers of other processes go on while a materialisation writes.
            with contextlib.closing(sqlite3.connect(self.data / "online.db")) as connection:
                connection.execute("PRAGMA journal_mode=WAL")

    def _change_registry(self, store: FeatureStore) -> None:
        wanted = self._definitions()
        names = {(type(one), one.name) for one in wanted}
        there: list[Any] = [
            *store.list_feature_services(), *store.list_feature_views(), *store.list_on_demand_feature_views(),
        ]
        gone = [one for one in there if (type(one), one.name) not in names]
        with _quietly():
            store.apply(wanted, objects_to_delete=gone, partial=False)

    def materialise(self, as_of: datetime, progress: Progress | None = None) -> None:
        """Write the snapshot of a moment to the online store, view by view; safe to repeat and to break off.

        Each person's row of a view is replaced whole, and readers go on meanwhile.
        """
        views = [name for name, view in self.views.items() if view.online and name != PUSHED]
        with self._opened_store() as store:
            for place, name in enumerate(views):
                if progress:
                    progress(name, place / len(views))
                with _quietly():
                    store.materialize(as_of - timedelta(seconds=1), as_of, [name])

    def historical(self, service: str, entity_rows: pa.Table) -> pa.Table:
        """Join the features of a service to rows of (join key, event_timestamp), as they were at each moment."""
        with self._opened_store() as store, _quietly():
            job = store.get_historical_features(
                entity_df=entity_rows.to_pandas(), features=store.get_feature_service(service),
            )
            return job.to_arrow()

    @cached_property
    def config(self) -> RepoConfig:
        """The settings of now: those that feature_store.yaml was last written for may name another online store."""
        import_feast()
        from feast.repo_config import RepoConfig  # noqa: PLC0415 - seconds that only its users should pay

        if not (self.directory / "feature_store.yaml").is_file():
            self.render()
        config = RepoConfig(**self._settings())
        config.repo_path = self.directory
        return config

    def _settings(self) -> dict[str, Any]:
        template = yaml.safe_load((TEMPLATE / "feature_store.yaml").read_text(encoding="utf-8"))
        return repository_settings(template, self._online, self._registry_url)

    @cached_property
    def views(self) -> dict[str, FeatureView]:
        """The feature views by name."""
        kind = import_feast().FeatureView
        return {one.name: one for one in self._defined if isinstance(one, kind)}

    @cached_property
    def services(self) -> dict[str, tuple[str, ...]]:
        """Names of the views behind each feature service."""
        kind = import_feast().FeatureService
        return {
            one.name: tuple(projection.name for projection in one.feature_view_projections)
            for one in self._defined
            if isinstance(one, kind)
        }

    @cached_property
    def _defined(self) -> list[Any]:
        return self._definitions()

    def _definitions(self) -> list[Any]:
        feast = import_feast()
        kinds = (feast.Entity, feast.FeatureView, feast.OnDemandFeatureView, feast.FeatureService)
        return [one for one in vars(_load(self.directory / "features.py")).values() if isinstance(one, kinds)]

    @contextlib.contextmanager
    def _opened_store(self) -> Iterator[FeatureStore]:
        if not (self.directory / "feature_store.yaml").is_file():
            self.render()
        store: FeatureStore = import_feast().FeatureStore(repo_path=str(self.directory))
        try:
            yield store
        finally:
            if self._registry_url is not None:  # Feast would keep its connections until nobody refers to it any more
                store.registry.write_engine.dispose()  # type: ignore[attr-defined]

    def _drop_torn_registry(self) -> None:
        from feast.protos.feast.core.Registry_pb2 import Registry  # noqa: PLC0415
        from google.protobuf.message import DecodeError  # noqa: PLC0415

        path = self.data / "registry.db"
        if self._registry_url is None and path.is_file():
            try:
                Registry.FromString(path.read_bytes())
            except DecodeError:
                path.unlink()


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep Feast off stdout, which belongs to the results of our commands, and its own warnings to itself."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _load(path: Path) -> ModuleType:
    module = ModuleType("features")
    module.__file__ = str(path)
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), vars(module))  # noqa: S102 - our own file
    return module
