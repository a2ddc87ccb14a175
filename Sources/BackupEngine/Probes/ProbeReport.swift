public import BackupRepository
public import HostSystem

/// What one probe found in restored data.
public struct ProbeReport: Sendable, Hashable {
  /// Something that isn't as it should be.
  public struct Finding: Sendable, Hashable {
    /// Where, in the point.
    public var path: PathBytes
    /// What, as a clause.
    public var what: String
  }

  /// Something that couldn't be looked at.
  public struct Obstacle: Sendable, Hashable {
    /// Where, in the point.
    public var path: PathBytes
    /// Why not, as a clause.
    public var why: String
    /// Whether a program is missing.
    public var isToolMissing = false
  }

  /// The probe's name.
  public var name = ""
  /// How many things it has looked at, or tried to.
  public var items = 0
  /// What isn't as it should be.
  public var findings: [Finding] = []
  /// What couldn't be looked at.
  public var obstacles: [Obstacle] = []
  /// What should be known of those that are as they should be.
  public var notes: [String] = []
  /// How long it took.
  public var seconds = 0.0

  init(named name: String = "") { self.name = name }

  /// The same of what is in an image, whose path comes before each.
  func below(_ image: PathBytes) -> ProbeReport {
    func placed(_ path: PathBytes) -> PathBytes { isRootPath(path[...]) ? image : image + [0x2F] + path }
    var report = self
    report.findings = findings.map { Finding(path: placed($0.path), what: $0.what) }
    report.obstacles = obstacles.map {
      Obstacle(path: placed($0.path), why: $0.why, isToolMissing: $0.isToolMissing)
    }
    report.notes = notes.map { "\(image.displayedPath)/\($0)" }
    return report
  }

  /// How it came out.
  public var result: Attestation.Probe.Result {
    if !findings.isEmpty { return .damaged }
    if !obstacles.isEmpty { return .unable }
    return items == 0 ? .none : .ok
  }

  mutating func find(_ path: PathBytes, _ what: String) { findings.append(Finding(path: path, what: what)) }

  mutating func miss(_ path: PathBytes, _ obstacle: Isolation.Obstacle) {
    obstacles.append(Obstacle(path: path, why: obstacle.why, isToolMissing: obstacle.isToolMissing))
  }

  mutating func miss(_ path: PathBytes, _ why: String) { obstacles.append(Obstacle(path: path, why: why)) }

  /// Notes a path that no program can be given.
  mutating func missName(_ path: PathBytes) { miss(path, "its path isn't UTF-8, so no program can be given it") }
}
