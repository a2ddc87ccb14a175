import BackupModel

/// Gives names to packs that are made of others: none that a pack of the source ever had, since it is attested what was read under it.
struct NewPackNames {
  private var highest: [RecoveryPointID: Int]

  /// Learns which names were given.
  ///
  /// - Throws: ``RepositoryError`` `readFailed`.
  init(_ store: SourceStore) throws {
    let attestations = try store.attestations.read().attestations
    let known = try store.packNames() + attestations.flatMap { $0.removed + [$0.made, $0.pack].compactMap(\.self) }
    highest = known.reduce(into: [:]) { $0[$1.point] = max($0[$1.point, default: 0], $1.number) }
  }

  /// A new name beside that of another pack.
  mutating func next(after other: PackName) -> PackName {
    let number = highest[other.point, default: other.number] + 1
    highest[other.point] = number
    return PackName(point: other.point, number: number)
  }
}
