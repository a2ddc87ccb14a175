import BackupModel
import Testing

@testable import VolumeSnapshots

@Suite struct PoolVerdictTests {
  private func pool(_ change: (inout ThinPool) -> Void = { _ in }) async throws -> ThinPool {
    let tools = ScriptedTools(["lvs": RecordedReports.volumes])
    var pool = try #require(try await InventoryReader(tools: tools).read().pools.first)
    pool.metadataSize = .gibibytes(1)
    change(&pool)
    return pool
  }

  @Test func isUsableWhenNothingIsWrong() async throws {
    #expect(PoolVerdict(try await pool(), limits: PoolLimits()) == .usable)
  }

  @Test(arguments: [("89.99", "79.99", true), ("90.00", "0.00", false), ("0.00", "80.00", false)])
  func isTooFullAtALimit(data: String, metadata: String, isUsable: Bool) async throws {
    let pool = try await pool {
      ($0.dataLevel, $0.metadataLevel) = (FillLevel(parsing: data), FillLevel(parsing: metadata))
    }
    #expect((PoolVerdict(pool, limits: PoolLimits()) == .usable) == isUsable)
  }

  @Test func isTooFullWhenItIsOutOfDataWhateverTheLimit() async throws {
    let pool = try await pool { $0.health = .outOfData }
    let limits = PoolLimits(data: FillLevel(percent: 101))
    #expect(PoolVerdict(pool, limits: limits) == .tooFull(data: FillLevel(millionths: 62_500), metadata: nil))
  }

  /// 4 MiB of metadata: LVM makes no snapshot from 75 % on; 64 MiB: from 93.75 %.
  @Test(arguments: [(4, "74.99", true), (4, "75.00", false), (64, "93.74", true), (64, "93.75", false)])
  func knowsTheLimitOfLVMItself(mebibytes: Int, level: String, isUsable: Bool) async throws {
    let pool = try await pool {
      $0.metadataSize = .mebibytes(mebibytes)
      $0.metadataLevel = FillLevel(parsing: level)
    }
    let limits = PoolLimits(metadata: FillLevel(percent: 99))
    #expect((PoolVerdict(pool, limits: limits) == .usable) == isUsable)
  }

  @Test func namesTheGravestTroubleFirst() async throws {
    var pool = try await pool {
      $0.isSuspended = true
      $0.health = .failed
      $0.needsCheck = true
      $0.dataLevel = FillLevel(percent: 100)
    }
    #expect(PoolVerdict(pool, limits: PoolLimits()) == .unusable(.failed))
    pool.health = .readOnly
    #expect(PoolVerdict(pool, limits: PoolLimits()) == .unusable(.needsCheck))
    pool.needsCheck = false
    #expect(PoolVerdict(pool, limits: PoolLimits()) == .unusable(.readOnly))
    pool.health = .other("partial")
    #expect(PoolVerdict(pool, limits: PoolLimits()) == .unusable(.other("partial")))
    pool.health = .ok
    #expect(PoolVerdict(pool, limits: PoolLimits()) == .unusable(.suspended))
    pool.isActive = false
    #expect(PoolVerdict(pool, limits: PoolLimits()) == .unusable(.inactive))
  }

  @Test func isUnusableWhenItDoesNotTellHowFullItIs() async throws {
    let pool = try await pool { $0.metadataLevel = nil }
    #expect(PoolVerdict(pool, limits: PoolLimits()) == .unusable(.levelUnknown))
  }

  @Test func saysWhatIsFullAndWhatWasTried() async throws {
    let pool = try await pool { ($0.dataLevel, $0.metadataLevel) = (FillLevel(percent: 95), FillLevel(percent: 85)) }
    let name = try #require(VolumeName(parsing: "vg-a.b/vm-1-a"))
    let limits = PoolLimits()
    let verdict = PoolVerdict(pool, limits: limits)
    let error = try #require(verdict.refusal(of: name, in: pool, limits: limits, removed: 2))
    #expect(error.code == .noSpace)
    #expect(
      error.message.contains("its data are 95.00% full, 90.00% is the limit; its metadata are 85.00% full, 80.00%"))
    #expect(error.cause == "removing 2 snapshots of ours was not enough")
    #expect(PoolVerdict.usable.refusal(of: name, in: pool, limits: limits, removed: 0) == nil)
  }
}
