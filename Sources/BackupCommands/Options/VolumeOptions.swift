import ArgumentParser
import BackupCatalog
import BackupEngine
import BackupModel
import BackupPolicy
import HostSystem
import VolumeSnapshots

/// Gives commands the means to work on the volumes of this host.
enum VolumeWork {
  /// The means to look at volumes; nothing can be made with them.
  ///
  /// - Parameter catalog: where the cluster's last answer is kept; nil if there is none yet.
  static func looking(_ configuration: Configuration?, catalog: Catalog?) -> VolumeHost {
    var host = VolumeHost(
      tools: HostTools(), leases: RefusedLeases(), clock: CommandEnvironment.current.clock, holder: LockHolder.text,
      directory: directory)
    host.catalog = catalog
    host.asksCluster = false
    return configured(host, configuration)
  }

  /// The means to work on volumes, with leases in a catalog.
  ///
  /// - Throws: ``CommandError`` if `/proc` isn't there: without it nobody could tell later whether this process lives.
  static func working(_ configuration: Configuration?, catalog: Catalog) throws -> VolumeHost {
    let environment = CommandEnvironment.current
    guard let process = ProcessIdentity.running(environment.processID) else {
      throw CommandError(
        .failed, "cannot work on volumes: /proc doesn't show this process", hint: "mount it: `mount -t proc proc /proc`"
      )
    }
    return configured(
      VolumeHost(
        tools: HostTools(), catalog: catalog, process: process, clock: environment.clock, holder: LockHolder.text,
        directory: directory), configuration)
  }

  /// The same after what killed processes left was removed.
  static func reclaiming(_ configuration: Configuration?, catalog: Catalog) async throws -> VolumeHost {
    let host = try working(configuration, catalog: catalog)
    for line in try await VolumeReclaim(host: host, catalog: catalog).run() {
      CommandEnvironment.current.messages.line(line)
    }
    return host
  }

  /// The same for restores in place, which stop and start what uses volumes.
  static func use(_ configuration: Configuration?, catalog: Catalog) async throws -> VolumeUse {
    VolumeUse(try await reclaiming(configuration, catalog: catalog), limits: limits(configuration))
  }

  /// The means to stop and start workloads of the cluster where no volume is restored: without leases, and without LVM.
  static func cluster(_ configuration: Configuration?) -> VolumeUse {
    VolumeUse(looking(configuration, catalog: nil), limits: limits(configuration))
  }

  private static func limits(_ configuration: Configuration?) -> VolumeUse.Limits {
    let restore = configuration?.restore ?? RestoreDeclaration()
    return VolumeUse.Limits(stop: restore.stopWithin, start: restore.startWithin)
  }

  /// What there is of the volumes that a configuration declares; nil if it declares none.
  ///
  /// - Parameter asksCluster: whether to ask for the claims, rather than to take the last answer: a cluster that hangs must not hold up
  ///   what is written with each step of a run.
  static func seen(
    _ configuration: Configuration, catalog: Catalog?, asksCluster: Bool = false
  ) async throws -> SeenVolumes? {
    guard !configuration.volumes.isEmpty else { return nil }
    return try await looking(configuration, catalog: catalog).look(asksCluster: asksCluster).seen
  }

  private static var directory: String {
    // systemd gives the directory that the unit asks for; locks must be where processes started by hand look too.
    let given = CommandEnvironment.current.variables["BACKUPCTL_RUNTIME_DIRECTORY"].flatMap { $0.isEmpty ? nil : $0 }
    return given ?? VolumeHost.defaultDirectory
  }

  private static func configured(_ host: VolumeHost, _ configuration: Configuration?) -> VolumeHost {
    var host = host
    host.declarations = configuration?.volumes ?? []
    host.limits = configuration?.poolLimits ?? host.limits
    host.cluster = configuration?.kubernetes
    return host
  }

  /// The volumes that a person means: names of selections, or `GROUP/VOLUME`.
  ///
  /// - Throws: ``CommandError`` for what is neither; as `SeenVolumes.selection(of:)`.
  static func targets(_ arguments: [String], on host: VolumeHost) async throws -> [VolumeTarget] {
    var seen: SeenVolumes?
    var targets: [VolumeTarget] = []
    for argument in arguments {
      if let declaration = host.declarations.first(where: { $0.name == argument }) {
        if seen == nil { seen = try await host.look().seen }
        targets += try seen?.selection(of: declaration).selected.compactMap { VolumeTarget($0, of: declaration) } ?? []
      } else if let name = VolumeName(parsing: argument) {
        targets.append(try await target(name, on: host, &seen))
      } else {
        let nearest = nearestName(to: argument, among: host.declarations.map(\.name))
        throw CommandError(
          .usage, "cannot tell which volumes '\(argument)' are",
          hint: nearest.map { "did you mean `\($0)`?" }
            ?? "give GROUP/VOLUME, as `backupctl volumes list` prints it, or the name of a selection of the configuration"
        )
      }
    }
    return targets
  }

  /// A volume by its name, as the selection that has it would have it archived.
  private static func target(
    _ name: VolumeName, on host: VolumeHost, _ seen: inout SeenVolumes?
  ) async throws -> VolumeTarget {
    if !host.declarations.isEmpty {
      let looked = if let seen { seen } else { try await host.look().seen }
      seen = looked
      for declaration in host.declarations where declaration.group == name.group {
        // What can't be selected is no reason not to archive what a person names.
        guard let selection = try? looked.selection(of: declaration) else { continue }
        if let volume = selection.selected.first(where: { $0.name == name.volume }),
          let target = VolumeTarget(volume, of: declaration)
        {
          return target
        }
      }
    }
    return VolumeTarget(name)
  }
}
