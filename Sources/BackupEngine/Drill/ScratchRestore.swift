import BackupModel
import BackupRepository
import HostSystem

/// Restores a point to a scratch place and compares it: a tree into a directory, an image into a sparse file or a device.
struct ScratchRestore: Sendable {
  let store: SourceStore
  let point: RecoveryPoint
  /// The scratch directory.
  let scratch: PathBytes
  let clock: any HostClock
  /// The device that an image is restored to, and whether it reads as zeros all over; nil for a file in the directory.
  var device: (path: PathBytes, isKnownEmpty: Bool)?

  /// Whether the point holds the image of a volume.
  var isImage: Bool { point.volume?.mode == .image }
  /// Where the tree is restored to.
  var tree: PathBytes { scratch + Array("/tree".utf8) }
  /// Where the image is restored to; nil if the point holds none.
  var image: ScratchImage? {
    guard isImage else { return nil }
    return device.map { ScratchImage(path: $0.path, isDevice: true) }
      ?? ScratchImage(path: scratch + [0x2F] + ImageArchive.path, isDevice: false)
  }

  /// What restores the image.
  var imageRestore: ImageRestore {
    var request = ImageRestore.Request(store: store, point: point)
    request.verify = true
    return ImageRestore(request, clock: clock)
  }

  /// Restores and compares.
  ///
  /// - Returns: the report with what was restored and what differs. Damage of the repository is in it.
  /// - Throws: as ``TreeRestore/run(progress:cancellation:)`` and ``ImageRestore/run(to:progress:cancellation:)``, `damaged` excepted.
  func run(into blank: DrillReport, cancellation: Cancellation) throws -> DrillReport {
    var report = blank
    do {
      if let image { try restore(image, &report, cancellation) } else { try restoreTree(&report, cancellation) }
    } catch let error as RepositoryError where error.code == .damaged {
      note(error, in: &report)
    }
    return report
  }

  /// Notes that the point can't be restored.
  func note(_ damage: RepositoryError, in report: inout DrillReport) {
    report.isEqual = false
    report.differences = ["\(isImage ? ImageArchive.fileName : "."): \(damage.message)"]
  }

  private func restoreTree(_ report: inout DrillReport, _ cancellation: Cancellation) throws {
    var request = TreeRestore.Request(store: store, point: point, target: tree)
    request.verify = true
    let restored = try TreeRestore(request, clock: clock).run(progress: RestoreProgress(), cancellation: cancellation)
    report.entries = restored.entries
    report.bytes = ByteCount(restored.bytes)
    report.restoreSeconds = restored.seconds
    report.isEqual = restored.isComplete
    let failed = Set(restored.failures.map(\.path))
    // What couldn't be restored differs too; its reason says more.
    report.differences =
      (restored.failures.map { "\($0.path.displayedPath): \($0.reason)" }
      + (restored.comparison?.differences.filter { !failed.contains($0.path) }.map(\.description) ?? []))
      .prefix(DrillReport.mostDifferences).map { $0 }
  }

  private func restore(_ image: ScratchImage, _ report: inout DrillReport, _ cancellation: Cancellation) throws {
    let target: ImageRestore.Target =
      if let device {
        .device(try OpenFile.open(device.path, .updateDevice), isKnownEmpty: device.isKnownEmpty)
      } else {
        .newFile(image.path)
      }
    let restored = try imageRestore.run(to: target, progress: RestoreProgress(), cancellation: cancellation)
    report.entries = 1
    report.bytes = ByteCount(restored.writtenBytes)
    report.restoreSeconds = restored.seconds
    report.isEqual = restored.isComplete
    guard let comparison = restored.comparison, comparison.differing > 0 else { return }
    let offsets = comparison.firstOffsets.map { "\($0)" }.joined(separator: ", ")
    report.differences = [
      "\(ImageArchive.fileName): \(comparison.differing) pieces differ, the first ones at \(offsets)"
    ]
  }
}
