import TestSupport
import Testing
import VolumeSnapshots

@Suite("Block maps")
struct BlockMapTests {
  typealias Range = BlockMap.Range

  @Test func coversAnUnmappedVolumeWithOneRange() {
    #expect(BlockMap(size: 100, []).ranges == [Range(0..<100, .unmapped)])
  }

  @Test func isEmptyForAVolumeOfNoBytes() {
    #expect(BlockMap(size: 0, [Range(0..<10, .changed)]).ranges.isEmpty)
  }

  @Test func clipsRangesThatReachPastTheEndOfAShrunkenVolume() {
    #expect(
      BlockMap(size: 100, [Range(50..<200, .changed), Range(300..<400, .same)]).ranges
        == [Range(0..<50, .unmapped), Range(50..<100, .changed)])
  }

  @Test func joinsNeighboursOfOneState() {
    #expect(
      BlockMap(size: 30, [Range(10..<20, .same), Range(0..<10, .same), Range(20..<30, .changed)]).ranges
        == [Range(0..<20, .same), Range(20..<30, .changed)])
  }

  @Test func readsWhatAnyRangeCallsChanged() {
    #expect(
      BlockMap(size: 40, [Range(0..<40, .unmapped), Range(0..<30, .same), Range(10..<20, .changed)]).ranges == [
        Range(0..<10, .same), Range(10..<20, .changed), Range(20..<30, .same), Range(30..<40, .unmapped),
      ])
  }

  @Test func agreesWithAByteWiseModelForRandomRanges() {
    var random = SeededRandom(seed: 20_261_122)
    for _ in 0..<300 {
      let size = Int64.random(in: 0...60, using: &random)
      var model = [BlockMap.State](repeating: .unmapped, count: Int(size))
      var ranges: [Range] = []
      for _ in 0..<Int.random(in: 0...8, using: &random) {
        let start = Int64.random(in: 0...70, using: &random)
        let end = start + Int64.random(in: 0...20, using: &random)
        let state: BlockMap.State = Bool.random(using: &random) ? .changed : .same
        ranges.append(Range(start..<end, state))
        for byte in Int(start)..<Int(end) where byte < model.count && model[byte] != .changed { model[byte] = state }
      }
      let map = BlockMap(size: size, ranges)
      #expect(map.ranges.flatMap { range in range.bytes.map { _ in range.state } } == model)
      #expect(zip(map.ranges, map.ranges.dropFirst()).allSatisfy { $0.state != $1.state })
      #expect(map.bytes(.changed) == Int64(model.count { $0 == .changed }))
    }
  }
}
