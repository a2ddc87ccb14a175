public import BackupCatalog
import BackupModel
public import BackupPolicy
public import HostSystem
public import VolumeSnapshots

/// What work on the volumes of this host needs: the tools, the leases, the declarations, the cluster.
public struct VolumeHost: Sendable {
  /// The programs by which volumes are managed.
  public var tools: any ToolRunning
  /// Notes what must not outlive the process.
  public var leases: any VolumeLeasing
  /// The clock.
  public var clock: any HostClock
  /// Waits between attempts; throws when cancelled.
  public var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  /// Where locks of pools and mount points are: an absolute path on a file system that a reboot empties.
  public var directory: String
  /// Who asks, for whoever finds something held.
  public var holder: String
  /// The selections of volumes that there are: the schedule's and the configuration's.
  public var declarations: [VolumeDeclaration] = []
  /// How full pools may be for a new snapshot.
  public var limits = BackupPolicy.PoolLimits()
  /// The cluster that knows the claims; nil if none is asked.
  public var cluster: KubernetesDeclaration?
  /// Whether the cluster may be asked; else its last answer counts.
  public var asksCluster = true
  /// Where the cluster's last answer is kept; nil if nowhere.
  public var catalog: Catalog?
  /// The name of the run, for the tags of snapshots; nil outside of one.
  public var run: String?
  /// The schedule of the run.
  public var schedule: String?

  /// Where locks and mount points are unless said otherwise.
  public static let defaultDirectory = "/run/backupctl"

  /// Gathers what is needed.
  public init(
    tools: any ToolRunning, leases: any VolumeLeasing, clock: any HostClock, holder: String,
    directory: String = VolumeHost.defaultDirectory
  ) {
    self.tools = tools
    self.leases = leases
    self.clock = clock
    self.holder = holder
    self.directory = directory
  }

  /// Gathers what is needed, with leases in a catalog.
  public init(
    tools: any ToolRunning, catalog: Catalog, process: ProcessIdentity, clock: any HostClock, holder: String,
    directory: String = VolumeHost.defaultDirectory
  ) {
    self.init(
      tools: tools, leases: VolumeLeases(book: catalog.leases, process: process), clock: clock, holder: holder,
      directory: directory)
    self.catalog = catalog
  }

  /// The volumes that LVM lists now.
  ///
  /// - Throws: `VolumeError`; `ChildError` if LVM isn't installed.
  public func inventory() async throws -> VolumeInventory { try await InventoryReader(tools: tools).read() }

  /// What there is of the groups that the declarations name, with the names of claims.
  ///
  /// A host whose volumes can't be listed is a finding, not an error: every group says so.
  /// - Parameter asksCluster: whether the cluster is asked for its claims, if not as ``asksCluster`` says.
  /// - Throws: `CancellationError`.
  public func look(
    asksCluster: Bool? = nil
  ) async throws -> (seen: SeenVolumes, inventory: VolumeInventory?) {
    let claims =
      asksCluster ?? self.asksCluster
      ? try await KnownClaims.ask(cluster, tools: tools, catalog: catalog, clock: clock)
      : KnownClaims.last(of: cluster, in: catalog, now: clock.now(), because: "it wasn't asked again")
    do {
      let inventory = try await inventory()
      return (SeenVolumes(inventory, groups: Set(declarations.map(\.group)), claims: claims), inventory)
    } catch let error as CancellationError {
      throw error
    } catch {
      return (SeenVolumes(notLookedAt: declarations, because: "\(error)"), nil)
    }
  }

  /// How full pools may be, as those who take snapshots count it.
  var thresholds: VolumeSnapshots.PoolLimits {
    VolumeSnapshots.PoolLimits(
      data: FillLevel(millionths: limits.data.millionths), metadata: FillLevel(millionths: limits.metadata.millionths))
  }
}

extension SeenVolumes {
  /// What an inventory says of some groups.
  init(_ inventory: VolumeInventory, groups names: Set<String>, claims: KnownClaims) {
    let groups = names.map { name -> (String, Group) in
      do throws(VolumeError) {
        _ = try inventory.group(name)
        return (
          name,
          .listed(
            pools: inventory.pools.filter { $0.name.group == name }.map(\.name.volume),
            volumes: inventory.volumes.filter { $0.name.group == name }.map(VolumeCandidate.init))
        )
      } catch {
        return (name, .failed(because: error.message))
      }
    }
    self.init(groups: Dictionary(uniqueKeysWithValues: groups), claims: claims)
  }
}

extension VolumeCandidate {
  /// A volume of an inventory.
  init(_ volume: ThinVolume) {
    self.init(
      group: volume.name.group, pool: volume.pool.volume, name: volume.name.volume, size: volume.size,
      isOwnSnapshot: SnapshotTags(volume.tags) != nil)
  }
}
