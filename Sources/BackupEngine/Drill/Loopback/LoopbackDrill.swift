public import BackupModel
public import HostSystem
import VolumeSnapshots

/// Rehearses everything on a thin pool made for it: fills volumes, snapshots, archives, damages, restores, compares, and removes all of it.
///
/// It needs no set-up of the host, and touches nothing that the host has: the pool lies on a loop device, and LVM is shown that device
/// only. What a killed drill left is removed by the next one.
public struct LoopbackDrill: Sendable {
  /// The smallest pool in which everything has room.
  public static let leastSize = ByteCount.mebibytes(192)
  /// The size that is taken unless another is asked for.
  public static let usualSize = ByteCount.mebibytes(256)
  /// How long one call of backupctl may take for each GiB of the pool, and at least.
  private static let leastLimit = Duration.seconds(900)

  private let size: ByteCount
  private let directory: PathBytes
  private let program: String
  private let clock: any HostClock
  /// Whether everything stays for a person to look at.
  public var keeps = false

  /// Prepares a drill.
  ///
  /// - Parameters:
  ///   - size: bytes of the pool's data, at least ``leastSize``.
  ///   - directory: where its disk and its repository are made; both together take up to twice the size.
  ///   - program: the executable of backupctl.
  public init(size: ByteCount, in directory: PathBytes, program: String, clock: any HostClock) {
    self.size = size
    self.directory = directory
    self.program = program
    self.clock = clock
  }

  /// Drills. A step that fails is in the report, after which only the removal follows.
  ///
  /// - Parameter tell: is told of each step when it ends.
  /// - Throws: ``EngineError`` `refused` if this host can't have a thin pool, `targetUnusable` or `busy` for the directory; `ChildError`
  ///   for a program that isn't installed; `CancellationError` after everything was removed.
  public func run(tell: @escaping @Sendable (LoopbackReport.Step) -> Void) async throws -> LoopbackReport {
    try await LoopbackPool.requireHost()
    let place = try LoopbackPlace(in: directory, at: clock.now())
    let pool = LoopbackPool(place: place, size: size)
    let sleep: @Sendable (Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) }
    // What a killed drill left, or one with --keep.
    try await pool.remove(sleep: sleep)
    do {
      try place.begin()
      try requireRoom(place)
    } catch {
      place.remove()
      throw error
    }
    let cycle = LoopbackCycle(
      pool: pool,
      program: LoopbackProgram(
        program: program, place: place, environment: pool.environment,
        timeLimit: Self.leastLimit * max(1, Int(size.bytes >> 30))))
    var report = LoopbackReport(size: size)
    do {
      for step in LoopbackCycle.steps {
        let made = try await make(step, in: cycle)
        report.steps.append(made)
        tell(made)
        if !made.isGood { break }
      }
    } catch {
      await removal(of: pool, place, sleep)
      throw error
    }
    if keeps {
      report.kept = place.path
      return report
    }
    let removal = await removal(of: pool, place, sleep)
    report.steps.append(removal)
    tell(removal)
    return report
  }

  private func requireRoom(_ place: LoopbackPlace) throws {
    let available = try OpenFile.open(PathBytes(path: place.path), .directory).space().available
    // The disk is sparse: what is written to it is less than its size, and so is what is archived of that.
    guard available > size else {
      throw EngineError(
        .targetUnusable, "cannot drill in \(place.path): up to \(size) are needed, \(available) are free",
        hint: "give a place with more room with `--scratch`, or a smaller `--size`")
    }
  }

  private func make(_ step: LoopbackCycle.Step, in cycle: LoopbackCycle) async throws -> LoopbackReport.Step {
    let begun = clock.elapsed()
    func ended(_ text: String, isGood: Bool, hint: String? = nil) -> LoopbackReport.Step {
      LoopbackReport.Step(
        name: step.name, text: text, isGood: isGood, seconds: (clock.elapsed() - begun).inSeconds, hint: hint)
    }
    do {
      let seen = try await step.body(cycle)
      return ended(seen, isGood: true)
    } catch let finding as LoopbackProgram.Finding {
      return ended(finding.text, isGood: false, hint: finding.hint)
    } catch let error as any Failure {
      return ended(
        [error.message, error.cause].compactMap(\.self).joined(separator: ": "), isGood: false, hint: error.hint)
    } catch let error as SystemError {
      return ended("\(error)", isGood: false)
    }
  }

  /// Removes everything, also if this task was cancelled.
  @discardableResult private func removal(
    of pool: LoopbackPool, _ place: LoopbackPlace, _ sleep: @escaping @Sendable (Duration) async throws -> Void
  ) async -> LoopbackReport.Step {
    let step = LoopbackCycle.Step(name: "remove") { _ in
      try await pool.remove(sleep: sleep)
      place.remove()
      return "nothing is left: no mount, no device, no file"
    }
    let program = LoopbackProgram(
      program: program, place: place, environment: [:], timeLimit: Self.leastLimit)
    return await Task {
      do {
        return try await make(step, in: LoopbackCycle(pool: pool, program: program))
      } catch {
        return LoopbackReport.Step(name: step.name, text: "\(error)", isGood: false, seconds: 0)
      }
    }.value
  }
}
