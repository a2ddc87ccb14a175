import BackupModel
import BackupRepository
import FoundationEssentials
import HostSystem

/// How damage is printed.
enum DamageText {
  private static let firstPoints = 5

  /// How many paths of each damage are asked for: the first ones, or all.
  static func pathLimit(_ options: OutputOptions) -> Int { options.verbose || options.json ? .max : 10 }

  /// The lines for people.
  static func lines(_ damage: Damage) -> [String] {
    var lines = ["damage: \(damage.what)"]
    if let cause = damage.cause { lines.append("  cause: \(cause)") }
    if damage.points.isEmpty {
      lines.append("  affects: no point; what they need is stored elsewhere too")
    } else {
      let shown = damage.points.prefix(firstPoints).map(\.description).joined(separator: ", ")
      let rest = damage.points.count - firstPoints
      lines.append(
        "  points: \(shown)\(rest > 0 ? " and \(rest) older" : "")"
          + (damage.entryCount > 0 ? "; \(damage.entryCount) \(damage.entryCount == 1 ? "entry" : "entries")" : ""))
      for path in damage.paths { lines.append("  path: \(path.displayedPath)") }
      let more = damage.entryCount - damage.paths.count
      if more > 0 { lines.append("  … and \(more) more; --verbose names all") }
    }
    return lines
  }

  /// What to type next, once for all damage.
  static func hint(_ damage: [Damage], reads data: Bool) -> String {
    let names = Set(damage.map(\.source)).sorted().map(\.name)
    let names5 = names.prefix(5).joined(separator: " ")
    guard damage.contains(where: { !$0.points.isEmpty }) else {
      return "nothing is lost; keep an eye on the disk: `dmesg | grep -i error`, `smartctl -a`"
    }
    if !data {
      return
        "see what else is damaged with `backupctl verify \(names5)`, save what is whole with `backupctl repair \(names5)`, "
        + "then archive again: what is still in the live source is stored anew"
    }
    return
      "save what is whole elsewhere with `backupctl repair \(names5)`, then archive again (`backupctl archive`): what is still in the live source is stored anew, and what it needs of the "
      + "older points is whole again; check the disk with `dmesg` and `smartctl -a`"
  }
}

/// Damage as JSON.
struct DamageJSON: Encodable {
  /// A path that may hold any bytes.
  struct Path: Encodable {
    let path: String
    let pathBytes: String?

    init(_ bytes: PathBytes) {
      path = bytes.displayedPath
      pathBytes = String(validating: bytes, as: UTF8.self) == nil ? Data(bytes).base64EncodedString() : nil
    }
  }

  let source: SourceID
  let pack: String?
  let frames: String?
  let what: String
  let cause: String?
  let points: [RecoveryPointID]
  let paths: [Path]
  let entryCount: Int

  init(_ damage: Damage) {
    source = damage.source
    pack = damage.pack?.description
    frames = damage.frames.isEmpty ? nil : damage.frames.description
    what = damage.what
    cause = damage.cause
    points = damage.points
    paths = damage.paths.map(Path.init)
    entryCount = damage.entryCount
  }
}
