import BackupRepository

/// How good a point is, in one word, as listings show it.
enum PointState: String, Encodable {
  case complete, warnings, suspicious, damaged

  /// The state of a point that can be read: the worst word that applies.
  init(_ point: RecoveryPoint) {
    if !point.suspicious.isEmpty {
      self = .suspicious
    } else {
      self = point.state == .warnings ? .warnings : .complete
    }
  }
}
