import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository

/// Shows what takes the room on the backup disk.
struct UsageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "usage", abstract: "Show what takes the room in a repository, and what forgetting a point would free.",
    discussion: """
      A line for each source, by services, with totals. ON DISK is what its packs and its trash take; of the packs NEWEST is \
      what only the newest point needs, OTHERS what only one of the other points needs, SHARED what several points need, \
      UNFINISHED what an interrupted archive has stored for the next one to go on with, and UNNEEDED what none needs: a prune \
      frees it, and the TRASH when its grace has passed.

      With --points a line for each point: ALONE is what nothing but this point needs, so what forgetting it, and nothing else, \
      would free; SHARED what other points need too. Several points that are forgotten together free what they share only \
      among themselves as well: `backupctl forget --dry-run` says how much.

      Counted are the compressed bytes of whole frames. A prune frees them when no point needs anything in their pack, or when it \
      rewrites the pack, because less than 70% of it is needed (--rewrite-below). Indexes are read, not the data.

      EXAMPLES:
        backupctl usage
        backupctl usage immich --points
        backupctl usage --json | jq .totals.diskBytes

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .formatTooNew, .usage]))
      """)

  @Argument(help: ArgumentHelp("Names of sources or services. Default: all.", valueName: "name"))
  var names: [String] = []

  @Flag(help: "List each point: what only it needs, and what it shares.")
  var points = false

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let opened = try repository.open(configuration)
    let survey = try ServiceSurvey(configuration, in: opened)
    let sources = try SourceArguments.sources(names, in: opened) { survey }
    var groups: [ServiceUsage] = []
    for (name, members) in Self.grouped(sources, survey.directory) {
      groups.append(
        ServiceUsage(
          name, try members.map { try SourceUsage(of: opened.store($0), cancellation: environment.cancellation) }))
    }
    if output.json {
      environment.output.line(try JSONText.encode(UsageDocument(groups, withPoints: points)))
    } else if groups.isEmpty {
      if !output.quiet {
        environment.messages.line("the repository has no sources yet: make a point with `backupctl archive`")
      }
    } else {
      let lines = points ? UsageText.points(groups, now: environment.clock.now()) : UsageText.sources(groups)
      for line in lines { environment.output.line(line) }
    }
    let usages = groups.flatMap(\.sources)
    for usage in usages {
      for problem in usage.problems { environment.messages.line("warning: \(usage.source.typedName): \(problem)") }
      guard !usage.problems.isEmpty else { continue }
      environment.messages.line(
        "hint: run `backupctl check \(usage.source.typedName)`; what counts as unneeded there may be needed")
    }
    if usages.contains(where: { !$0.problems.isEmpty }) { throw ExitWith(status: .degraded) }
  }

  /// The sources by their services, in the order of these; those that belong to none come last.
  private static func grouped(
    _ sources: [SourceID], _ directory: ServiceDirectory
  ) -> [(service: String?, sources: [SourceID])] {
    let known = Set(sources)
    var groups: [(String?, [SourceID])] = directory.services.map { service in
      (service.name, service.sources.filter(known.contains))
    }
    let members = Set(groups.flatMap(\.1))
    groups.append((nil, sources.filter { !members.contains($0) }))
    return groups.filter { !$0.1.isEmpty }
  }
}
