"""Compute clusters: asked for, being made, there, resized, gone; and the quota that may forbid them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes.azure.exchange import Answer, Ask, Refusal
from tests.fakes.azure.place import ANY_ARM_OR_API, API, ARM, ARM_HOST, Place, guid, stamp
from tests.fakes.azure.routes import route

_CORES = {"STANDARD_D1_V2": 1, "STANDARD_D2_V2": 2, "STANDARD_D3_V2": 4, "STANDARD_DS2_V2": 2, "STANDARD_DS3_V2": 4}
_REGION = "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{region}"
_LIVE, _RP = "{ws}/computes/{name}", "/rp/workspaces{ws}/computes/{name}"

_NO_SIZE = "The specified Azure ML Compute Instance or Cluster virtual machine size {size} is not supported in {region}."
_NO_QUOTA = (
    "The specified subscription has a total vCPU quota of {quota} and cannot accomodate for at least {nodes} requested managed "
    "compute node which maps to {cores} vCPUs. Talk to your Subscription Admin or refer to "
    "https://docs.microsoft.com/azure/machine-learning/how-to-manage-quotas#request-quota-increases "
    "to increase the total vCPU quota."
)


@dataclass
class Cluster:
    """One cluster; `polls` is how often its state is still asked for before it is ready."""

    name: str
    vm_size: str
    scale: dict[str, Any]
    priority: str = "Dedicated"
    kind: str = "AmlCompute"
    polls: int = 0
    errors: list[dict[str, Any]] | None = None
    tags: dict[str, str] = field(default_factory=dict)
    description: str | None = None
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def state(self) -> str:
        """Azure's word for how far it is."""
        return "Failed" if self.errors else "Creating" if self.polls else "Succeeded"

    def dto(self, place: Place) -> dict[str, Any]:
        """Return it as the resource provider writes it."""
        nodes = 0 if self.polls or self.errors else self.scale.get("minNodeCount") or 0
        counts = dict.fromkeys(
            ("preparingNodeCount", "runningNodeCount", "unusableNodeCount", "leavingNodeCount", "preemptedNodeCount"), 0
        )
        inner = {
            "vmSize": self.vm_size,
            "vmPriority": self.priority,
            "scaleSettings": self.scale,
            "subnet": None,
            "currentNodeCount": nodes,
            "targetNodeCount": self.scale.get("minNodeCount") or 0,
            "nodeStateCounts": {**counts, "idleNodeCount": nodes},
            "allocationState": "Resizing" if self.polls else "Steady",
            "allocationStateTransitionTime": stamp(self.created),
            "errors": self.errors,
            "remoteLoginPortPublicAccess": "Enabled",
            "osType": "Linux",
        }
        properties = {
            "computeType": self.kind,
            "computeLocation": place.region,
            "description": self.description,
            "resourceId": None,
            "isAttachedCompute": False,
            "provisioningState": self.state,
            "provisioningErrors": [{"error": e} for e in self.errors] if self.errors else None,
            "createdOn": stamp(self.created),
            "modifiedOn": stamp(self.created),
            "properties": None if self.errors else inner,
        }
        here = {"id": f"{place.scope}/computes/{self.name}", "name": self.name, "location": place.region}
        kind = {"type": "Microsoft.MachineLearningServices/workspaces/computes", "sku": None}
        return {**here, **kind, "tags": self.tags, "properties": properties}


@dataclass
class Operation:
    """A long-running change of a cluster, as the caller polls it."""

    cluster: Cluster
    deletes: bool = False


