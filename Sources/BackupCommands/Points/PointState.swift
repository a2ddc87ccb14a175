import BackupRepository

/// How good a point is, in one word, as listings show it.
enum PointState: String, Encodable {
  case complete, warnings, suspicious, partial, damaged

  /// The state of a point that can be read: the worst word that applies.
  ///
  /// - Parameter isPartial: whether something of it is known to be lost.
  init(_ point: RecoveryPoint, isPartial: Bool) {
    if isPartial {
      self = .partial
    } else if !point.suspicious.isEmpty {
      self = .suspicious
    } else {
      self = point.state == .warnings ? .warnings : .complete
    }
  }
}
