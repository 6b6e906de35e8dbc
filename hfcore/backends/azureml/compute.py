"""Compute clusters (AmlCompute) of a workspace: list, get or create, delete."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

from hfcore.backends.azureml import costs, sdk
from hfcore.backends.azureml.connection import Connection
from hfcore.backends.azureml.translation import is_absent
from hfcore.backends.azureml.transport import NoAnswer
from hfcore.errors import BackendUnavailable, ComputeNotFound, InvalidSettings, QuotaExceeded
from hfcore.records import ComputeSpec, ComputeTarget

DEFAULT_CLUSTER = "heart-f-cluster"
UNNAMED = "local"  # AutoMLSettings' default: no target was named
READY = "Ready"
log = logging.getLogger("hfcore.azureml")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,22}[A-Za-z0-9]")
_SETTLED = ("Succeeded", "Failed")
_STATES = {"Succeeded": READY, "Creating": "Being made", "Updating": "Changing", "Deleting": "Being deleted", "Failed": "Failed"}


class Clusters:
    """The clusters of one workspace."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> Sequence[ComputeTarget]:
        """Return every cluster, by name."""
        return self._connection.ask(("compute",), "reading the clusters", self._read)

    def _read(self) -> Sequence[ComputeTarget]:
        found = self._connection.workspace.compute_targets.values()
        return sorted((_target(c) for c in found if c.type == "AmlCompute"), key=lambda t: t.name)

    def get(self, name: str) -> ComputeTarget:
        """Return one cluster. Raises ComputeNotFound, which lists the known names."""
        found = self.list()
        for target in found:
            if target.name == name:
                return target
        raise ComputeNotFound(name, [target.name for target in found])

    def ensure(self, spec: ComputeSpec) -> ComputeTarget:
        """Return the cluster called `spec.name`, made first when there is none; waits until it is ready, 120 s at most.

        Raises:
            InvalidSettings: the name or the node counts break a rule.
            QuotaExceeded: the subscription has no room for such nodes.
        """
        wrong = wrong_spec(spec)
        if wrong:
            raise InvalidSettings(wrong)
        return self._connection.change(f"making the cluster {spec.name}", lambda: self._ensure(spec), "compute", "resources")

    def _ensure(self, spec: ComputeSpec) -> ComputeTarget:
        cluster = self.look(spec.name) or self._create(spec)
        if cluster.provisioning_state not in _SETTLED:
            self._wait_for(cluster)
        cluster = self.look(spec.name) or cluster
        if cluster.provisioning_state == "Failed":
            raise _not_made(cluster)
        return _target(cluster)

    @staticmethod
    def _wait_for(cluster: Any, **options: bool) -> None:
        """Wait until Azure has made a cluster, deleted it, or failed to; its nodes come later, when a run needs them."""
        if getattr(cluster, "_operation_endpoint", None) is None:
            return  # somebody else is making it
        try:
            sdk.load("azureml.core.compute").ComputeTarget.wait_for_completion(cluster, show_output=False, **options)
        except NoAnswer:  # it goes on in Azure
            log.info("the change of the cluster %s is still under way", cluster.name)

    def look(self, name: str) -> Any:
        """Return the SDK's object for a cluster, None when there is none; to be called inside a call."""
        try:
            return sdk.load("azureml.core.compute").AmlCompute(self._connection.workspace, name)
        except Exception as error:
            if is_absent(error):
                return None
            raise

    def _create(self, spec: ComputeSpec) -> Any:
        compute = sdk.load("azureml.core.compute")
        wanted = compute.AmlCompute.provisioning_configuration(
            vm_size=spec.vm_size, min_nodes=spec.min_nodes, max_nodes=spec.max_nodes
        )
        return compute.ComputeTarget.create(self._connection.workspace, spec.name, wanted)

    def chosen(self, name: str) -> str:
        """Return the cluster that a run's setting means; UNNAMED means the lesson's, made without idle nodes if need be.

        Raises:
            ComputeNotFound: there is no cluster of that name.
        """
        if name != UNNAMED:
            return self.get(name).name
        return self.ensure(ComputeSpec(DEFAULT_CLUSTER, min_nodes=0)).name

    def delete(self, name: str) -> None:
        """Delete a cluster. Raises ComputeNotFound."""
        self.get(name)
        self._connection.change(f"deleting the cluster {name}", lambda: self._delete(name), "compute", "resources")

    def _delete(self, name: str) -> None:
        cluster = self.look(name)
        if cluster is None:
            return
        cluster.delete()
        if getattr(cluster, "_operation_endpoint", None) is not None:
            self._wait_for(cluster, is_delete_operation=True)


def _target(cluster: Any) -> ComputeTarget:
    scale = cluster.scale_settings
    low, high = (int(scale.minimum_node_count), int(scale.maximum_node_count)) if scale else (0, 0)
    state = _STATES.get(str(cluster.provisioning_state), str(cluster.provisioning_state))
    detail = f"A cluster in Azure. Cost: {costs.cluster(cluster.vm_size, low, high)}."
    return ComputeTarget(cluster.name, str(cluster.vm_size), low, high, state, detail)


def wrong_spec(spec: ComputeSpec) -> dict[str, str]:
    """Return what is wrong with a cluster that is wanted, by field; asked before Azure is."""
    wrong = {}
    if not NAME.fullmatch(spec.name):
        wrong["name"] = (
            f"The cluster name {spec.name!r} does not fit: 2 to 24 letters, digits or hyphens, starting with a letter and "
            "not ending with a hyphen."
        )
    if not 0 <= spec.min_nodes <= spec.max_nodes:
        wrong["min_nodes"] = f"min_nodes is {spec.min_nodes}; it must be between 0 and max_nodes, {spec.max_nodes}."
    if not 1 <= spec.max_nodes <= 100:
        wrong["max_nodes"] = f"max_nodes is {spec.max_nodes}; it must be between 1 and 100 nodes."
    return wrong


def _not_made(cluster: Any) -> Exception:
    told = str(cluster.provisioning_errors or "")
    if "quota" in told.lower():
        return QuotaExceeded(
            f"The subscription has no quota for {cluster.vm_size} in this region.",
            "Ask for fewer nodes or a smaller machine, or ask Azure to raise the quota.",
        )
    return BackendUnavailable(f"Azure could not make the cluster {cluster.name!r}.", "Delete it, then try again.")
