import ArgumentParser

/// What a volume is restored from.
enum RestoreOrigin: String, ExpressibleByArgument, CaseIterable {
  /// A point of the repository.
  case archive
  /// A volume snapshot, in the pool itself.
  case snapshot
}

/// What is restored where, beyond a directory or an image's target.
struct InPlaceOptions: ParsableArguments {
  @Flag(name: .customLong("in-place"), help: "Restore to where the source lives; what is there is kept as an undo.")
  var inPlace = false

  @Option(
    name: .customLong("source"),
    help: ArgumentHelp("Restore only this source of a service; may be repeated.", valueName: "name"))
  var sources: [String] = []

  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "What a volume is restored from in place: archive, its point (the default), or snapshot, a clone made in seconds.",
      valueName: "archive|snapshot"))
  var from: RestoreOrigin?

  @Flag(help: "Go ahead without asking.")
  var yes = false
}

/// What is done about a restore in place that was begun earlier.
struct EarlierRestoreOptions: ParsableArguments {
  @Flag(name: .customLong("list"), help: "List restores in place, and what they keep; the same as `restore list`.")
  var isListing = false

  @Flag(help: "Go on with a restore in place that was interrupted; its id may be given in place of the name.")
  var resume = false

  @Flag(help: "Take a restore in place back; its id may be given in place of the name.")
  var undo = false

  @Flag(help: "Remove what the restore in place of the given id keeps; `expired` stands for all whose time is over.")
  var forget = false

  /// How many of them are given.
  var count: Int { [isListing, resume, undo, forget].count(where: { $0 }) }
}
