import ArgumentParser
import BackupEngine
import BackupModel
import BackupRepository
import HostSystem

/// Writes the content of a file of a point to standard output.
struct CatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cat", abstract: "Write the content of a file of a point to standard output.",
    discussion: """
      Byte for byte, holes as zeros. Each piece is verified by its hash before it is written; if one is damaged, what \
      comes before it is written and the exit code is 20.

      EXAMPLES:
        backupctl cat etc ssh/sshd_config
        backupctl cat etc@'3 days ago' fstab | diff - /etc/fstab

      \(ExitStatus.help([.ok, .failed, .noRepository, .formatTooNew, .damaged, .usage]))
      """)

  @Argument(help: ArgumentHelp("The source, and which of its points.", valueName: "name[@time]"))
  var name: String

  @Argument(help: ArgumentHelp("The file.", valueName: "path"))
  var path: String

  @OptionGroup var point: PointOptions
  @OptionGroup var repository: RepositoryOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let selection = try PointSelection(name, at: point.at, in: try repository.open())
    let chunks = try selection.store.chunkReader(keepsTables: false)
    let reader = try IndexReader(root: selection.point.index, chunks: chunks)
    let entry = try file(EntryLookup(reader, in: selection.point).entry(path), reader)
    try FileContent(chunks).read(entry) { bytes in
      try environment.cancellation.check()
      environment.output.write(bytes)
      return !environment.output.hasNoReader
    }
  }

  /// The entry that holds the content.
  private func file(_ entry: IndexEntry, _ reader: IndexReader) throws -> IndexEntry {
    guard entry.kind == .file else {
      throw CommandError(
        .failed, "cannot print \(entry.path.displayedPath): it is not a file but a \(entry.kind.word)",
        hint: hint(entry))
    }
    guard let target = entry.hardLinkTarget else { return entry }
    guard let first = try reader.entry(at: target), first.hardLinkTarget == nil else {
      throw RepositoryError(
        .damaged,
        "cannot print \(entry.path.displayedPath): it is the same file as \(target.displayedPath), "
          + "which the index doesn't hold")
    }
    return first
  }

  private func hint(_ entry: IndexEntry) -> String? {
    switch entry.kind {
    case .directory: "list it: `backupctl ls \(name) \(entry.path.displayedPath)`"
    case .symbolicLink: entry.linkTarget.map { "it leads to \($0.displayedPath)" }
    default: nil
    }
  }
}