class Computes:
    """Every cluster. `quota` is the number of cores that all clusters together may have; `polls` how long making one lasts."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.clusters: dict[str, Cluster] = {}
        self.quota = 24
        self.polls = 1
        self.made = 0
        self.failure: dict[str, Any] | None = None
        self._operations: dict[str, Operation] = {}

    def add(self, name: str, vm_size: str = "STANDARD_D2_V2", low: int = 0, high: int = 3) -> Cluster:
        """Put a cluster there that is ready."""
        scale = {"minNodeCount": low, "maxNodeCount": high, "nodeIdleTimeBeforeScaleDown": "PT120S"}
        self.clusters[name] = Cluster(name, vm_size, scale)
        return self.clusters[name]

    def cluster(self, name: str) -> Cluster:
        """Return a cluster; asking brings it nearer to being ready. Raises Refusal."""
        if name not in self.clusters:
            raise Refusal(404, "ComputeNotFound", f"Compute target with name {name} not found or does not exist.")
        return self.clusters[name]

    @route("GET", API, _RP)
    @route("GET", ARM, _LIVE)
    def get(self, ask: Ask) -> Any:
        """Give one cluster."""
        return self.cluster(ask["name"]).dto(self._place)

    @route("GET", ANY_ARM_OR_API, "{ws}/computes")
    @route("GET", API, "/rp/workspaces{ws}/computes")
    def list(self, ask: Ask) -> Any:
        """List every cluster; there is no link to a next page when there is none."""
        return {"value": [c.dto(self._place) for c in self.clusters.values()]}

    @route("PUT", ARM, _LIVE)
    @route("PUT", API, _RP)
    def create(self, ask: Ask) -> Any:
        """Start to make a cluster, or refuse it in Azure's words."""
        sent = ask.json["properties"]
        inner = sent.get("properties") or {}
        scale = {"minNodeCount": 0, "nodeIdleTimeBeforeScaleDown": "PT120S", **inner.get("scaleSettings", {})}
        self._allow(inner.get("vmSize", ""), max(1, int(scale["minNodeCount"] or 0)), ask["name"])
        cluster = Cluster(ask["name"], inner["vmSize"].upper(), scale, inner.get("vmPriority") or "Dedicated", polls=self.polls)
        cluster.tags, cluster.description = ask.json.get("tags") or {}, sent.get("description")
        self.clusters[cluster.name], self.made = cluster, self.made + 1
        return self._started(Operation(cluster), cluster.dto(self._place), 201)

    @route("PATCH", ARM, _LIVE)
    @route("PATCH", API, _RP)
    def resize(self, ask: Ask) -> Any:
        """Change a cluster's bounds."""
        cluster = self.cluster(ask["name"])
        cluster.scale.update((ask.json["properties"].get("properties") or {}).get("scaleSettings") or {})
        return self._started(Operation(cluster), cluster.dto(self._place), 200)

    @route("DELETE", ARM, _LIVE)
    @route("DELETE", API, _RP)
    def delete(self, ask: Ask) -> Any:
        """Take a cluster away."""
        return self._started(Operation(self.cluster(ask["name"]), deletes=True), None, 202)

    @route("POST", ARM, _LIVE + "/listNodes")
    def nodes(self, ask: Ask) -> Any:
        """List a cluster's nodes: the double's have no address."""
        self.cluster(ask["name"])
        return {"nodes": []}

    @route("GET", ARM, _REGION + "/vmSizes")
    def sizes(self, ask: Ask) -> Any:
        """List the machine sizes that a cluster may have."""
        memory = {"gpus": 0, "memoryGB": 7, "maxResourceVolumeMB": 102400}
        return {"amlCompute": [{"name": name.title(), "vCPUs": cores, **memory} for name, cores in _CORES.items()]}

    @route("GET", ARM, _REGION + "/operations/{operation}")
    def poll(self, ask: Ask) -> Any:
        """Say how far a change is."""
        operation = self._operations[ask["operation"]]
        cluster = operation.cluster
        if operation.deletes:
            self.clusters.pop(cluster.name, None)
            return {"status": "Succeeded"}
        if cluster.polls:
            cluster.polls -= 1
            return {"status": "InProgress"}
        if self.failure and not cluster.errors:
            cluster.errors = [self.failure]
        return {"status": "Failed", "error": self.failure} if cluster.errors else {"status": "Succeeded"}

    def _allow(self, vm_size: str, nodes: int, name: str) -> None:
        cores = _CORES.get(vm_size.upper())
        if cores is None:
            raise Refusal(400, "BadRequest", _NO_SIZE.format(size=vm_size, region=self._place.region))
        others = [c for c in self.clusters.values() if c.name != name]
        used = sum(_CORES[c.vm_size.upper()] * max(1, c.scale["minNodeCount"] or 0) for c in others)
        if used + cores * nodes > self.quota:
            raise Refusal(400, "BadRequest", _NO_QUOTA.format(quota=self.quota, nodes=nodes, cores=cores * nodes))

    def _started(self, operation: Operation, body: Any, status: int) -> Answer:
        key = guid()
        self._operations[key] = operation
        near = f"{self._place.subscription}/providers/Microsoft.MachineLearningServices/locations/{self._place.region}"
        link = f"https://{ARM_HOST}/subscriptions/{near}/operations/{key}?api-version=2020-02-02"
        return Answer(body, status, {"Azure-AsyncOperation": link})
