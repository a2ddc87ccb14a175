import ArgumentParser
import BackupEngine
import BackupModel
import BackupRepository
import HostSystem

/// Restores a service, a source, or paths of it: to a directory, or in place; and looks after restores in place.
struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Restore a service, a source, or single paths of it.",
    discussion: """
      The name is that of a source, or of a service, which stands for all its sources (`backupctl services list`). The \
      point is the newest one, or the one selected by @TIME or --at. With --to the directory is made if it isn't there \
      (the one above it must be) and must be empty otherwise, unless --overwrite is given: then files that differ \
      are overwritten, and nothing is deleted. Paths keep their place below the directory; several sources of a service \
      each get a directory of their name in it. The same command continues a restore that was interrupted. What is \
      restored is on the medium when the command ends.

      With --in-place each tree or volume is restored beside the live one, compared with its point, and then exchanged \
      with it in one step; the old one is kept for --undo. What uses a volume's claim is stopped for that moment; with \
      --from snapshot a volume is cloned from its snapshot, in seconds. First a plan is shown. Without --yes the command asks, or, where there is \
      no terminal, ends with 64 and names the command to type. Stop what uses a tree before. Of a mount point, and of a \
      directory that is exported by NFS, what is in it is exchanged instead, one name after the other.

      The image of a volume is restored with --to DIR to the sparse file DIR/volume.img, with --to-file to a file of \
      any name, with --to-volume to a new thin volume, or with --to-stdout as a stream of bytes.

      EXAMPLES:
        backupctl restore immich --in-place --plan               # what would be replaced, by what
        backupctl restore immich --in-place --yes
        backupctl restore immich --at "2 days ago" --in-place --source nfs/immich --path upload/2026
        backupctl restore wiki --in-place --from snapshot --yes   # its volumes as they were at the last snapshot
        backupctl restore list                                    # restores in place, and what they keep
        backupctl restore --undo 20261122T050000Z
        backupctl restore --resume
        backupctl restore --forget expired
        backupctl restore etc --to /tmp/etc
        backupctl restore etc --at "2 days ago" --to /tmp/etc --path ssh/sshd_config
        backupctl restore nfs/immich@20261122T050000Z --to /mnt/new/immich --verify
        backupctl restore etc --to /etc --path ssh --overwrite --plan      # see first what would be done
        backupctl restore volume/pve/vm-101-disk-0 --to-volume pve/vm-101-restored --verify
        backupctl restore volume/pve/vm-101-disk-0 --to-stdout | ssh other "dd of=/dev/sdb bs=1M"

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .busy, .formatTooNew, .damaged, .snapshotFailed, .toolMissing, .usage]))
      """)

  @Argument(
    help: ArgumentHelp(
      "The service or source, optionally with a point; with --undo and the like a restore's id.",
      valueName: "name[@time]"))
  var name: String?

  @OptionGroup var point: PointOptions

  @Option(name: .customLong("to"), help: ArgumentHelp("The directory to restore to.", valueName: "dir"))
  var target: String?

  @OptionGroup var placing: InPlaceOptions
  @OptionGroup var image: ImageTargetOptions

  @Option(
    name: .customLong("path"),
    help: ArgumentHelp(
      "Restore only this file or directory, as `backupctl ls` prints it; may be repeated.", valueName: "path"))
  var paths: [String] = []

  @Flag(help: "Restore into a directory that isn't empty; files that differ are overwritten, nothing is deleted.")
  var overwrite = false

  @Flag(help: "Compare the directory with the point afterwards.")
  var verify = false

  @Flag(help: "Only show what would be done.")
  var plan = false

  @OptionGroup var earlier: EarlierRestoreOptions
  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  private var targets: Int {
    [target, image.file, image.volume].count(where: { $0 != nil })
      + [image.toStandardOutput, placing.inPlace]
      .count(where: { $0 })
  }

  /// `restore list` without anywhere to restore to; with it, a source or service of that name is meant.
  private var isListing: Bool { earlier.isListing || (earlier.count == 0 && name == "list" && targets == 0) }

  func validate() throws {
    if isListing || earlier.count > 0 { return try validateEarlier() }
    guard name != nil else { throw ValidationError("Missing expected argument '<name[@time]>'") }
    guard targets == 1 else {
      throw ValidationError("Give exactly one of --to, --in-place, --to-file, --to-volume and --to-stdout.")
    }
    guard target != nil || (!overwrite && (placing.inPlace || (paths.isEmpty && !plan))) else {
      throw ValidationError(
        placing.inPlace ? "--overwrite goes with --to." : "--path, --overwrite and --plan go with --to.")
    }
    guard placing.inPlace || placing.from == nil else { throw ValidationError("--from goes with --in-place.") }
    guard placing.inPlace || !placing.yes else { throw ValidationError("--yes goes with --in-place.") }
    guard !(placing.inPlace && verify) else {
      throw ValidationError("--in-place always compares what it restored; leave out --verify.")
    }
    guard !(image.toStandardOutput && verify) else {
      throw ValidationError("--verify can't compare what went to standard output.")
    }
    guard image.pool == nil || image.volume != nil else { throw ValidationError("--pool goes with --to-volume.") }
  }

  private func validateEarlier() throws {
    guard earlier.count <= 1, targets == 0, paths.isEmpty, !overwrite, !verify, point.at == nil,
      placing.sources.isEmpty
    else {
      throw ValidationError(
        "--list, --resume, --undo and --forget stand alone, with the id of a restore, --plan and --yes.")
    }
  }

  func run() async throws {
    let configuration = try repository.configuration()
    if isListing || earlier.count > 0 {
      let work = EarlierRestores(
        configuration: configuration, repository: repository, state: state, output: output, plan: plan,
        yes: placing.yes)
      if isListing { return try work.list() }
      if earlier.resume { return try await work.resume(name) }
      return try await earlier.undo ? work.undo(name) : work.forget(name)
    }
    let opened = try repository.open(configuration)
    let services = { try ServiceSurvey(configuration, in: opened) }
    let selection = try RestoreSelection(
      name ?? "", at: point.at, sources: placing.sources, preferringGood: placing.inPlace, in: opened,
      services: services)
    if placing.inPlace {
      let restoring = InPlaceRestoring(
        selection: selection, survey: try services(), repository: opened, paths: paths,
        keepUndo: configuration?.restore.keepUndo, state: try state.directory(configuration), output: output,
        from: placing.from, time: try point.expression()
      ) { hasVolumes in
        guard hasVolumes else { return VolumeWork.cluster(configuration) }
        return try await VolumeWork.use(configuration, catalog: try state.openCatalog(configuration))
      }
      return try await restoring.run(plan: plan, yes: placing.yes, command: confirmedCommand)
    }
    guard let target else {
      guard selection.points.count == 1, let selected = selection.points.first else { throw severalImages(selection) }
      let restoring = ImageRestoring(selected: selected, target: image, verify: verify, output: output)
      return try await restoring.run {
        try await VolumeWork.reclaiming(configuration, catalog: try state.openCatalog(configuration))
      }
    }
    try DirectoryRestoring(
      selection: selection, target: target, paths: paths, overwrite: overwrite, verify: verify, output: output
    ).run(plan: plan)
  }

  private func severalImages(_ selection: RestoreSelection) -> CommandError {
    CommandError(
      .usage, "cannot restore \(selection.name) as an image: it has \(selection.points.count) sources",
      hint: "choose one with --source: \(selection.points.map(\.store.source.typedName).joined(separator: ", "))")
  }

  /// The command line that goes ahead with what this one asked for.
  private var confirmedCommand: String {
    var words = ["restore", name ?? "", "--in-place"]
    func add(_ option: String, _ values: [String?]) {
      for value in values.compactMap(\.self) { words += [option, value] }
    }
    add("--at", [point.at])
    add("--source", placing.sources)
    add("--path", paths)
    add("--from", [placing.from?.rawValue])
    add("--repository", [repository.repository])
    add("--config", [repository.config])
    add("--state", [state.state])
    return ChildCommand("backupctl", words + ["--yes"]).text
  }
}
