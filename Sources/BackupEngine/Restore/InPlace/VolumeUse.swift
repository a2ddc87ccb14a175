import HostSystem
public import VolumeSnapshots

/// Stops what uses volumes, until they are closed, and starts it again.
///
/// With a cluster it stops what uses the volumes' claims, and what the configuration names besides. Without one it waits: whoever runs the restore stops what uses them.
public struct VolumeUse: Sendable {
  /// How long things may take.
  public struct Limits: Sendable {
    /// Until all volumes are closed.
    public var stop: Duration
    /// Until all pods are ready again.
    public var start: Duration

    /// Sets limits.
    public init(stop: Duration, start: Duration) {
      self.stop = stop
      self.start = start
    }
  }

  let host: VolumeHost
  let limits: Limits

  /// Works on the volumes of a host.
  public init(_ host: VolumeHost, limits: Limits) {
    self.host = host
    self.limits = limits
  }

  private var cluster: ClusterWorkloads? {
    host.cluster.map {
      ClusterWorkloads(command: $0.command, timeLimit: $0.timeLimit, tools: host.tools, sleep: host.sleep)
    }
  }

  /// The cluster in which something was stopped, or is to be.
  ///
  /// - Returns: nil if nothing was, so that none is needed.
  private func cluster(of workloads: [Workload]) throws -> ClusterWorkloads? {
    guard let first = workloads.first else { return nil }
    guard let cluster else {
      throw VolumeError(
        .refused, "cannot stop or start \(first): the configuration names no cluster",
        hint:
          "give the configuration with `kubernetes` by which the restore was begun, with --config; or start it by hand: "
          + "`\(ClusterWorkloads.handStart(first))`")
    }
    return cluster
  }

  /// The volumes of the host.
  ///
  /// - Throws: `VolumeError`; `ChildError` if LVM isn't installed.
  public func inventory() async throws -> VolumeInventory { try await host.inventory() }

  /// The claims of the cluster, as far as they are known.
  ///
  /// - Throws: `CancellationError`.
  public func claims() async throws -> KnownClaims {
    try await KnownClaims.ask(host.cluster, tools: host.tools, catalog: host.catalog, clock: host.clock)
  }

  /// What uses claims now and would be stopped.
  ///
  /// - Throws: `VolumeError`: `refused` if something uses one that can't be stopped here.
  public func workloads(of claims: [ClaimInUse]) async throws -> [Workload] {
    try await cluster?.users(of: claims) ?? []
  }

  /// What of some workloads that are named runs now and would be stopped, and which of them aren't there.
  ///
  /// - Throws: `VolumeError`: `refused` without a cluster, and if one can't be stopped here.
  public func look(for named: [Workload]) async throws -> (running: [Workload], absent: [Workload]) {
    try await cluster(of: named)?.look(for: named) ?? ([], [])
  }

  /// What must be stopped for a restore, each once: what uses its volumes' claims, and what is named besides.
  func users(of record: RestoreRecord) async throws -> (running: [Workload], absent: [Workload]) {
    let users = try await workloads(of: record.claims)
    let (named, absent) = try await look(for: record.named ?? [])
    return (users + named.filter { new in !users.contains { $0.description == new.description } }, absent)
  }

  /// Stops what uses the volumes of a restore, and returns when all of them are closed.
  ///
  /// - Throws: `VolumeError`: `busy` if one is still in use at the limit, with what uses it; `refused` if something starts it again.
  func stop(_ record: RestoreRecord) async throws {
    let workloads = record.workloads ?? []
    let stopping = try cluster(of: workloads)
    for workload in workloads { try await stopping?.stop(workload) }
    let begun = host.clock.elapsed()
    while let obstacle = try await obstacle(record) {
      guard host.clock.elapsed() - begun < limits.stop else {
        let what = record.hasVolumes ? "restored volumes in place: one" : "what was restored in place: what is there"
        throw VolumeError(
          .busy, "cannot put \(what) is still in use after \(Int(limits.stop.inSeconds)) s",
          cause: obstacle.text, hint: "see what it is: `\(obstacle.hint)`")
      }
      try await host.sleep(.seconds(1))
    }
  }

  /// What still uses one of the volumes, or is to be stopped and isn't.
  private func obstacle(_ record: RestoreRecord) async throws -> (text: String, hint: String)? {
    if let cluster,
      let found = try await cluster.obstacle(
        to: record.claims, stopped: record.workloads ?? [], emptied: record.named ?? [])
    {
      return (found.text, found.hint)
    }
    // A host whose trees are restored need not have LVM.
    guard record.hasVolumes else { return nil }
    let inventory = try await host.inventory()
    for name in record.parts.compactMap(\.volume?.swap.live) where inventory.volumeIfAny(name)?.isOpen == true {
      return ("the device of \(name) is open", "fuser -v \(name.devicePath); lsblk \(name.devicePath)")
    }
    return nil
  }

  /// Starts again what was stopped.
  func start(_ record: RestoreRecord) async throws {
    let workloads = record.workloads ?? []
    let starting = try cluster(of: workloads)
    for workload in workloads { try await starting?.start(workload) }
  }

  /// Waits until what was started is ready.
  ///
  /// - Returns: what isn't after the limit.
  func notReady(_ record: RestoreRecord) async throws -> [Workload] {
    try await cluster?.notReady(record.workloads ?? [], limit: Int(limits.start.inSeconds)) ?? []
  }
}
