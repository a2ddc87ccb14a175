public import BackupModel
public import BackupRepository
import HostSystem

/// Whether the points that are about to be made will probably fit on the disk.
public struct RoomForecast: Sendable {
  /// A source of which a point is about to be made.
  public struct Item: Hashable, Sendable {
    /// The source.
    public let source: SourceID
    /// What it will probably add; nil if nothing tells.
    public let growth: ExpectedGrowth?

    /// Names a source.
    public init(_ source: SourceID, _ growth: ExpectedGrowth?) {
      self.source = source
      self.growth = growth
    }
  }

  /// So little is worth a word where nobody knows what will be added: a tenth of the disk, but no more than that.
  private static let little = ByteCount.gibibytes(10)
  private static let mostListed = 3

  /// Bytes that can be written now.
  public let free: ByteCount
  /// Bytes of the file system.
  public let total: ByteCount
  /// The sources.
  public let items: [Item]

  /// Describes a disk, and what is about to be added to it.
  public init(free: ByteCount, total: ByteCount, _ items: [Item]) {
    self.free = free
    self.total = total
    self.items = items
  }

  /// Looks at a repository; nil for one that isn't in a directory of this host.
  ///
  /// - Throws: `RepositoryError`; `SystemError` if the disk can't be asked.
  public init?(_ sources: [SourceID], in repository: Repository) throws {
    guard let directory = repository.directory else { return nil }
    let space = try directory.space()
    self.init(
      free: space.available, total: space.total,
      try sources.map { Item($0, try ExpectedGrowth(of: repository.store($0))) })
  }

  /// What all of them will probably add.
  public var expected: ByteCount { items.reduce(.zero) { $0 + ($1.growth?.bytes ?? .zero) } }

  /// What a person should know before it begins: lines; none if it will probably fit.
  public var warnings: [String] {
    var lines: [String] = []
    if expected > free {
      let known = items.filter { ($0.growth?.bytes ?? .zero) > .zero }
        .sorted { ($0.growth?.bytes ?? .zero, $1.source) > ($1.growth?.bytes ?? .zero, $0.source) }
      var parts = known.prefix(Self.mostListed).compactMap { item in
        item.growth.map { "\(item.source) \($0.bytes), \($0.basis)" }
      }
      if known.count > parts.count { parts.append("\(known.count - parts.count) more") }
      lines.append(
        "the backup disk has \(free) free, and about \(expected) will be added (\(parts.joined(separator: "; "))): "
          + "\(ByteCount(expected.bytes - free.bytes)) will probably be missing; `backupctl usage` shows what takes the room"
      )
    }
    let unknown = items.filter { $0.growth == nil }.map(\.source.description)
    if !unknown.isEmpty, free < min(Self.little, ByteCount(total.bytes / 10)) {
      let shown = unknown.prefix(Self.mostListed).joined(separator: ", ")
      let more = unknown.count > Self.mostListed ? " and \(unknown.count - Self.mostListed) more" : ""
      lines.append(
        "the backup disk has \(free) free, and nothing tells how much \(shown)\(more) will add: "
          + "there are no points after a first one")
    }
    return lines
  }
}
