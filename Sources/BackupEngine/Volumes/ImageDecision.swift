import BackupModel
import BackupRepository
import HostSystem
import VolumeSnapshots

/// Decides which blocks of an image are read: only those that a proved difference calls changed, or all that are mapped, and why.
struct ImageDecision {
  /// Which blocks are read.
  private(set) var reading = RecoveryPoint.Volume.Reading.mapped
  /// Whether blocks that the difference calls the same are read and compared with the base.
  private(set) var comparesWithBase = false
  /// Whether the image is that of the base.
  private(set) var isUnchanged = false
  /// Bytes that an audit has read.
  private(set) var auditedBytes: Int64 = 0
  /// Problems that make the point one with warnings.
  private(set) var warnings: [RecoveryPoint.Warning] = []
  /// The volume, with how it is read.
  private(set) var volume: RecoveryPoint.Volume?

  /// Looks at the base, and audits the difference if it may be used.
  ///
  /// - Parameters:
  ///   - previous: the point that the new one comes after; of a first archive the checkpoint, which is no base.
  ///   - mayTakeOverAll: whether the index of the base may become that of the new point without a look at its chunks.
  /// - Throws: ``EngineError`` `sourceUnreadable` if a block to audit can't be read; `CancellationError`.
  init(
    _ request: ImageArchive.Request, previous: RecoveryPoint?, index: PreviousIndex?, isFirst: Bool,
    source: any BlockReading, mayTakeOverAll: Bool, cancellation: Cancellation
  ) throws {
    volume = request.point.volume
    volume?.mode = .image
    volume?.blockSize = request.blockSize.bytes
    defer {
      volume?.read = reading
      volume?.base = reading == .changed ? request.base : nil
    }
    guard let previous, let index, !isFirst else {
      // A first point reads what is mapped; a reason says why not even that is known.
      volume?.reason = request.fullReason
      return
    }
    if let reason = Self.reasonAgainstBase(request, previous) {
      reading = .full
      volume?.reason = reason
      return
    }
    if let reason = request.fullReason {
      (reading, comparesWithBase) = (.full, true)
      volume?.reason = reason
      return
    }
    reading = .changed
    do {
      let examination = try ImageExamination(
        ImageBlocks(map: request.map, blockSize: request.blockSize.bytes), base: try PreviousImage(index),
        audit: request.audit, source: source, pacer: request.point.pacer, cancellation: cancellation)
      auditedBytes = examination.auditedBytes
      volume?.audit = RecoveryPoint.Volume.Audit(bytes: auditedBytes, differing: examination.differing)
      isUnchanged = examination.isUnchanged && mayTakeOverAll
      if examination.differing > 0 {
        (reading, comparesWithBase, isUnchanged) = (.full, true, false)
        volume?.reason = "the audit found blocks that the difference wrongly calls the same"
        warnings.append(Self.wrongDifference(examination.differing, examination.firstOffsets, ofAudit: true))
      }
    } catch let error as RepositoryError where error.code == .damaged {
      reading = .full
      volume?.reason = "the index of the base is damaged"
      warnings.append(Self.warning("the previous index is damaged, so everything is read: \(error)"))
    }
  }

  /// Why the map's `same` can't be used with what is stored; nil if it can.
  private static func reasonAgainstBase(_ request: ImageArchive.Request, _ previous: RecoveryPoint) -> String? {
    guard let base = request.base else {
      return request.fullReason ?? "there is no difference to the point \(previous.id)"
    }
    guard base == previous.id else {
      return "the difference is to the point \(base), and the newest good one is \(previous.id)"
    }
    guard let before = previous.volume, before.mode == .image, let blockSize = before.blockSize else {
      return "the point \(base) is no image"
    }
    guard blockSize == request.blockSize.bytes else {
      return "the blocks of the point \(base) have \(ByteCount(blockSize)), not \(request.blockSize)"
    }
    if let now = request.point.volume, now.encryption != before.encryption {
      return "the point \(base) holds the volume \(before.encryption.rawValue), not \(now.encryption.rawValue)"
    }
    return nil
  }

  static func wrongDifference(_ count: Int, _ offsets: [Int64], ofAudit: Bool = false) -> RecoveryPoint.Warning {
    let places = offsets.map(String.init).joined(separator: ", ") + (count > offsets.count ? ", …" : "")
    return warning(
      "\(count) \(count == 1 ? "block that the difference calls" : "blocks that the difference calls") the same as in the base "
        + "\(count == 1 ? "isn't" : "aren't"), at byte \(places)"
        + (ofAudit ? "; so nothing of the difference was used, and everything was read" : ""))
  }

  static func warning(_ problem: String) -> RecoveryPoint.Warning {
    RecoveryPoint.Warning(path: ImageArchive.fileName, problem: problem)
  }
}
