extension Duration {
  /// The duration as schedules write it: `2h`, `1h 30m`, `45s`, `250ms`; finer parts are dropped.
  var text: String {
    let (seconds, attoseconds) = components
    let parts = [
      (seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"),
      (attoseconds / 1_000_000_000_000_000, "ms"),
    ]
    let shown = parts.filter { $0.0 != 0 }.map { "\($0.0)\($0.1)" }
    return shown.isEmpty ? "0s" : shown.joined(separator: " ")
  }
}
