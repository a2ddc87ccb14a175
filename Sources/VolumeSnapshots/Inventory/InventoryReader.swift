/// Reads the inventory with `lvs` (lvs(8), lvmreport(7)).
public struct InventoryReader: Sendable {
  /// Settings of the host that would change the report; `%s` is the one format of time that needs no time zone.
  static let settings = #"report { time_format="%s" list_item_separator="," binary_values_as_numeric=0 }"#

  static let fields = [
    "vg_name", "vg_uuid", "vg_seqno", "lv_name", "lv_uuid", "lv_size", "segtype", "lv_active", "lv_suspended",
    "lv_device_open", "lv_attr", "lv_skip_activation", "lv_health_status", "lv_check_needed", "chunk_size",
    "data_percent", "metadata_percent", "lv_metadata_size", "transaction_id", "pool_lv", "pool_lv_uuid", "origin",
    "origin_uuid", "thin_id", "lv_time", "lv_tags",
  ]

  private let tools: any ToolRunning

  /// Reads with these tools.
  public init(tools: any ToolRunning) { self.tools = tools }

  /// Reads groups, pools and thin volumes by one call, whatever the number of volumes, so that each group, its pools and its
  /// volumes are of one instant.
  ///
  /// A group without any volume isn't listed: nothing could be done in it.
  /// - Throws: ``VolumeError`` `toolFailed` or `unusableOutput`; what running a tool throws.
  public func read() async throws -> VolumeInventory {
    var groups: [String: VolumeGroup] = [:]
    var pools: [ThinPool] = []
    var volumes: [ThinVolume] = []
    var otherNames: Set<VolumeName> = []
    for row in try await report(to: "list the volumes") {
      let group = try VolumeGroup(row)
      groups[group.name] = group
      switch try row.text("segtype") {
      case "thin-pool": pools.append(try ThinPool(row))
      case "thin": volumes.append(try ThinVolume(row))
      default: otherNames.insert(try row.volumeName())  // One row for each of its segments.
      }
    }
    return VolumeInventory(groups: Array(groups.values), pools: pools, volumes: volumes, otherNames: otherNames)
  }

  /// Reads one thin volume as it is now.
  ///
  /// - Returns: nil if there is none of that name, or it isn't thin.
  /// - Throws: as ``read()``.
  public func volume(_ name: VolumeName) async throws -> ThinVolume? {
    // A selection that matches nothing isn't an error of `lvs`, unlike a name that isn't there.
    let selection = ["--select", "vg_name=\"\(name.group)\" && lv_name=\"\(name.volume)\""]
    let rows = try await report(selection, to: "look up the volume \(name)")
    return try rows.first { try $0.text("segtype") == "thin" }.map { row in try ThinVolume(row) }
  }

  private func report(_ selection: [String] = [], to purpose: String) async throws -> [ReportRow] {
    let arguments = [
      "--config", Self.settings, "--reportformat", "json", "--units", "b", "--nosuffix",
      "-o", Self.fields.joined(separator: ","),
    ]
    let output = try await tools.output(of: "lvs", arguments + selection, to: purpose)
    return try LVMReport.rows("lv", in: output, of: "lvs")
  }
}
