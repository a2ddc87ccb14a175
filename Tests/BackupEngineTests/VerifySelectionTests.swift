import BackupModel
import BackupPolicy
import BackupRepository
import Testing

@testable import BackupEngine

@Suite struct VerifySelectionTests {
  private let now = Timestamp(seconds: 1_000_000)
  private func pack(_ number: Int) -> PackName {
    PackName(point: RecoveryPointID(begun: Timestamp(seconds: 500)), number: number)
  }

  private func verified(_ pack: PackName, _ frames: FrameRanges, at seconds: Int64) -> Attestation {
    var attestation = Attestation(
      at: Timestamp(seconds: seconds), action: .verify, result: .ok, tool: "test", seconds: 0)
    attestation.pack = pack
    attestation.frames = frames
    return attestation
  }

  private func choose(
    _ sample: Percentage?, notSince: Int64? = nil, _ history: AttestationHistory
  ) -> [PackName: FrameRanges] {
    VerifySelection(sample: sample, notSince: notSince.map { Timestamp(seconds: $0) }, now: now)
      .choose(among: [(pack(1), 10), (pack(2), 10)], history)
  }

  @Test func choosesAllWithoutASample() {
    #expect(
      choose(nil, AttestationHistory()) == [pack(1): FrameRanges(0..<10), pack(2): FrameRanges(0..<10)])
  }

  @Test func choosesFramesNeverVerifiedFirstThenTheOldest() {
    let history = AttestationHistory([
      verified(pack(1), FrameRanges(0..<8), at: 300), verified(pack(2), FrameRanges(0..<10), at: 200),
    ])
    #expect(
      choose(Percentage(percent: 25), history) == [pack(1): FrameRanges(8..<10), pack(2): FrameRanges(0..<3)])
  }

  @Test func roundsASmallShareUpToOneFrame() {
    #expect(choose(Percentage(millionths: 1), AttestationHistory()) == [pack(1): FrameRanges(0..<1)])
  }

  @Test func leavesOutFramesVerifiedSinceTheGivenTime() {
    let history = AttestationHistory([
      verified(pack(1), FrameRanges(0..<10), at: 300), verified(pack(2), FrameRanges(0..<5), at: 100),
    ])
    #expect(choose(nil, notSince: 200, history) == [pack(2): FrameRanges(0..<10)])
  }

  @Test func takesAVerificationFromTheFutureForNone() {
    let history = AttestationHistory([
      verified(pack(1), FrameRanges(0..<10), at: 2_000_000), verified(pack(2), FrameRanges(0..<10), at: 999_999),
    ])
    #expect(choose(nil, notSince: 900_000, history) == [pack(1): FrameRanges(0..<10)])
  }

  @Test(arguments: [1, 3, 7, 10, 33, 50, 99, 100])
  func coversEverythingInAsManyRunsAsTheShareAllows(percent: Int) {
    var history = AttestationHistory()
    for run in 0..<(100 + percent - 1) / percent {
      let chosen = choose(Percentage(percent: percent), history)
      #expect(chosen == choose(Percentage(percent: percent), history))
      for (pack, frames) in chosen { history.record(verified(pack, frames, at: Int64(run))) }
    }
    for number in 1...2 {
      #expect(history.segments(of: pack(number), frameCount: 10).allSatisfy { $0.verified != nil })
    }
  }
}
