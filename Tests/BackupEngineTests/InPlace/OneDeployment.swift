import BackupPolicy
import HostSystem
import Synchronization
import VolumeSnapshots

@testable import BackupEngine

/// A cluster of one Deployment, `deployment/wiki in apps`, behind a `kubectl` in memory: what is asked for happens at once.
final class OneDeployment: ToolRunning {
  static let workload = Workload(kind: .deployment, namespace: "apps", name: "wiki")
  static let wanted = 3

  private let count = Mutex(OneDeployment.wanted)
  /// How many pods it has.
  var replicas: Int { count.withLock { $0 } }

  func run(_ tool: String, _ arguments: [String], input: [UInt8], timeLimit: Duration) async throws -> ChildResult {
    if let asked = arguments.last?.split(separator: "="), asked.first == "--replicas", let number = Int(asked[1]) {
      count.withLock { $0 = number }
      return ChildResult(end: .exited(0))
    }
    let answer = """
      {"kind": "List", "items": [{"kind": "Deployment", "metadata": {"name": "wiki", "generation": 1},
      "spec": {"replicas": \(replicas)}, "status": {"observedGeneration": 1, "readyReplicas": \(replicas)}}]}
      """
    return ChildResult(end: .exited(0), output: Array(answer.utf8))
  }

  /// The means to stop and start it; no volume can be worked on with them.
  var use: VolumeUse {
    var host = VolumeHost(tools: self, leases: RefusedLeases(), clock: SystemClock(), holder: "tests")
    host.cluster = KubernetesDeclaration(command: ["kubectl"])
    return VolumeUse(host, limits: VolumeUse.Limits(stop: .seconds(60), start: .seconds(60)))
  }
}
