import BackupEngine
import BackupModel
import BackupRepository
import HostSystem
import VolumeSnapshots

/// What `restore --in-place` shows before anything is changed.
struct InPlacePlanText {
  private struct Document: Encodable {
    struct Part: Encodable {
      let source: SourceID
      let point: RecoveryPointID
      /// What is cloned in place of the point.
      let snapshot: String?
      /// A snapshot that would be faster.
      let faster: String?
      let stops: [String]
      let claim: String?
      let ageSeconds: Double
      let suspicious: [String]
      let replaces: String
      let replacesSomething: Bool
      let paths: [String]
      /// How many names change places one after the other; nil if nothing is replaced so.
      let names: Int?
      let entries: Int
      let bytes: ByteCount
      let availableBytes: ByteCount
      let drilled: Timestamp?
      let drillWasGood: Bool?
      let drillResult: Attestation.Result?
      let verified: Timestamp?
      let damageIsKnown: Bool
      let expectedSeconds: Double?
      let leavesOut: [String]
      let isExported: Bool
    }

    let name: String
    let parts: [Part]
    /// What runs of the workloads that the configuration names, and is stopped besides what uses claims.
    let stops: [String]
    /// What of them isn't there.
    let absent: [String]
    let bytes: ByteCount
    let expectedSeconds: Double?
    let keepUndoSeconds: Int64
    let fits: Bool
    let command: String
  }

  let plan: InPlacePlan
  /// Patterns of what archives leave out of a source: it isn't in its points.
  let exclusions: (SourceID) -> [String]
  let now: Timestamp
  /// What to type to go ahead.
  let command: String

  /// The plan as JSON.
  func json() throws -> String {
    try JSONText.encode(
      Document(
        name: plan.name,
        parts: plan.parts.map { part in
          Document.Part(
            source: part.store.source, point: part.point.id,
            snapshot: part.snapshot?.name.description, faster: part.faster?.name.description,
            stops: part.live.volume?.workloads.map(\.description) ?? [],
            claim: part.live.volume?.claim?.description, ageSeconds: age(part),
            suspicious: part.point.suspicious, replaces: part.live.path.displayedPath,
            replacesSomething: part.replacesSomething, paths: part.paths.map(\.displayedPath), names: part.names,
            entries: part.entries,
            bytes: part.bytes, availableBytes: part.live.available, drilled: part.trust.drilled,
            drillWasGood: part.trust.drillResult.map { $0 == .ok }, drillResult: part.trust.drillResult,
            verified: part.trust.verified,
            damageIsKnown: part.trust.knowsOfDamage, expectedSeconds: part.expectedSeconds,
            leavesOut: exclusions(part.store.source), isExported: part.live.isExported)
        }, stops: plan.running.map(\.description), absent: plan.absent.map(\.description), bytes: plan.bytes,
        expectedSeconds: plan.expectedSeconds,
        keepUndoSeconds: plan.keepUndo.components.seconds, fits: plan.tooFull.isEmpty, command: command))
  }

  /// The plan for people.
  var lines: [String] {
    let count = plan.parts.count == 1 ? "1 source" : "\(plan.parts.count) sources"
    var lines = [
      "restore \(plan.name) in place: \(count), \(plan.bytes), \(plan.expectedSeconds.map { "about \(DurationText.of(seconds: $0))" } ?? "time unknown")"
    ]
    for part in plan.parts {
      let source = part.store.source
      lines += [
        "", "\(source)",
        "  replaces  \(part.names == nil ? "" : "what is in ")\(replaced(part).joined(separator: ", "))\(part.replacesSomething ? "" : " (nothing is there now)")",
        "  by        \(content(part)), \(DurationText.of(seconds: age(part))) old"
          + (part.live.volume == nil ? ", \(part.entries) entries, \(part.bytes)" : ""),
        "  checked   \(part.snapshot == nil ? checked(part) : "a snapshot of the volume itself; not an archive")",
        "  time      \(part.snapshot == nil ? time(part.trust.expectedSeconds) : "seconds")",
        "  space     \(part.writesDifference ? "at most " : "")\(part.bytes) needed, \(part.live.available) free in \(part.live.room.displayedPath)",
      ]
      lines += volumeLines(part) + nameLines(part)
      lines += [
        "  undo      "
          + (part.replacesSomething
            ? "what is there now is kept \(keptIn(part)) for \(AgeText.ofLength(plan.keepUndo)), and longer until it is forgotten"
            : "takes away what was restored")
      ]
    }
    if !plan.named.isEmpty {
      let running = plan.running.map(\.description).joined(separator: ", ")
      lines += [
        "", "workloads of the configuration",
        running.isEmpty ? "  stops     nothing: none of them runs" : "  stops     \(running); started again afterwards",
      ]
    }
    return lines + warnings.map { "warning: \($0)" }
  }

  private func content(_ part: InPlacePlan.Part) -> String {
    part.snapshot.map { "the snapshot \($0.name.volume)" } ?? "\(part.point.id)"
  }

