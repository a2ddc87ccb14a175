import ArgumentParser
import BackupCatalog
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem
import VolumeSnapshots

/// Rehearses restores.
struct DrillCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drill",
    abstract:
      "Rehearse a restore: restore to a scratch place, compare, look with probes, measure, and remove it again.",
    discussion: """
      The newest good point of each source, those drilled longest ago first; of a service all sources, in the order in \
      which they are restored, and how long that takes and how old the data are, against what is promised of it. Trees and \
      streams are restored to a directory, images of volumes to a sparse file, or to a new volume of a thin pool; nothing \
      live is touched. What is restored is compared with the point, and probes look at it: the integrity of SQLite files, \
      whether dumps are whole, the file system of an image; `postgres` starts a throwaway server on each data directory. \
      How long it took and how old the data were is kept for `backupctl drills`.

      EXAMPLES:
        backupctl drill nfs/immich
        backupctl drill immich                   # the service: all its sources
        backupctl drill --count 3 --max-bytes 200GiB
        backupctl drill nfs/immich --probe sqlite --probe postgres --scratch /srv/scratch
        backupctl drill --loopback
        backupctl drill volume/pve/vm-101-disk-0 --scratch-pool pve/data --look-inside

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .formatTooNew, .damaged, .snapshotFailed, .toolMissing, .objectiveMissed, .usage]))
      """)

  @Argument(help: ArgumentHelp("Names of sources or services. Default: all sources.", valueName: "name"))
  var names: [String] = []

  @Option(help: ArgumentHelp("How many sources at most.", valueName: "n"))
  var count: Int?

  @Option(
    help: ArgumentHelp("Leave out sources whose point is larger: 200GiB.", valueName: "bytes"), transform: byteCount)
  var maxBytes: ByteCount?

  @Option(
    name: .customLong("probe"),
    help: ArgumentHelp(
      "What looks at what was restored: \(ProbeDeclaration.plainNames.joined(separator: ", ")). Can be given more than once. Default: what the configuration says of the service, else all but postgres.",
      valueName: "probe"))
  var probeNames: [String] = []

  @Flag(help: "Only restore and compare.")
  var noProbes = false

  @Option(help: ArgumentHelp("Where to restore to.", valueName: "dir"))
  var scratch = "/var/tmp"

  @OptionGroup var loopback: LoopbackOptions

  @Option(
    help: ArgumentHelp(
      "Restore images of volumes to a new volume of this thin pool, GROUP/POOL, which is removed again.",
      valueName: "pool"),
    transform: poolName)
  var scratchPool: VolumeName?

  @Flag(
    help: "Mount the file systems of images for the probes: the kernel then parses what a guest wrote. Only as root.")
  var lookInside = false

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  private static func byteCount(_ text: String) throws -> ByteCount {
    guard let count = ByteCount(parsing: text), count > .zero else {
      throw ValidationError("'\(text)' is not a number of bytes, such as 200GiB")
    }
    return count
  }

  private static func poolName(_ text: String) throws -> VolumeName {
    guard let name = VolumeName(parsing: text) else {
      throw ValidationError("'\(text)' is not the name of a thin pool, GROUP/POOL")
    }
    return name
  }

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count must be 1 or more") }
    if noProbes, !probeNames.isEmpty { throw ValidationError("--no-probes and --probe exclude each other") }
    let others =
      !names.isEmpty || count != nil || maxBytes != nil || noProbes || !probeNames.isEmpty || scratchPool != nil
      || lookInside
    if loopback.isAsked, others {
      throw ValidationError("--loopback makes its own volumes: it takes --size, --keep, --scratch and --json only")
    }
  }

  func run() async throws {
    if loopback.isAsked { return try await LoopbackDrilling(loopback, scratch: scratch, output).run() }
    let environment = CommandEnvironment.current
    let given = try probes()
    let configuration = try repository.configuration()
    let opened = try repository.open(configuration)
    let catalog = try state.openCatalog(configuration)
    let process = ProcessIdentity.running(environment.processID)
    // What a killed drill left is in the way of the next one.
    if process != nil { _ = try await VolumeWork.reclaiming(configuration, catalog: catalog) }
    let pool = try scratchPool.map { ScratchPool($0, on: try VolumeWork.working(configuration, catalog: catalog)) }
    let leasing = process.map { Leasing(catalog.leases, process: $0) }
    let survey = try ServiceSurvey(configuration, in: opened)
    let selection = try DrillSelection(names, count: count, in: opened, survey)
    var reports: [DrillReport] = []
    var withoutPoint: Set<SourceID> = []
    for source in selection.sources where reports.count < count ?? .max {
      let store = opened.store(source)
      guard let point = try store.latestGoodPoint(unreadable: { _, _ in }) else {
        environment.messages.line("note: \(source) has no point yet")
        withoutPoint.insert(source)
        continue
      }
      let bytes = ByteCount(point.statistics.bytes)
      if let maxBytes, bytes > maxBytes {
        environment.messages.line("note: \(source) is left out: \(bytes) are more than \(maxBytes)")
        continue
      }
      var drill = Drill(
        store: store, point: point, scratchDirectory: PathBytes(path: scratch), tool: toolName)
      drill.probes = given ?? survey.directory.service(of: source)?.probes ?? ProbeDeclaration.defaults
      drill.leasing = leasing
      drill.scratchPool = pool
      drill.looksInside = lookInside
      let prepared = drill
      reports.append(try await CancellableWork.run { try await prepared.run(clock: environment.clock) })
    }
    let services = selection.services.map { service in
      ServiceDrill(
        service,
        service.sources.map { source in
          var measure = ServiceDrill.Measure(source, maximumAge: survey.maximumAge(of: source))
          measure.hasNoPoint = withoutPoint.contains(source)
          if let report = reports.first(where: { $0.source == source }) { measure.take(report) }
          return measure
        })
    }
    try DrillOutcome(reports, services).tell(output)
  }

  /// The probes that the command line names; nil if it names none.
  private func probes() throws -> [ProbeDeclaration]? {
    if noProbes { return [] }
    guard !probeNames.isEmpty else { return nil }
    return try probeNames.map { name in
      guard let probe = ProbeDeclaration(named: name) else {
        let known = ProbeDeclaration.plainNames
        throw CommandError(
          .usage, "cannot use the probe '\(name)': there is none of that name",
          hint: nearestName(to: name, among: known).map { "did you mean `\($0)`?" }
            ?? "probes are \(known.joined(separator: ", ")); commands are declared in schedules")
      }
      return probe
    }
  }
}
