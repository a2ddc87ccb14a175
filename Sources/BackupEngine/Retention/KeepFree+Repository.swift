import BackupModel
public import BackupPolicy
public import BackupRepository
public import HostSystem

extension KeepFree {
  /// Decides by what the points of a repository need, which is worked out only if the disk has too little free.
  ///
  /// - Parameters:
  ///   - threshold: packs of which a smaller share is needed are rewritten by the prune, 0 to 1.
  /// - Returns: nil for a repository that isn't in a directory of this host.
  /// - Throws: `RepositoryError`; `CancellationError`.
  public init?(
    _ goal: FreeSpaceGoal, _ plans: [PointRetention], in repository: Repository, threshold: Double,
    cancellation: Cancellation
  ) throws {
    guard let directory = repository.directory else { return nil }
    let space = try directory.space()
    let trash = try plans.reduce(Int64(0)) { try $0 + repository.store($1.source).trash.size().bytes }
    var usages: [SourceID: SourceUsage] = [:]
    try self.init(
      goal, plans, on: Disk(free: space.available, total: space.total, trash: ByteCount(trash))
    ) { source, ids in
      let usage =
        try usages[source] ?? SourceUsage(of: repository.store(source), cancellation: cancellation)
      usages[source] = usage
      return usage.isComplete ? ByteCount(usage.freedBytes(forgetting: ids, threshold: threshold)) : nil
    }
  }
}
