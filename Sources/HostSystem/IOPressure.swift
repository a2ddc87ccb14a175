/// How much of the last ten seconds some task of the machine waited for input or output, as the kernel counts it.
public struct IOPressure: Sendable, Hashable {
  /// The share of time, 0 to 1, in which at least one task waited (`some avg10` of `/proc/pressure/io`).
  public let some: Double

  /// Makes a reading.
  public init(some: Double) { self.some = some }

  /// Reads the kernel's text, such as `some avg10=1.23 avg60=0.50 avg300=0.10 total=12345`.
  ///
  /// - Returns: nil if it holds no such line.
  public init?(parsing text: String) {
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.first == "some" else { continue }
      for field in fields.dropFirst() where field.hasPrefix("avg10=") {
        guard let percent = Double(field.dropFirst("avg10=".count)), percent >= 0, percent <= 100 else { return nil }
        some = percent / 100
        return
      }
    }
    return nil
  }

  /// The pressure of now; nil on a kernel that doesn't count it (`psi=0`, before 4.20).
  public static func current() -> IOPressure? {
    kernelText("/proc/pressure/io").flatMap { IOPressure(parsing: $0) }
  }
}
