"""A Kubernetes cluster that is only a file, asked and changed through the stand-in Tests/Fixtures/kubectl.

  cluster = Cluster(work / "cluster.json")
  cluster.volume("pvc-1", "apps", "data", "vm-9999-pvc-1")
  cluster.deployment("apps", "wiki", ["data"], replicas=2)
  subprocess.run([cluster.kubectl, "get", "pv", "-o", "json"], env=os.environ | cluster.environment)

What is made runs at once. How long things take, in calls of kubectl, and what goes wrong: Tests/Fixtures/kubectl_cluster.py.
"""
import json
import os
import pathlib
import subprocess
import sys

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Fixtures"
sys.path.insert(0, str(FIXTURES))
from kubectl_cluster import BY_NAME, NODE, State, ends, is_over, is_ready  # noqa: E402


class Cluster:
    """A cluster in a file of its own, which begins empty; more than one process may use it."""

    kubectl = str(FIXTURES / "kubectl")

    def __init__(self, path):
        self.path = str(path)

    @property
    def environment(self):
        """What the stand-in must find in its environment."""
        return {"KUBECTL_STATE": self.path}

    def call(self, *words, text=None, codes=(0,)):
        """What a call of kubectl printed, as a person at the same cluster would make it."""
        result = subprocess.run([self.kubectl, *words], input=text, capture_output=True, text=True, check=False,
                                env=os.environ | self.environment, timeout=300)
        if codes is not None and result.returncode not in codes:
            raise AssertionError(f"kubectl {' '.join(words)}: status {result.returncode}\n{result.stdout}{result.stderr}")
        return result.stdout + result.stderr

    # What there is to be. `more` is what State.make takes: `spec`, merged into the specification, and `volumes`.

    def _make(self, kind, namespace, name, **more):
        with State(self.path) as state:
            state.make(kind, name, namespace, **more)
            state.settle()

    def deployment(self, namespace, name, claims, replicas=1, **more):
        self._make("deployment", namespace, name, claims=claims, replicas=replicas, **more)

    def stateful_set(self, namespace, name, templates=(), claims=(), replicas=1, **more):
        """Each of the templates makes a claim for each pod: TEMPLATE-NAME-ORDINAL."""
        self._make("statefulset", namespace, name, templates=templates, claims=claims, replicas=replicas, **more)

    def daemon_set(self, namespace, name, claims, **more):
        """On the one node that there is."""
        self._make("daemonset", namespace, name, claims=claims, **more)

    def replica_set(self, namespace, name, claims, replicas=1, **more):
        """One without a Deployment."""
        self._make("replicaset", namespace, name, claims=claims, replicas=replicas, **more)

    def pod(self, namespace, name, claims, owner=None, phase="Running", **more):
        """A pod that nothing makes anew, or that something does which isn't simulated: owner=("Job", "import")."""
        owner = owner and {"kind": owner[0], "name": owner[1]}
        self._make("pod", namespace, name, claims=claims, owner=owner, phase=phase, **more)

    def volume(self, name, namespace, claim, lv):
        """A persistent volume of the Proxmox driver on the logical volume `lv`, bound to a claim."""
        self._make("volume", namespace, name, claim=claim, lv=lv)

    # How it behaves. Underscores are hyphens: misbehave(scale_back_after=3, fail={"scale": "error: ..."}).

    def timing(self, **calls):
        with State(self.path) as state:
            state.data["timing"] = state.data.get("timing", {}) | _hyphened(calls)

    def misbehave(self, **what):
        """What goes wrong from now on, and nothing else; without arguments all goes well again."""
        with State(self.path) as state:
            state.data["misbehave"] = _hyphened(what)

    def tick(self, count=1):
        """Lets the cluster go on as it does at a call."""
        with State(self.path) as state:
            for _ in range(count):
                state.tick()

    # How it is. Reading changes nothing and isn't a call.

    def _objects(self, kind, namespace=None):
        if not os.path.exists(self.path):
            return []
        # Whole in any case: it is replaced by a rename.
        document = json.loads(pathlib.Path(self.path).read_text(encoding="utf-8"))
        return [each for _, each in sorted(document["objects"].get(kind, {}).items())
                if namespace is None or each["metadata"].get("namespace") == namespace]

    def _object(self, kind, namespace, name):
        found = [each for each in self._objects(BY_NAME[kind], namespace) if each["metadata"]["name"] == name]
        return found[0] if found else None

    def replicas(self, kind, namespace, name):
        """How many pods something is to have; for a DaemonSet, on how many nodes. None if it is gone."""
        thing = self._object(kind, namespace, name)
        if thing is None:
            return None
        if kind == "daemonset":
            return int(thing["spec"]["template"]["spec"].get("nodeSelector", {}).items() <= NODE.items())
        return thing["spec"]["replicas"]

    def pods(self, namespace=None):
        """NAMESPACE/NAME of the pods that haven't ended, also of those that are about to end or to be ready."""
        return [f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
                for pod in self._objects("Pod", namespace) if not is_over(pod)]

    def ready(self, namespace=None):
        """The same of those that are ready and stay."""
        return [f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
                for pod in self._objects("Pod", namespace) if is_ready(pod) and not ends(pod)]

    def attached(self):
        """The persistent volumes that are attached to the node."""
        return sorted(each["spec"]["source"]["persistentVolumeName"] for each in self._objects("VolumeAttachment")
                      if each["status"].get("attached"))

    def specification(self, kind, namespace, name):
        """All that is wished of something, to compare it with before; None if it is gone."""
        thing = self._object(kind, namespace, name)
        return thing and thing["spec"]

    def calls(self, *verbs):
        """The calls of kubectl so far, as lists of words; with verbs only theirs."""
        document = json.loads(pathlib.Path(self.path).read_text(encoding="utf-8"))
        return [call["arguments"] for call in document["calls"] if not verbs or set(verbs) & set(call["arguments"])]


def _hyphened(words):
    return {word.replace("_", "-"): value for word, value in words.items()}
