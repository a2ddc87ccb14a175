import HostSystem

/// What is done with one part of a restore in place, by what it is: a tree or a volume. Each can be done again after a crash.
protocol PartWork: Sendable {
  /// Makes what is to be live beside what is, and compares it with what it must be.
  ///
  /// - Returns: the part, with what changes places with what.
  /// - Throws: ``HopelessRestore`` if it can't become what it must be.
  func fill(_ progress: RestoreProgress) async throws -> RestoreRecord.Part
  /// Which of the two things of each exchange is live now.
  func sides() async throws -> [RestoreExchange.Side]
  /// Lets the two things of an exchange change places.
  ///
  /// - Parameter back: whether it is the way back.
  func exchange(_ item: Int, back: Bool) async throws
  /// Removes what is beside, with all in it; nothing if it isn't there.
  func remove() async throws
}
