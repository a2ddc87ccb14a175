import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct LimitsTests {
  private func limits(_ mapping: String) throws -> Limits {
    try Configuration.parse(text: "repository: {path: /r}\nlimits: \(mapping)", file: "c.yaml").limits
  }

  @Test(arguments: [
    ("{}", Limits()), ("{threads: auto}", Limits()), ("{threads: 256}", Limits(threads: 256)),
    ("{read-rate: 80MiB}", Limits(readRate: .mebibytes(80))),
    ("{read-rate: \"80 MiB/s\", write-rate: 64K/s}", Limits(readRate: .mebibytes(80), writeRate: .kibibytes(64))),
    ("{io-pressure: 40%}", Limits(ioPressure: Percentage(percent: 40))),
  ])
  func readsLimits(_ mapping: String, _ expected: Limits) throws {
    #expect(try limits(mapping) == expected)
  }

  @Test(arguments: [
    ("{read-rate: 63K}", "`read-rate` is `63K`, expected a number of bytes in a second such as `80MiB`"),
    ("{read-rate: 2TiB}", "from 64KiB to 1TiB"), ("{read-rate: [1MiB]}", "`read-rate` is a list of 1 item"),
    ("{write-rate: 80MiB/m}", "`write-rate` is `80MiB/m`"), ("{write-rate: /s}", "`write-rate` is `/s`"),
    ("{write-rate: 1MiB/s/s}", "`write-rate` is `1MiB/s/s`"), ("{write-rate: -1MiB}", "`write-rate` is `-1MiB`"),
    ("{io-pressure: 0%}", "expected a percentage such as `5%`, from 1% to 100%"), ("{io-pressure: 40}", "a percentage"),
    ("{threads: 0}", "expected a whole number from 1 to 256, or `auto`"), ("{threads: \"auto\"}", "or `auto`"),
    ("{read: 1MiB}", "unknown key `read` in `limits`"), ("80MiB", "`limits` is `80MiB`, expected a mapping"),
  ])
  func refusesAMistakeNamingIt(_ mapping: String, _ part: String) throws {
    let error = try #require(throws: PolicyError.self) { try limits(mapping) }
    #expect(error.message.hasPrefix("cannot read c.yaml:2: "))
    #expect(error.message.contains(part), "\(error.message)")
  }
}
