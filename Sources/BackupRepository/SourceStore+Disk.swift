public import HostSystem

extension SourceStore {
  /// The open directory of the repository, which tells what its disk has free; nil if it has none.
  public var repositoryDirectory: OpenFile? { storage.directory }
}
