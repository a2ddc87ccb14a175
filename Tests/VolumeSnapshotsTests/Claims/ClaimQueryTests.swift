import BackupModel
import HostSystem
import TestSupport
import Testing

@testable import VolumeSnapshots

@Suite struct ClaimQueryTests {
  private func ask(
    _ tools: any ToolRunning, command: [String] = ["kubectl", "--kubeconfig", "/etc/k"],
    timeLimit: Duration = .seconds(20)
  ) async throws -> ClaimInventory {
    try await ClaimQuery(
      command: command, driver: "csi.proxmox.sinextra.dev", timeLimit: timeLimit, tools: tools
    ).ask()
  }

  private func failure(_ tools: any ToolRunning) async throws -> VolumeError {
    try await #require(throws: VolumeError.self) { try await ask(tools) }
  }

  @Test func namesTheClaimOfEachVolumeOfTheDriver() async throws {
    let tools = AnsweringTools(
      ClusterAnswer.list([
        ClusterAnswer.volume("22", claim: "media/jellyfin"), ClusterAnswer.nfs,
        ClusterAnswer.volume("11", claim: "db/postgres", phase: "Released", capacity: "1.5Gi"),
        ClusterAnswer.volume("33", claim: nil, phase: "Available"),
        ClusterAnswer.volume("44", claim: "a/b", driver: "nfs.csi.k8s.io"),
        ClusterAnswer.volume("55", claim: "a/shared", handle: "home//ceph/vm-9999-pvc-55"),
        ClusterAnswer.volume("66", claim: "a/file", handle: "home/pve2/dir/9999/vm-9999-pvc-66.raw"),
      ]))
    let inventory = try await ask(tools)
    #expect(tools.vectors == [["kubectl", "--kubeconfig", "/etc/k", "get", "pv", "-o", "json"]])
    #expect(tools.timeLimits == [.seconds(20)])
    #expect(
      inventory.claims.map { "\($0.namespace)/\($0.name)" } == ["a/file", "a/shared", "db/postgres", "media/jellyfin"])
    #expect(inventory.claims.map(\.volume) == [nil, "vm-9999-pvc-55", "vm-9999-pvc-11", "vm-9999-pvc-22"])
    #expect(inventory.claims.map(\.node) == ["pve2", nil, "pve1", "pve1"])
    #expect(inventory.claims.map(\.phase) == [.bound, .bound, .released, .bound])
    #expect(inventory.claims[2].capacity == .mebibytes(1536))
    #expect(inventory.claims[3].storage == "proxmox-lvm")
    #expect(inventory.claims[3].persistentVolume == "pvc-22")
    #expect(inventory.otherDrivers == ["": 1, "nfs.csi.k8s.io": 1])
  }

  @Test func knowsNoClaimsWhenTheClusterHasNone() async throws {
    #expect(try await ask(AnsweringTools(ClusterAnswer.list([]))) == ClaimInventory(claims: []))
  }

  @Test func givesAVolumeToTheBoundClaimWhenSeveralNameIt() async throws {
    let handle = "home/pve1/proxmox-lvm/vm-9999-pvc-7"
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
      let volumes = [
        ClusterAnswer.volume("a", claim: "a/old", phase: "Released", handle: handle),
        ClusterAnswer.volume("b", claim: "b/new", handle: handle),
        ClusterAnswer.volume("c", claim: "c/lost", phase: "Failed", handle: handle),
      ]
      let inventory = try await ask(AnsweringTools(ClusterAnswer.list(order.map { volumes[$0] })))
      #expect(inventory.byVolume.mapValues(\.name) == ["vm-9999-pvc-7": "new"])
    }
  }

  static let garbage: [(String, String)] = [
    ("", "it is not a list of persistent volumes"),
    ("Unable to connect to the server", "it is not a list of persistent volumes"),
    ("[]", "it is not a list of persistent volumes"), ("{}", "it is not a list of persistent volumes"),
    ("{\"kind\": \"Status\", \"items\": []}", "it is a Status, not a list of persistent volumes"),
    (
      ClusterAnswer.list([ClusterAnswer.volume("1", claim: "a/b").replacing("PersistentVolume\"", with: "Pod\"")]),
      "there is a Pod in the list, not a persistent volume"
    ),
    (ClusterAnswer.list([], metadata: "{\"continue\": \"abc\"}"), "it is only the beginning of the list"),
    (ClusterAnswer.list([], metadata: "{\"remainingItemCount\": 7}"), "it is only the beginning of the list"),
    (
      ClusterAnswer.list([ClusterAnswer.volume("1", claim: "a/b", handle: "pve1/vm-9999-pvc-1")]),
      "the volume pvc-1 has the handle `pve1/vm-9999-pvc-1`, not REGION/NODE/STORAGE/DISK"
    ),
    (ClusterAnswer.list([ClusterAnswer.volume("1", claim: "a/b", handle: "a/b/c/")]), "has the handle `a/b/c/`"),
    (
      ClusterAnswer.list([ClusterAnswer.volume("1", claim: "a/b", phase: "Lost")]),
      "the volume pvc-1 has the unknown phase `Lost`"
    ),
    (
      ClusterAnswer.list([ClusterAnswer.volume("1", claim: "a/b", capacity: "ten")]),
      "the volume pvc-1 has no capacity that can be understood"
    ),
    (ClusterAnswer.list([ClusterAnswer.volume("1", claim: nil)]), "the volume pvc-1 is bound to no claim"),
  ]

  @Test(arguments: garbage.indices)
  func refusesAnAnswerThatIsNoWholeListAndSaysWhatIsWrong(_ index: Int) async throws {
    let (output, why) = Self.garbage[index]
    let error = try await failure(AnsweringTools(output))
    #expect(error.code == .unusableOutput)
    #expect(error.message.hasPrefix("cannot use the cluster's answer: "))
    #expect(error.message.contains(why), "\(error.message)")
    #expect(error.hint == "try it: `kubectl --kubeconfig /etc/k get pv -o json`")
  }

  @Test func namesThePlaceOfWhatIsMissing() async throws {
    let item = ClusterAnswer.volume("1", claim: "a/b").replacing("\"namespace\": \"a\",", with: "")
    let error = try await failure(AnsweringTools(ClusterAnswer.list([ClusterAnswer.nfs, item])))
    #expect(error.cause?.hasSuffix("claimRef has no `namespace`") == true, "\(error)")
  }

  @Test func refusesEveryBeginningOfAnAnswer() async throws {
    let whole = ClusterAnswer.list([
      ClusterAnswer.volume("1", claim: "a/b"), ClusterAnswer.volume("2", claim: "a/c"),
    ])
    let body = whole.dropLast()
    for length in stride(from: 0, to: body.count, by: 7) {
      #expect(try await failure(AnsweringTools(String(body.prefix(length)))).code == .unusableOutput, "\(length)")
    }
    #expect(try await ask(AnsweringTools(String(body))).claims.count == 2)
  }

  @Test func neverCrashesOnADamagedAnswer() async throws {
    var random = SeededRandom(seed: 7)
    let whole = Array(
      ClusterAnswer.list([ClusterAnswer.volume("1", claim: "a/b"), ClusterAnswer.nfs]).utf8)
    var outcomes = (understood: 0, refused: 0)
    for _ in 0..<1500 {
      var bytes = whole
      for _ in 0...random.below(3) {
        let position = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes[position] = UInt8(random.below(256))
        case 1: bytes.remove(at: position)
        default: bytes.insert(contentsOf: Array("{}[]\",:0e9\\u".utf8).prefix(1 + random.below(12)), at: position)
        }
      }
      do {
        _ = try PersistentVolumeList.inventory(of: bytes, driver: "csi.proxmox.sinextra.dev")
        outcomes.understood += 1
      } catch {
        #expect(error.code == .unusableOutput)
        outcomes.refused += 1
      }
    }
    #expect(outcomes.understood > 100 && outcomes.refused > 100, "\(outcomes)")
  }

  @Test func refusesAnAnswerThatIsNestedWithoutEnd() async throws {
    let deep = String(repeating: "[", count: 200_000)
    let error = try await failure(AnsweringTools("{\"kind\": \"List\", \"items\": \(deep)"))
    #expect(error.code == .unusableOutput)
  }

  @Test func refusesAHugeAnswer() async throws {
    let size = Int(ClaimQuery.outputLimit.bytes) + 1
    let error = try await failure(AnsweringTools(String(repeating: " ", count: size)))
    #expect(error.code == .unusableOutput)
    #expect(error.message.hasSuffix("more than 64 MiB"))
  }

  @Test func saysTheLastWordsOfAProgramThatFails() async throws {
    let error = try await failure(
      AnsweringTools(
        ClusterAnswer.list([]), code: 1,
        lastWords: ["The connection to the server 10.0.0.5:6443 was refused - did you specify the right host or port?"])
    )
    #expect(error.code == .toolFailed)
    #expect(error.message == "cannot list the claims of the cluster: kubectl ended with code 1")
    #expect(error.cause?.contains("10.0.0.5:6443 was refused") == true)
    #expect(error.hint == "try it: `kubectl --kubeconfig /etc/k get pv -o json`")
  }

  @Test func passesOnThatTheProgramIsMissing() async throws {
    let missing = ChildError(.notStarted, "cannot run kubectl: no such program")
    await #expect(throws: missing) { try await ask(AnsweringTools(failing: missing)) }
    await #expect(throws: VolumeError.self) { try await ask(AnsweringTools("{}"), command: []) }
  }

  @Test func stopsARealProgramThatHangs() async throws {
    let error = try await #require(throws: ChildError.self) {
      try await ask(HostTools(), command: ["sh", "-c", "exec sleep 1000"], timeLimit: .milliseconds(100))
    }
    #expect(error.code == .timedOut)
  }

  @Test(
    arguments: [
      ("10Gi", 10 << 30), ("1.5Gi", 3 << 29), ("512Mi", 512 << 20), ("2Ti", 2 << 40), ("64Ki", 64 << 10), ("1", 1),
      ("10737418240", 10 << 30), ("500M", 500_000_000), ("1k", 1000), ("1e3", 1000), ("2E2", 200),
      ("1G", 1_000_000_000),
      ("0.5", 1), ("", nil), ("Gi", nil), ("10gi", nil), ("10 Gi", nil), ("-1Gi", nil), ("1.", nil), (".5Gi", nil),
      ("1e99", nil), ("9Ei", nil), ("1e-3", nil), ("100m", nil), ("1.2.3Gi", nil), ("٣Gi", nil),
    ] as [(String, Int?)])
  func understandsAmountsAsKubernetesWritesThem(_ text: String, _ bytes: Int?) {
    #expect(byteCount(ofKubernetes: text) == bytes.map { ByteCount($0) })
  }
}