  /// What there is to say of a volume beside what is said of all.
  private func volumeLines(_ part: InPlacePlan.Part) -> [String] {
    guard let volume = part.live.volume else { return [] }
    var lines: [String] = []
    if let claim = volume.claim { lines.append("  claim     \(claim)") }
    if part.writesDifference { lines.append("  writes    only what differs from the live volume, into a clone of it") }
    if volume.workloads.isEmpty {
      lines.append(
        volume.isOpen
          ? "  stops     nothing: it is open now; stop what uses it, it is waited for"
          : "  stops     nothing: nothing uses it")
    } else {
      lines.append(
        "  stops     \(volume.workloads.map(\.description).joined(separator: ", ")); started again afterwards")
    }
    if let faster = part.faster, let created = faster.created {
      lines.append(
        "  faster    --from snapshot: \(faster.name.volume) of \(created), \(AgeText.of(created, now: now)) old, takes seconds"
      )
    }
    return lines
  }

  /// What is replaced, as people call it.
  private func replaced(_ part: InPlacePlan.Part) -> [String] {
    let live = part.live.path.displayedPath
    return part.paths.isEmpty ? [live] : part.paths.map { "\(live)/\($0.displayedPath)" }
  }

  private func keptIn(_ part: InPlacePlan.Part) -> String {
    part.live.tree.map { $0.beside == $0.path } == true
      ? "in a hidden directory in \(part.live.path.displayedPath)" : "beside it"
  }

  /// That a directory can't be exchanged itself, and what that means.
  private func nameLines(_ part: InPlacePlan.Part) -> [String] {
    guard let names = part.names, let anchor = part.live.tree?.anchor else { return [] }
    let why = anchor == .mountPoint ? "it is a mount point" : "it is exported by NFS"
    return [
      "  exchange  not one instant: \(names) \(names == 1 ? "name" : "names one after the other"), since \(why); meanwhile "
        + "readers see old and restored names side by side"
    ]
  }

  private var warnings: [String] {
    var warnings = plan.tooFull.map {
      "\($0.directory.displayedPath) has only \($0.available) free for \($0.needed)"
    }
    warnings += plan.absent.map {
      "\($0) is to be stopped, but isn't there: `kubectl get \($0.target) -n \($0.namespace)`"
    }
    for part in plan.parts {
      let source = part.store.source
      if !part.point.suspicious.isEmpty, part.snapshot == nil {
        warnings.append("\(source)@\(part.point.id) looks wrong: \(part.point.suspicious.joined(separator: "; "))")
      }
      if let size = part.live.volume?.size, let image = part.point.volume?.snapshot?.size, part.snapshot == nil,
        size.bytes != image
      {
        warnings.append("\(source) gets the size that it had: \(ByteCount(image)) instead of \(size)")
      }
      if part.trust.knowsOfDamage, part.snapshot == nil {
        warnings.append("damage of \(source) is known: `backupctl verify \(source.name)`")
      }
      let excluded = exclusions(source)
      if !excluded.isEmpty, part.paths.isEmpty {
        warnings.append(
          "archives of \(source) leave out \(excluded.joined(separator: ", ")): that will be in the undo only")
      }
      if let warning = exportWarning(part) { warnings.append(warning) }
      for path in part.live.tree?.exportsBelow ?? [] where isReplaced(path, part) {
        warnings.append(
          "\(path.displayedPath) is exported by itself: its clients go on using the old tree until they mount it anew")
      }
    }
    return warnings
  }

  private func exportWarning(_ part: InPlacePlan.Part) -> String? {
    guard part.live.isExported else { return nil }
    if part.paths.isEmpty, part.names == nil {
      return
        "\(part.live.path.displayedPath) is exported by NFS: clients go on using the old tree until they mount it anew"
    }
    let paths = replaced(part)
    return
      "\(paths.joined(separator: ", ")) \(paths.count == 1 ? "is" : "are") exported by NFS: clients see what is restored "
      + "without mounting anew, but go on with the old of what they hold open"
  }

  /// Whether a directory is moved away.
  private func isReplaced(_ path: PathBytes, _ part: InPlacePlan.Part) -> Bool {
    let live = part.live.path
    return part.paths.isEmpty
      || part.paths.contains { path.starts(with: live + [0x2F] + $0 + [0x2F]) || path == live + [0x2F] + $0 }
  }

  private func checked(_ part: InPlacePlan.Part) -> String {
    let drilled = part.trust.drilled.map {
      "this point was drilled \(AgeText.of($0, now: now)) ago" + Self.text(ofDrill: part.trust.drillResult)
    }
    let verified = part.trust.verified.map { "stored data was verified \(AgeText.of($0, now: now)) ago" }
    let known = [drilled, verified].compactMap(\.self)
    return known.isEmpty ? "never drilled, never verified" : known.joined(separator: "; ")
  }

  private static func text(ofDrill result: Attestation.Result?) -> String {
    switch result {
    case .ok, nil: ""
    case .damaged: " and WAS NOT WHOLE"
    case .incomplete: ", but not all of it could be looked at"
    }
  }

  private func time(_ seconds: Double?) -> String {
    seconds.map { "about \(DurationText.of(seconds: $0))" } ?? "unknown: never drilled or restored"
  }

  private func age(_ part: InPlacePlan.Part) -> Double { max(0, now.secondsSince(part.begun)) }
}

extension AgeText {
  /// A length of time with one unit.
  static func ofLength(_ length: Duration) -> String {
    of(Timestamp(seconds: 0), now: Timestamp(seconds: length.components.seconds))
  }
}
