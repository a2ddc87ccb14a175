import ArgumentParser
import BackupEngine
import BackupModel
import BackupRepository
import HostSystem

/// Checks the structure of the repository.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check the structure of the repository; reads no file data.",
    discussion: """
      Every point's digest, every index block and entry, every pack's tables and the header of each frame; that each chunk \
      that a point needs is in a pack. Whether the data are what they should be, `backupctl verify` says.

      EXAMPLES:
        backupctl check
        backupctl check nfs              # the source nfs and those below it, such as nfs/immich
        backupctl check immich           # all sources of the service immich
        backupctl check --json | jq '.damage[].what'

      \(ExitStatus.help([.ok, .failed, .noRepository, .formatTooNew, .damaged, .usage]))
      """)

  @Argument(help: ArgumentHelp("Names of sources or services. Default: all.", valueName: "name"))
  var names: [String] = []

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let opened = try repository.open(configuration)
    let check = RepositoryCheck(
      opened, clock: environment.clock, tool: toolName, pathLimit: DamageText.pathLimit(output))
    let sources = try SourceArguments.sources(names, in: opened) { try ServiceSurvey(configuration, in: opened) }
    let report = try check.run(names.isEmpty ? nil : sources, cancellation: environment.cancellation)
    if output.json {
      environment.output.line(try JSONText.encode(CheckJSON(report)))
    } else {
      show(report)
    }
    if !report.damage.isEmpty { throw ExitWith(status: .damaged) }
  }

  private func show(_ report: CheckReport) {
    let environment = CommandEnvironment.current
    for damage in report.damage { for line in DamageText.lines(damage) { environment.output.line(line) } }
    if !output.quiet { for note in report.notes { environment.messages.line("note: \(note)") } }
    if !report.damage.isEmpty { environment.messages.line("hint: \(DamageText.hint(report.damage, reads: false))") }
    guard !output.quiet else { return }
    environment.output.line(
      "checked \(Self.count(report.sources.count, "source")): \(Self.count(report.points, "point")), "
        + "\(Self.count(report.packs, "pack")), \(Self.count(report.frames, "frame")), "
        + "\(Self.count(report.blocks, "index block")), \(Self.count(report.chunks, "chunk")); "
        + "\(report.damage.isEmpty ? "no damage" : "\(report.damage.count) damaged"); "
        + DurationText.of(seconds: report.seconds))
  }

  static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}

private struct CheckJSON: Encodable {
  let sources: [SourceID]
  let points, packs, frames, blocks, entries, chunks: Int
  let damage: [DamageJSON]
  let notes: [String]
  let seconds: Double

  init(_ report: CheckReport) {
    sources = report.sources
    points = report.points
    packs = report.packs
    frames = report.frames
    blocks = report.blocks
    entries = report.entries
    chunks = report.chunks
    damage = report.damage.map(DamageJSON.init)
    notes = report.notes
    seconds = report.seconds
  }
}
