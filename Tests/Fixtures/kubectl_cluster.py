"""The cluster behind Tests/Fixtures/kubectl: its objects, controllers, node and attached volumes, in one JSON file.

It is taken by one process at a time (flock on FILE.lock). Nothing runs in between: each call of kubectl is one tick of the
cluster's clock, in which first the controllers and the node do their work; of what the call changes they learn at the next
tick. Keys of the file:

  make       what there is to be: a list of what `State.make` takes, as {"kind": "deployment", "namespace": "apps",
             "name": "wiki", "claims": ["data"], "replicas": 2}; all of it runs before the next call
  timing     {"pod-end-calls": 2, "pod-ready-calls": 1, "detach-calls": 1, "notice-calls": 0}: for how many more calls a pod
             that ends is seen, one isn't ready, a volume without pods is attached, a controller knows nothing of a change
  misbehave  {"scale-back-after": 3}: a change is undone, three calls later;
             {"never-end": true, "never-detach": true, "never-ready": true}: pods and volumes stay as they are;
             {"conflicts": 2}: so many changes meet somebody else's;
             {"fail": {"get": "text"}}: calls that begin with these words fail without effect, or only the next two with
             {"get": ["text", 2]}; {"fail-after": ...}: they fail after they had their effect;
             {"hang": {"scale": 60}}: they wait before, in seconds; {"garbage": {"get": true}}: they print half a document
  objects    kind -> "namespace/name" -> the object as the API has it
  calls      what was called: {"arguments", "input", "code"}
"""
import copy
import fcntl
import json
import os
import time
import zlib

# The version of each kind's API, and what it is called there.
KINDS = {"Deployment": ("apps/v1", "deployments.apps"), "StatefulSet": ("apps/v1", "statefulsets.apps"),
         "DaemonSet": ("apps/v1", "daemonsets.apps"), "ReplicaSet": ("apps/v1", "replicasets.apps"), "Pod": ("v1", "pods"),
         "PersistentVolume": ("v1", "persistentvolumes"),
         "VolumeAttachment": ("storage.k8s.io/v1", "volumeattachments.storage.k8s.io")}
BY_NAME = {kind.lower(): kind for kind in KINDS}
TIMING = {"pod-end-calls": 2, "pod-ready-calls": 1, "detach-calls": 1, "notice-calls": 0}
NODE = {"kubernetes.io/hostname": "pve1", "kubernetes.io/os": "linux"}
TIME = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
DRIVER = "csi.proxmox.sinextra.dev"


