import ArgumentParser

/// The commands about services.
struct ServicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "services", abstract: "Show what can be restored by name: services and the sources they consist of.",
    discussion: """
      A service is a named set of sources. The volumes of a namespace of the cluster are one; so are trees and streams \
      whose names end in the same word, with or without -backup. The configuration can say otherwise (`services`).

      EXAMPLES:
        backupctl services list
        backupctl services show immich

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .formatTooNew, .damaged, .objectiveMissed, .usage]))
      """,
    subcommands: [ServicesListCommand.self, ServicesShowCommand.self])
}
