import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct FreeSpaceGoalTests {
  @Test(arguments: [
    ("10%", FreeSpaceGoal.share(Percentage(percent: 10)), "10%"),
    ("0.5%", .share(Percentage(millionths: 5000)), "0.5%"),
    ("200GiB", .size(.gibibytes(200)), "200GiB"), ("1.5 GiB", .size(.mebibytes(1536)), "1536MiB"),
    ("1234567", .size(ByteCount(1_234_567)), "1234567"),
  ])
  func readsSharesAndSizesAndSaysThemWithoutALoss(_ text: String, _ goal: FreeSpaceGoal, _ exact: String) {
    #expect(FreeSpaceGoal(parsing: text) == goal)
    #expect(goal.exactText == exact)
    #expect(FreeSpaceGoal(parsing: exact) == goal)
  }

  @Test(arguments: ["", "much", "100%", "170%", "-1%", "10 %x", "-5GiB"]) func refusesWhatIsNone(_ text: String) {
    #expect(FreeSpaceGoal(parsing: text) == nil)
  }

  @Test func saysHowManyBytesThatIs() {
    #expect(FreeSpaceGoal.share(Percentage(percent: 10)).bytes(of: ByteCount(1001)) == ByteCount(101))
    #expect(FreeSpaceGoal.size(.gibibytes(2)).bytes(of: ByteCount(1001)) == .gibibytes(2))
    let share = FreeSpaceGoal.share(Percentage(percent: 10))
    #expect(share.text(free: ByteCount(45), of: ByteCount(1000)) == "4.5% free")
    // Not 10%, which would say that the goal is reached.
    #expect(share.text(free: ByteCount(99_999), of: ByteCount(1_000_000)) == "9.9% free")
    #expect(FreeSpaceGoal.size(.gibibytes(2)).text(free: .gibibytes(1), of: .gibibytes(9)) == "1.0 GiB free")
  }
}
