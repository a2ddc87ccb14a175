import BackupModel
import BackupPolicy
import HostSystem
import VolumeSnapshots

/// Has probes look at what a drill restored.
struct DrillProbing: Sendable {
  let restore: ScratchRestore
  let probes: [ProbeDeclaration]
  /// Whether the file system of an image is mounted for those that look at files.
  let looksInside: Bool
  let history: PointHistory

  /// Runs the probes that have something to look at.
  ///
  /// - Throws: `CancellationError`; `SystemError` if what was restored can't be read at all; what a probe throws.
  func run(into report: inout DrillReport) async throws {
    if let image = restore.image {
      try await look(at: image, &report)
    } else if !probes.filter({ $0.test != .fileSystem }).isEmpty {
      let (tree, isStream) = (restore.tree, restore.point.source.kind == .stream)
      let recognized = try await withBlockingWork { cancellation in
        try RecognizedFiles.find(in: tree, isStream: isStream, cancellation: cancellation)
      }
      report.unread = recognized.problems
      let data = RestoredData(
        directory: tree, workspace: restore.scratch, image: nil, recognized: recognized, history: history,
        isolation: try await Isolation.find())
      for declaration in probes where declaration.test != .fileSystem {
        report.add(try await look(declaration, data))
      }
      noteShortfall(of: data.isolation, &report)
    }
  }

  private func look(_ declaration: ProbeDeclaration, _ data: RestoredData) async throws -> ProbeReport {
    let begun = restore.clock.elapsed()
    var found = try await declaration.probe.run(on: data)
    found.name = declaration.name
    found.seconds = (restore.clock.elapsed() - begun).inSeconds
    return found
  }

  private func noteShortfall(of isolation: Isolation, _ report: inout DrillReport) {
    if let shortfall = isolation.shortfall, report.probes.contains(where: { $0.items > 0 }) {
      report.notes.append(shortfall)
    }
  }

  // MARK: - Images

  private func look(at image: ScratchImage, _ report: inout DrillReport) async throws {
    var outside = probes.filter { $0.test == .fileSystem || ($0.isCommand && !looksInside) }
    let inside = looksInside ? probes.filter { $0.test != .fileSystem } : []
    // The kernel is given no file system in which a checker finds damage.
    if !inside.isEmpty, !outside.contains(where: { $0.test == .fileSystem }) {
      outside.insert(ProbeDeclaration(.fileSystem), at: 0)
    }
    guard !outside.isEmpty else { return }
    let data = RestoredData(
      directory: restore.scratch, workspace: restore.scratch, image: image, recognized: RecognizedFiles(),
      history: history, isolation: try await Isolation.find())
    for declaration in outside { report.add(try await look(declaration, data)) }
    noteShortfall(of: data.isolation, &report)
    guard !inside.isEmpty, let checked = report.probes.first(where: { $0.name == ProbeDeclaration(.fileSystem).name })
    else { return }
    do {
      guard let mount = try ImageMount(of: image, checked: checked, in: data) else {
        // What there is instead of a file system has been noted by the probe of file systems.
        for declaration in inside { report.add(ProbeReport(named: declaration.name)) }
        return
      }
      try await look(inside, mount, data, &report)
    } catch let obstacle as Isolation.Obstacle {
      for declaration in inside { report.add(unable(declaration, obstacle)) }
    } catch let error as SystemError {
      for declaration in inside { report.add(unable(declaration, Isolation.Obstacle(why: error.description))) }
    }
  }

  private func look(
    _ inside: [ProbeDeclaration], _ mount: ImageMount, _ data: RestoredData, _ report: inout DrillReport
  ) async throws {
    let (found, problems) = try await mount.with { mounted in
      let seen = mounted.seenByUs
      let recognized = try await withBlockingWork { cancellation in
        try RecognizedFiles.find(in: seen, cancellation: cancellation)
      }
      let data = RestoredData(
        directory: mounted.directory, seenThrough: mounted.root, workspace: data.workspace, image: data.image,
        recognized: recognized, history: history, isolation: mounted.isolation)
      var found: [ProbeReport] = []
      for declaration in inside { found.append(try await look(declaration, data)) }
      return (found, recognized.problems)
    }
    report.unread += problems.map { "\(ImageArchive.fileName)/\($0)" }
    report.notes += mount.notes
    for one in found { report.add(one.below(ImageArchive.path)) }
  }

  private func unable(_ declaration: ProbeDeclaration, _ obstacle: Isolation.Obstacle) -> ProbeReport {
    var report = ProbeReport(named: declaration.name)
    report.items = 1
    report.miss(ImageArchive.path, obstacle)
    return report
  }
}

extension ProbeDeclaration {
  fileprivate var isCommand: Bool { if case .command = test { true } else { false } }
}

extension DrillReport {
  fileprivate mutating func add(_ found: ProbeReport) {
    notes += found.notes
    probes.append(found)
  }
}
