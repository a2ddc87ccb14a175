import BackupModel
import FoundationEssentials

/// What is read of the answer to `kubectl get pv -o json`; other keys are passed over.
///
/// The format: Kubernetes API reference, `PersistentVolume` v1 and `List` v1.
struct PersistentVolumeList: Decodable {
  struct Item: Decodable {
    struct Metadata: Decodable {
      let name: String
    }

    struct Spec: Decodable {
      struct CSI: Decodable {
        let driver: String
        let volumeHandle: String
      }

      struct ClaimReference: Decodable {
        let namespace: String
        let name: String
      }

      let csi: CSI?
      let claimRef: ClaimReference?
      let capacity: [String: String]?
    }

    struct Status: Decodable {
      let phase: String
    }

    let kind: String
    let metadata: Metadata
    let spec: Spec
    let status: Status
  }

  struct Metadata: Decodable {
    let `continue`: String?
    let remainingItemCount: Int?
  }

  let kind: String
  let metadata: Metadata?
  let items: [Item]

  /// Reads an answer.
  ///
  /// - Throws: ``VolumeError`` `unusableOutput`.
  static func inventory(of output: [UInt8], driver: String) throws(VolumeError) -> ClaimInventory {
    let list: PersistentVolumeList
    do {
      list = try JSONDecoder().decode(PersistentVolumeList.self, from: Data(output))
    } catch {
      throw unusable("it is not a list of persistent volumes", cause: reason(error))
    }
    guard list.kind == "List" || list.kind == "PersistentVolumeList" else {
      throw unusable("it is a \(list.kind.prefix(60)), not a list of persistent volumes")
    }
    guard (list.metadata?.continue ?? "").isEmpty, list.metadata?.remainingItemCount ?? 0 == 0 else {
      throw unusable("it is only the beginning of the list")
    }
    var claims: [PersistentClaim] = []
    var others: [String: Int] = [:]
    for item in list.items {
      guard item.kind == "PersistentVolume" else {
        throw unusable("there is a \(item.kind.prefix(60)) in the list, not a persistent volume")
      }
      guard let csi = item.spec.csi, csi.driver == driver else {
        others[item.spec.csi?.driver ?? "", default: 0] += 1
        continue
      }
      if let claim = try claim(item, csi.volumeHandle) { claims.append(claim) }
    }
    return ClaimInventory(claims: claims, otherDrivers: others)
  }

  /// The claim of a persistent volume; nil if nobody claims it.
  private static func claim(_ item: Item, _ handle: String) throws(VolumeError) -> PersistentClaim? {
    let name = item.metadata.name.prefix(120)
    guard let parsed = VolumeHandle(parsing: handle) else {
      throw unusable("the volume \(name) has the handle `\(handle.prefix(120))`, not REGION/NODE/STORAGE/DISK")
    }
    guard let phase = PersistentClaim.Phase(rawValue: item.status.phase) else {
      throw unusable("the volume \(name) has the unknown phase `\(item.status.phase.prefix(60))`")
    }
    guard let capacity = (item.spec.capacity?["storage"]).flatMap(byteCount(ofKubernetes:)) else {
      throw unusable("the volume \(name) has no capacity that can be understood")
    }
    guard let claim = item.spec.claimRef else {
      guard phase != .bound else { throw unusable("the volume \(name) is bound to no claim") }
      return nil
    }
    guard !claim.namespace.isEmpty, !claim.name.isEmpty else {
      throw unusable("the volume \(name) has a nameless claim")
    }
    return PersistentClaim(
      namespace: claim.namespace, name: claim.name, persistentVolume: item.metadata.name, phase: phase,
      storage: parsed.storage, node: parsed.node.isEmpty ? nil : parsed.node, volume: parsed.volume,
      capacity: capacity)
  }

  private static func unusable(_ why: String, cause: String? = nil) -> VolumeError {
    VolumeError(.unusableOutput, "cannot use the cluster's answer: \(why)", cause: cause)
  }

  private static func reason(_ error: any Error) -> String {
    func path(_ context: DecodingError.Context) -> String {
      let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
      return path.isEmpty ? "the document" : String(path.drop { $0 == "." })
    }
    guard let error = error as? DecodingError else { return "not JSON" }
    switch error {
    case .keyNotFound(let key, let context): return "\(path(context)) has no `\(key.stringValue)`"
    case .typeMismatch(_, let context), .valueNotFound(_, let context): return "\(path(context)) is of another kind"
    default: return "not whole JSON"
    }
  }
}
