import ArgumentParser
import BackupEngine
import BackupModel

/// How everything is rehearsed on a thin pool that is made for it.
struct LoopbackOptions: ParsableArguments {
  @Flag(
    name: .customLong("loopback"),
    help: "Instead: make a thin pool on a loop device, fill, archive, damage, restore, compare, and remove all of it.")
  var isAsked = false

  @Option(
    help: ArgumentHelp("With --loopback: how large the pool is.", valueName: "bytes"), transform: byteCount)
  var size: ByteCount?

  @Flag(help: "With --loopback: leave everything there to be looked at. The next one removes it.")
  var keep = false

  private static func byteCount(_ text: String) throws -> ByteCount {
    guard let count = ByteCount(parsing: text), count >= LoopbackDrill.leastSize else {
      throw ValidationError(
        "'\(text)' is not a size of \(LoopbackDrill.leastSize) or more, such as \(LoopbackDrill.usualSize)")
    }
    return count
  }

  func validate() throws {
    if !isAsked, size != nil || keep { throw ValidationError("--size and --keep belong to --loopback") }
  }
}
