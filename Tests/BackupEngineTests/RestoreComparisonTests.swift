import BackupEngine
import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Testing

@Suite struct RestoreComparisonTests {
  @Test(arguments: [
    ("printf x > f; touch -r ../source/f f", ["f: has 1 bytes, not 4"]),
    ("printf gone > f; touch -r ../source/f f", ["f: content differs from byte 0 on"]),
    ("rm f", ["f: missing"]),
    ("rm -r d; touch -r ../source .", ["d/g: missing", "d: missing"]),
    ("mkdir -p more/of/it; touch -r ../source .", ["more: not in the point"]),
    ("chmod 600 f", ["f: permissions are 600, not 644"]),
    ("ln -sfn elsewhere l; touch -h -r ../source/l l; touch -r ../source .", ["l: leads to elsewhere, not to f"]),
    ("rm p; touch -r ../source/p p; touch -r ../source .", ["p: is a file, not a FIFO"]),
    (
      "cp -p h1 x; mv x h2; touch -r ../source .", ["h2: is not the same file as h1"]
    ),
    ("rm d/g; ln f d/g; touch -r ../source/d d; touch -r ../source/f f", ["f: is the same file as d/g"]),
    (
      "printf Z | dd of=s bs=1 seek=9000 conv=notrunc 2>/dev/null; touch -r ../source/s s",
      ["s: content differs from byte 0 on"]
    ),
  ])
  func findsADifference(script: String, expected: [String]) throws {
    let world = try RestoreWorld()
    try world.write("f", "text")
    try world.write("d/g", "text")
    try world.shell(
      """
      cd source; ln -s f l; mkfifo p; echo h > h1; ln h1 h2; truncate -s 20000 s; chmod 644 f d/g
      touch -r f d/g
      """)
    let point = try world.archive()
    #expect(try world.restore(point).isComplete)
    #expect(try world.differences(point) == [])
    try world.shell("cd target; \(script)")
    let found = try world.differences(point).filter { !$0.contains(": modified ") || expected.contains($0) }
    #expect(found == expected)
  }

  @Test func findsOtherTimesAndDoesNotReadContentWhenOnlyMetadataIsAsked() throws {
    let world = try RestoreWorld()
    try world.write("f", "text")
    let point = try world.archive()
    #expect(try world.restore(point).isComplete)
    try world.shell("cd target; printf more > f; touch -d @1000.5 f")
    #expect(try world.differences(point).count == 2)
    let found = try world.differences(point) { $0.metadataOnly = true }
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("f: modified 1000.500000000, not ") == true)
  }

  @Test func comparesSelectedPathsOnlyAndNotWhatIsBesideThem() throws {
    let world = try RestoreWorld()
    try world.write("a/f", "1")
    try world.write("b/f", "2")
    let point = try world.archive()
    #expect(try world.restore(point).isComplete)
    try world.shell("cd target; echo changed > b/f; echo more > new")
    #expect(try world.differences(point) { $0.paths = [PathBytes(path: "a")] } == [])
    #expect(try !world.differences(point) { $0.paths = [PathBytes(path: "b/f")] }.isEmpty)
  }
}