def merged(target, patch):
    """A merge patch applied: RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    target = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = merged(target.get(key), value)
    return target


def hashed(value, length):
    """Letters and digits that a value always has, as in the names of ReplicaSets and pods."""
    text = json.dumps(value, sort_keys=True)
    return "".join("bcdfghjklmnpqrstvwxz2456789"[zlib.crc32(f"{place} {text}".encode()) % 27] for place in range(length))


def claims_of(pod):
    name = pod["metadata"]["name"]
    return {f"{name}-{volume['name']}" if "ephemeral" in volume else volume.get("persistentVolumeClaim", {}).get("claimName")
            for volume in pod["spec"].get("volumes", [])} - {None}


def ends(pod):
    return "deletionTimestamp" in pod["metadata"]


def is_over(pod):
    return pod["status"].get("phase") in ("Succeeded", "Failed")


def is_ready(pod):
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", []))


class State:
    """The cluster, while it is locked; used as a context, at whose end it is written down."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.lock = open(f"{self.path}.lock", "w", encoding="utf-8")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.data = {"version": 1000, "clock": 0, "misbehave": {}, "objects": {}, "memory": {}, "calls": []}
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                self.data |= json.load(file)
        self.objects, self.misbehave = self.data["objects"], self.data["misbehave"]
        self.timing = TIMING | self.data.get("timing", {})
        wishes = self.data.pop("make", [])
        for wish in wishes:
            self.make(**wish)
        if wishes:
            self.settle()
        return self

    def __exit__(self, failure, *_):
        if failure is None:
            self.save()
        self.lock.close()

    def save(self):
        with open(f"{self.path}.new", "w", encoding="utf-8") as file:
            json.dump(self.data, file)
        os.rename(file.name, self.path)

    # Objects.

    def all(self, kind, namespace=None):
        return [each for key, each in sorted(self.objects.get(kind, {}).items())
                if namespace is None or each["metadata"]["namespace"] == namespace]

    def owned(self, owner, kind):
        return [each for each in self.all(kind, owner["metadata"]["namespace"])
                if any(one["uid"] == owner["metadata"]["uid"] for one in each["metadata"].get("ownerReferences", []))]

    def number(self):
        self.data["version"] += 1
        return self.data["version"]

    def memory(self, thing):
        """What the cluster knows about an object besides the object."""
        return self.data["memory"].setdefault(thing["metadata"]["uid"], {})

    def add(self, kind, namespace, name, spec, owner=None, **metadata):
        number = self.number()
        thing = {"apiVersion": KINDS[kind][0], "kind": kind, "metadata": {
            "name": name, "uid": f"{number:08x}-0000-4000-8000-{number:012x}", "resourceVersion": str(number),
            "generation": 1, "creationTimestamp": TIME, "managedFields": [{
                "manager": "kubectl-create", "operation": "Update", "apiVersion": KINDS[kind][0], "time": TIME,
                "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {}}}]} | metadata, "spec": spec, "status": {}}
        if namespace:
            thing["metadata"]["namespace"] = namespace
        if owner:
            thing["metadata"]["ownerReferences"] = [{
                "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True}]
        self.memory(thing)["born"] = self.data["clock"]
        self.objects.setdefault(kind, {})[f"{namespace}/{name}" if namespace else name] = thing
        return thing

    def remove(self, thing):
        metadata = thing["metadata"]
        del self.objects[thing["kind"]]["/".join(filter(None, (metadata.get("namespace"), metadata["name"])))]
        self.number()

    def change(self, thing, part, value):
        """Changes a specification or status; one that stays the same is no change."""
        if thing[part] == value:
            return
        thing[part] = value
        thing["metadata"]["resourceVersion"] = str(self.number())
        if part == "spec":
            thing["metadata"]["generation"] += 1

    def alter(self, thing, spec):
        """Changes a specification as a person does: its controller learns of it later."""
        after = self.misbehave.get("scale-back-after")
        if spec != thing["spec"]:
            self.memory(thing)["changed"] = self.data["clock"]
            if after is not None:
                self.memory(thing)["undo"] = {"at": self.data["clock"] + after, "spec": thing["spec"]}
        self.change(thing, "spec", spec)

    def make(self, kind, name, namespace=None, claims=(), replicas=1, templates=(), owner=None, phase="Running", volumes=(),
             spec=None, claim=None, lv=None):
        """Adds what a person would: `templates` are names of volumeClaimTemplates, `owner` is {"kind", "name"} of what
        isn't simulated, `volumes` are as the API has them, `spec` is merged into the specification."""
        if kind == "volume":
            made = self.add("PersistentVolume", None, name, {
                "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "persistentVolumeReclaimPolicy": "Delete",
                "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": claim},
                "csi": {"driver": DRIVER, "fsType": "ext4", "volumeHandle": f"home/pve1/proxmox-lvm/{lv}",
                        "volumeAttributes": {"storage": "proxmox-lvm"}},
                "storageClassName": "proxmox-lvm", "volumeMode": "Filesystem"},
                annotations={"pv.kubernetes.io/provisioned-by": DRIVER}, finalizers=["kubernetes.io/pv-protection"])
            made["status"] = {"phase": "Bound"}
            return
        used = [{"name": each, "persistentVolumeClaim": {"claimName": each}} for each in claims] + list(volumes)
        pod = {"containers": [{"name": "main", "image": "example/app:1", "volumeMounts": [
            {"name": each["name"], "mountPath": f"/{each['name']}"} for each in used]}],
            "volumes": used + [{"name": "scratch", "emptyDir": {}}],
            "restartPolicy": "Always", "serviceAccountName": "default", "terminationGracePeriodSeconds": 30}
        if kind == "pod":
            owner = owner and {"apiVersion": "example/v1", "kind": owner["kind"],
                               "metadata": {"name": owner["name"], "uid": f"uid-of-{owner['name']}"}}
            made = self.add("Pod", namespace, name, merged(pod, spec or {}), owner, labels={"app": name})
            self.begin(made, phase, phase == "Running")
            return
        body = {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}}, "spec": pod}}
        if kind != "daemonset":
            body["replicas"] = replicas
        if kind == "statefulset":
            body |= {"serviceName": name, "volumeClaimTemplates": [
                {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": each},
                 "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
                for each in templates]}
        self.add(BY_NAME[kind], namespace, name, merged(body, spec or {}), labels={"app": name})

    # What happens by itself.

    def settle(self):
        """Lets all that was made run, whatever is to go wrong later."""
        before, timing = None, self.timing
        self.misbehave, self.timing = {}, dict.fromkeys(TIMING, 0)
        while before != self.data["version"]:
            before = self.data["version"]
            for _ in range(3):
                self.tick()
        self.misbehave, self.timing = self.data["misbehave"], timing

    def tick(self):
        self.data["clock"] += 1
        for kind, act in (("Deployment", self.run_deployment), ("ReplicaSet", self.run_replica_set),
                          ("StatefulSet", self.run_stateful_set), ("DaemonSet", self.run_daemon_set)):
            for thing in self.all(kind):
                undo = self.memory(thing).get("undo")
                if undo and self.data["clock"] > undo["at"]:
                    self.change(thing, "spec", self.memory(thing).pop("undo")["spec"])
                act(thing, self.noticed(thing))
        self.collect_garbage()
        self.run_node()
        self.run_attachments()

    def noticed(self, thing):
        """The specification that a controller knows."""
        memory = self.memory(thing)
        if "known" not in memory or self.data["clock"] > memory.get("changed", 0) + self.timing["notice-calls"]:
            memory |= {"known": thing["spec"], "observed": thing["metadata"]["generation"]}
        return memory["known"]

    def report(self, thing, pods, **more):
        """A controller's status; counts that are zero are left out, as the API leaves them out."""
        ready = sum(map(is_ready, pods))
        counts = {"readyReplicas": ready, "availableReplicas": ready} if ready else {}
        status = {"observedGeneration": self.memory(thing)["observed"], "replicas": len(pods)} | counts | more
        self.change(thing, "status", {key: value for key, value in status.items() if value is not None})

    def run_deployment(self, deployment, spec):
        label = hashed(spec["template"], 10)
        metadata, sets = deployment["metadata"], self.owned(deployment, "ReplicaSet")
        if not any(each["metadata"]["name"] == f"{metadata['name']}-{label}" for each in sets):
            template = merged(spec["template"], {"metadata": {"labels": {"pod-template-hash": label}}})
            sets.append(self.add("ReplicaSet", metadata["namespace"], f"{metadata['name']}-{label}", {
                "replicas": 0, "selector": {"matchLabels": template["metadata"]["labels"]}, "template": template},
                deployment, labels=template["metadata"]["labels"]))
        for each in sets:
            wanted = spec["replicas"] if each["metadata"]["name"].endswith(label) else 0
            self.change(each, "spec", each["spec"] | {"replicas": wanted})
        pods = [pod for each in sets for pod in self.owned(each, "Pod") if not ends(pod) and not is_over(pod)]
        self.report(deployment, pods, replicas=len(pods) or None, updatedReplicas=len(pods) or None)

    def run_replica_set(self, replica_set, spec):
        metadata = replica_set["metadata"]
        pods = [pod for pod in self.owned(replica_set, "Pod") if not ends(pod) and not is_over(pod)]
        for pod in pods[spec["replicas"]:]:
            self.end(pod)
        for _ in range(spec["replicas"] - len(pods)):
            name = f"{metadata['name']}-{hashed(self.data['version'], 5)}"
            self.begin(self.add("Pod", metadata["namespace"], name, copy.deepcopy(spec["template"]["spec"]), replica_set,
                                generateName=f"{metadata['name']}-", labels=spec["template"]["metadata"]["labels"]))
        self.report(replica_set, [pod for pod in self.owned(replica_set, "Pod") if not ends(pod)])

    def run_stateful_set(self, stateful_set, spec):
        """One after another, as `podManagementPolicy: OrderedReady` has it."""
        metadata = stateful_set["metadata"]
        pods = {int(pod["metadata"]["name"].rpartition("-")[2]): pod for pod in self.owned(stateful_set, "Pod")}
        excess = [ordinal for ordinal in pods if ordinal >= spec["replicas"]]
        if excess and not ends(pods[max(excess)]):
            self.end(pods[max(excess)])
        for ordinal in range(spec["replicas"]):
            if ordinal in pods and is_ready(pods[ordinal]) and not ends(pods[ordinal]):
                continue
            if ordinal not in pods:
                name = f"{metadata['name']}-{ordinal}"
                body = copy.deepcopy(spec["template"]["spec"])
                body["volumes"] += [{"name": each, "persistentVolumeClaim": {"claimName": f"{each}-{name}"}} for each in
                                    (template["metadata"]["name"] for template in spec["volumeClaimTemplates"])]
                labels = spec["template"]["metadata"]["labels"] | {"statefulset.kubernetes.io/pod-name": name}
                self.begin(self.add("Pod", metadata["namespace"], name, body, stateful_set,
                                    generateName=f"{metadata['name']}-", labels=labels))
            break
        self.report(stateful_set, self.owned(stateful_set, "Pod"), collisionCount=0)

    def run_daemon_set(self, daemon_set, spec):
        metadata, label = daemon_set["metadata"], hashed(spec["template"], 10)
        wanted = spec["template"]["spec"].get("nodeSelector", {}).items() <= NODE.items()
        pods = self.owned(daemon_set, "Pod")
        for pod in pods:
            if not ends(pod) and (not wanted or pod["metadata"]["labels"]["controller-revision-hash"] != label):
                self.end(pod)
        if wanted and not pods:
            self.begin(self.add("Pod", metadata["namespace"], f"{metadata['name']}-{hashed(self.data['version'], 5)}",
                                copy.deepcopy(spec["template"]["spec"]), daemon_set, generateName=f"{metadata['name']}-",
                                labels=spec["template"]["metadata"]["labels"] | {"controller-revision-hash": label}))
        pods = [pod for pod in self.owned(daemon_set, "Pod") if not ends(pod)]
        self.change(daemon_set, "status", {
            "observedGeneration": self.memory(daemon_set)["observed"], "currentNumberScheduled": len(pods),
            "desiredNumberScheduled": int(wanted), "numberMisscheduled": 0, "numberReady": sum(map(is_ready, pods))})

    def begin(self, pod, phase="Pending", is_ready=False):
        pod["spec"]["nodeName"] = NODE["kubernetes.io/hostname"]
        conditions = {"PodScheduled": "True", "Ready": "True" if is_ready else "False"}
        self.change(pod, "status", {"phase": phase, "qosClass": "BestEffort", "conditions": [
            {"type": kind, "status": status} for kind, status in conditions.items()]})

    def end(self, pod):
        if not ends(pod):
            pod["metadata"] |= {"deletionTimestamp": TIME, "deletionGracePeriodSeconds": 30,
                                "resourceVersion": str(self.number())}
            self.memory(pod)["ended"] = self.data["clock"]

    def collect_garbage(self):
        """Ends what belongs to something that was deleted."""
        for thing in self.all("ReplicaSet") + self.all("Pod"):
            owner = next(iter(thing["metadata"].get("ownerReferences", [])), {"kind": None})
            if owner["kind"] in KINDS and owner["uid"] not in {each["metadata"]["uid"] for each in self.all(owner["kind"])}:
                (self.end if thing["kind"] == "Pod" else self.remove)(thing)

    def run_node(self):
        for pod in self.all("Pod"):
            memory = self.memory(pod)
            if ends(pod):
                is_late = self.data["clock"] > memory["ended"] + self.timing["pod-end-calls"]
                if is_late and not self.misbehave.get("never-end"):
                    self.remove(pod)
            elif not is_ready(pod) and not is_over(pod):
                if self.data["clock"] > memory["born"] + self.timing["pod-ready-calls"]:
                    self.begin(pod, "Running", not self.misbehave.get("never-ready"))

    def run_attachments(self):
        for volume in self.all("PersistentVolume"):
            reference, name = volume["spec"]["claimRef"], f"csi-{hashed(volume['metadata']['name'], 40)}"
            users = [pod for pod in self.all("Pod", reference["namespace"])
                     if reference["name"] in claims_of(pod) and not is_over(pod)]
            found = self.objects.get("VolumeAttachment", {}).get(name)
            if users and not found:
                found = self.add("VolumeAttachment", None, name, {
                    "attacher": DRIVER, "nodeName": NODE["kubernetes.io/hostname"],
                    "source": {"persistentVolumeName": volume["metadata"]["name"]}})
            if users:
                self.memory(found)["used"] = self.data["clock"]
                is_attached = found["status"].get("attached", False) or any(
                    pod["status"]["phase"] == "Running" for pod in users)
                self.change(found, "status", {"attached": is_attached})
            elif found and self.data["clock"] > self.memory(found)["used"] + self.timing["detach-calls"]:
                if not self.misbehave.get("never-detach"):
                    self.remove(found)
