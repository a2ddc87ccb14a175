import BackupModel
import Testing

@testable import VolumeSnapshots

@Suite struct PoolForecastTests {
  /// A pool of 10 GiB with chunks of 64 KiB, of which half is full.
  private func pool(_ change: (inout ThinPool) -> Void = { _ in }) async throws -> ThinPool {
    let tools = ScriptedTools(["lvs": RecordedReports.volumes])
    var pool = try #require(try await InventoryReader(tools: tools).read().pools.first)
    (pool.size, pool.chunkSize, pool.metadataSize) = (.gibibytes(10), .kibibytes(64), .gibibytes(1))
    (pool.dataLevel, pool.metadataLevel) = (FillLevel(percent: 50), FillLevel(percent: 10))
    change(&pool)
    return pool
  }

  @Test(arguments: [(4 * 1024 - 1, true), (4 * 1024, false), (20 * 1024, false)])
  func refusesWhatWouldFillThePoolToItsLimit(mebibytes: Int, hasRoom: Bool) async throws {
    let pool = try await pool()
    let refusal = PoolForecast(pool, writing: .mebibytes(mebibytes)).refusal(limits: PoolLimits(), to: "do it")
    #expect((refusal == nil) == hasRoom)
    #expect(refusal == nil || refusal?.code == .noSpace)
  }

  @Test func saysHowFullItWouldBe() async throws {
    let pool = try await pool()
    let refusal = PoolForecast(pool, writing: .gibibytes(4)).refusal(limits: PoolLimits(), to: "do it")
    #expect(
      refusal?.message
        == "cannot do it: the pool \(pool.name) has too little room: its data would be 90.00% full, 90.00% is the limit"
    )
    #expect(refusal?.cause == "its data are 50.00% full now, and 4.0 GiB are to be written")
  }

  /// 48 bytes for each of 16,384 chunks are three quarters of a mebibyte.
  @Test func countsTheMetadataOfWhatIsWritten() async throws {
    let pool = try await pool { $0.metadataSize = .mebibytes(1) }
    #expect(PoolForecast(pool, writing: .gibibytes(1)).filled.metadataLevel == FillLevel(percent: 85))
    let refusal = PoolForecast(pool, writing: .gibibytes(1)).refusal(limits: PoolLimits(), to: "do it")
    #expect(refusal?.message.contains("its metadata would be 85.00% full, 75.00% is the limit") == true)
    #expect(refusal?.hint?.contains("--poolmetadatasize") == true)
  }

  @Test func refusesAPoolThatCanNotBeChanged() async throws {
    let pool = try await pool { $0.needsCheck = true }
    let refusal = PoolForecast(pool, writing: .zero).refusal(limits: PoolLimits(), to: "do it")
    #expect(refusal?.code == .poolUnhealthy)
    #expect(refusal?.message == "cannot do it: the pool \(pool.name) needs a check of its metadata (needs_check)")
  }
}
