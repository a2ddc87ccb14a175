/// Durations as commands print them.
enum DurationText {
  /// `0.42 s`, `12.3 s`, `4 min 05 s`, `3 h 20 min`, `5 d 02 h`.
  static func of(seconds: Double) -> String {
    if seconds < 10 { return "\(fixed(seconds, decimals: 2)) s" }
    if seconds < 60 { return "\(fixed(seconds, decimals: 1)) s" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(two(whole % 60)) s" }
    if whole < 86_400 { return "\(whole / 3600) h \(two(whole / 60 % 60)) min" }
    return "\(whole / 86_400) d \(two(whole / 3600 % 24)) h"
  }

  /// A number with a fixed count of decimals, 0 to 3.
  static func fixed(_ number: Double, decimals: Int) -> String {
    let scale = [1.0, 10.0, 100.0, 1000.0][decimals]
    let scaled = Int((number * scale).rounded())
    guard decimals > 0 else { return "\(scaled)" }
    let whole = Int(scale)
    let digits = String(scaled % whole)
    return "\(scaled / whole)." + String(repeating: "0", count: decimals - digits.count) + digits
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
