import TestSupport
import VolumeSnapshots

/// Thin devices as a test knows them, and the XML that the tools would write of them.
struct ThinModel: Sendable {
  struct Mapping: Hashable, Sendable {
    var data: Int
    var time: Int
  }
  struct Device: Sendable {
    var transaction: Int
    var creationTime: Int
    var blocks: [Int: Mapping] = [:]
  }
  enum Generation: CaseIterable { case cpp, rust }

  var chunkSectors = 128
  var time = 9
  var transaction = 12
  var devices: [Int: Device] = [:]

  var chunkSize: Int64 { Int64(chunkSectors) * 512 }

  /// The first line: the C++ thin_delta knows neither flags nor version, the Rust tools write both.
  func superblock(_ generation: Generation, dump: Bool) -> String {
    let extra = generation == .rust || dump ? #" flags="0" version="2""# : ""
    return #"<superblock uuid="" time="\#(time)" transaction="\#(transaction)"\#(extra) "#
      + #"data_block_size="\#(chunkSectors)" nr_data_blocks="0">"# + "\n"
  }

  func dump(_ ids: [Int], _ generation: Generation = .cpp, mappings: Bool = true) -> String {
    var text = superblock(generation, dump: true)
    for id in ids {
      guard let device = devices[id] else { continue }
      text +=
        #"  <device dev_id="\#(id)" mapped_blocks="\#(device.blocks.count)" transaction="\#(device.transaction)" "#
        + #"creation_time="\#(device.creationTime)" snap_time="\#(device.creationTime)">"# + "\n"
      var runs: [(begin: Int, data: Int, length: Int, time: Int)] = []
      for (block, mapping) in device.blocks.sorted(by: { $0.key < $1.key }) where mappings {
        if let last = runs.last, last.begin + last.length == block, last.data + last.length == mapping.data,
          last.time == mapping.time
        {
          runs[runs.count - 1].length += 1
        } else {
          runs.append((block, mapping.data, 1, mapping.time))
        }
      }
      for run in runs {
        text +=
          run.length == 1
          ? #"    <single_mapping origin_block="\#(run.begin)" data_block="\#(run.data)" time="\#(run.time)"/>"#
          : #"    <range_mapping origin_begin="\#(run.begin)" data_begin="\#(run.data)" length="\#(run.length)" "#
            + #"time="\#(run.time)"/>"#
        text += "\n"
      }
      text += "  </device>\n"
    }
    return text + "</superblock>\n"
  }

  func delta(_ left: Int, _ right: Int, _ generation: Generation = .cpp) -> String {
    let (old, new) = (devices[left]?.blocks ?? [:], devices[right]?.blocks ?? [:])
    var runs: [(name: String, begin: Int, length: Int)] = []
    for block in Set(old.keys).union(new.keys).sorted() {
      let name =
        new[block] == nil
        ? "left_only" : old[block] == nil ? "right_only" : old[block]?.data == new[block]?.data ? "same" : "different"
      if let last = runs.last, last.name == name, last.begin + last.length == block {
        runs[runs.count - 1].length += 1
      } else {
        runs.append((name, block, 1))
      }
    }
    return superblock(generation, dump: false) + #"  <diff left="\#(left)" right="\#(right)">"# + "\n"
      + runs.map { #"    <\#($0.name) begin="\#($0.begin)" length="\#($0.length)"/>"# + "\n" }.joined()
      + "  </diff>\n</superblock>\n"
  }

  func list() -> String {
    devices.sorted { $0.key < $1.key }.map { id, device in
      let others = Set(devices.filter { $0.key != id }.flatMap { $0.value.blocks.values.map(\.data) })
      let exclusive = device.blocks.values.count { !others.contains($0.data) }
      return "\(id) \(device.blocks.count)  \(exclusive) \(device.transaction) \(device.creationTime) \n"
    }.joined()
  }

  /// The devices as the pool's metadata describe them.
  var described: [Int: ThinDevice] {
    devices.reduce(into: [:]) {
      $0[$1.key] = ThinDevice(
        thinID: $1.key, mappedBlocks: Int64($1.value.blocks.count), transaction: $1.value.transaction,
        creationTime: $1.value.creationTime)
    }
  }

  /// What is to be read of the right device after the left one, block by block.
  func states(_ left: Int, _ right: Int, blocks: Int, baseBlocks: Int) -> [BlockMap.State] {
    (0..<blocks).map { block in
      guard let new = devices[right]?.blocks[block] else { return .unmapped }
      guard block < baseBlocks, let old = devices[left]?.blocks[block] else { return .changed }
      return old.data == new.data ? .same : .changed
    }
  }

  /// A base (id 1) and a later snapshot (id 2) of the same volume, with random writes and discards between them.
  static func random(_ random: inout SeededRandom, blocks: Int) -> ThinModel {
    var model = ThinModel()
    var nextData = 0
    func write(_ device: inout Device, time: Int, runs: Int, _ random: inout SeededRandom) {
      for _ in 0..<runs {
        let begin = random.below(blocks)
        let isDiscard = random.below(4) == 0
        for block in begin..<min(blocks, begin + 1 + random.below(9)) {
          device.blocks[block] = isDiscard ? nil : Mapping(data: nextData, time: time)
          if !isDiscard { nextData += 1 }
        }
        // Sometimes the next run isn't beside this one on the data device.
        nextData += random.below(2) * 3
      }
    }
    var origin = Device(transaction: 1, creationTime: 0)
    write(&origin, time: 0, runs: random.below(12), &random)
    model.devices[1] = Device(transaction: 2, creationTime: 1, blocks: origin.blocks)
    write(&origin, time: 1, runs: random.below(6), &random)
    model.devices[2] = Device(transaction: 3, creationTime: 2, blocks: origin.blocks)
    return model
  }
}
