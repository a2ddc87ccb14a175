import Testing
import VolumeSnapshots

extension FakePool.State {
  mutating func write() {
    let writable = volumes.values.filter { $0.isActive && !$0.isReadOnly }
    guard !writable.contains(where: \.isSuspended) else { return }
    written += 1
    for volume in writable { content[volume.thinID] = written }
  }

  func volumeReport(selection: String?) -> String {
    let pool = [
      "lv_name": "data", "lv_uuid": "uuid-pool", "segtype": "thin-pool", "lv_active": isActive ? "active" : "",
      "lv_suspended": "", "lv_device_open": "open", "lv_attr": "twi-aotz--", "lv_health_status": health,
      "lv_check_needed": check, "chunk_size": "65536", "data_percent": isActive ? dataLevel : "",
      "metadata_percent": isActive ? metadataLevel : "", "lv_metadata_size": "1073741824", "transaction_id": "7",
    ]
    var rows = [pool]
    for (name, volume) in volumes {
      rows.append([
        "lv_name": name, "lv_uuid": volume.uuid, "segtype": "thin", "lv_active": volume.isActive ? "active" : "",
        "lv_suspended": volume.isSuspended ? "suspended" : "", "lv_device_open": volume.isOpen ? "open" : "",
        "lv_attr": volume.isReadOnly ? "Vri---tz-k" : "Vwi-a-tz--",
        "lv_skip_activation": volume.skipsActivation ? "skip activation" : "", "lv_check_needed": "unknown",
        "data_percent": volume.isActive ? "50.00" : "", "pool_lv": "data", "pool_lv_uuid": "uuid-pool",
        "origin": volumes.first { $0.value.uuid == volume.origin }?.key ?? "",
        "origin_uuid": volumes.values.contains { $0.uuid == volume.origin } ? volume.origin ?? "" : "",
        "thin_id": "\(volume.thinID)", "transaction_id": "\(volume.thinID)", "lv_time": "1795370400",
        "lv_tags": volume.tags.sorted().joined(separator: ","),
      ])
    }
    if let selection {
      rows.removeAll { row in !selection.contains("lv_name=\"\(row["lv_name", default: ""])\"") }
    }
    return report(rows.map { $0.merging(groupRow) { $1 } })
  }

  private var groupRow: [String: String] { ["vg_name": "pve", "vg_uuid": "uuid-group", "vg_seqno": "\(sequence)"] }

  private func report(_ rows: [[String: String]]) -> String {
    let fields = [
      "vg_name", "vg_uuid", "vg_seqno", "lv_name", "lv_uuid", "lv_size", "segtype", "lv_active", "lv_suspended",
      "lv_device_open", "lv_attr", "lv_skip_activation", "lv_health_status", "lv_check_needed", "chunk_size",
      "data_percent", "metadata_percent", "lv_metadata_size", "transaction_id", "pool_lv", "pool_lv_uuid", "origin",
      "origin_uuid", "thin_id", "lv_time", "lv_tags",
    ]
    let texts = rows.map { row in
      "{" + fields.map { "\"\($0)\":\"\(row[$0] ?? ($0 == "lv_size" ? "1048576" : ""))\"" }.joined(separator: ", ")
        + "}"
    }
    return "{\"report\": [{\"lv\": [\(texts.joined(separator: ",\n"))]}]}"
  }

  mutating func create(_ arguments: [String]) -> String? {
    guard let name = FakePool.option("--name", arguments), volumes[name] == nil, name != "data",
      let last = arguments.last?.split(separator: "/").last, volumes[String(last)] != nil, health.isEmpty
    else { return nil }
    // As lvm2 does: it suspends, snapshots and resumes an active origin; one that is suspended already breaks the pool.
    guard volumes[String(last)]?.isSuspended == false else {
      Issue.record("lvcreate of a suspended volume")
      return nil
    }
    _ = add(name, origin: String(last))
    volumes[name]?.isReadOnly = FakePool.option("--permission", arguments) == "r"
    volumes[name]?.skipsActivation = FakePool.option("--setactivationskip", arguments) == "y"
    let skips = FakePool.option("--setactivationskip", arguments) == "y"
    volumes[name]?.isActive = !skips || arguments.contains("--ignoreactivationskip")
    volumes[name]?.tags = Set(zip(arguments, arguments.dropFirst()).filter { $0.0 == "--addtag" }.map(\.1))
    return ""
  }

  /// The names of the volumes that `lv_uuid="…" && lv_tags={"…"}` selects.
  private func selected(_ selection: String?) -> [String] {
    guard let selection else { return [] }
    return volumes.filter { _, volume in
      selection.contains("lv_uuid=\"\(volume.uuid)\" ") && volume.tags.contains { selection.hasSuffix("{\"\($0)\"}") }
    }.map(\.key)
  }

  mutating func remove(_ selection: String?) -> String? {
    for name in selected(selection) {
      guard let volume = volumes[name], !volume.isOpen else { return nil }
      content[volume.thinID] = nil
      volumes[name] = nil
      sequence += 1
    }
    return ""
  }

  mutating func changeVolumes(_ arguments: [String]) -> String? {
    let named = arguments.compactMap { VolumeName(parsing: $0)?.volume }
    for name in selected(FakePool.option("--select", arguments)) + named {
      guard let volume = volumes[name] else { return nil }
      if let active = FakePool.option("--activate", arguments) {
        if active == "n", volume.isOpen { return nil }
        if active == "y", volume.skipsActivation, !arguments.contains("--ignoreactivationskip") { continue }
        if active == "y", content[volume.thinID] == nil { return nil }
        volumes[name]?.isActive = active == "y"
      }
      if let tag = FakePool.option("--addtag", arguments) { volumes[name]?.tags.insert(tag) }
      if let tag = FakePool.option("--deltag", arguments) { volumes[name]?.tags.remove(tag) }
      if FakePool.option("--activate", arguments) == nil { sequence += 1 }
    }
    return ""
  }

  mutating func deviceMapper(_ arguments: [String]) -> String? {
    func mapped(_ device: String) -> String? { volumes.keys.first { "pve-\($0)" == device } }
    switch arguments[0] {
    case "table":
      guard let name = mapped(arguments[1]), let volume = volumes[name], volume.isActive else { return nil }
      return "0 2048 thin 253:2 \(volume.thinID)\n"
    case "info":
      let lines = volumes.filter(\.value.isActive).map { name, volume in
        let uuid = "LVM-uuidgroup\(volume.uuid.filter { $0 != "-" })"
        return "pve-\(name):\(uuid):\(volume.isSuspended ? "Suspended" : "Active")\n"
      }
      return lines.isEmpty ? "No devices found\n" : lines.joined()
    case "suspend", "resume":
      for device in arguments.dropFirst() {
        guard let name = mapped(device) else { return nil }
        volumes[name]?.isSuspended = arguments[0] == "suspend"
      }
      return ""
    case "message":
      let words = arguments[3].split(separator: " ").map(String.init)
      guard arguments[1] == "pve-data-tpool", let id = Int(words[1]) else { return nil }
      if words[0] == "delete" { return content.removeValue(forKey: id) == nil ? nil : "" }
      guard words[0] == "create_snap", content[id] == nil, let origin = Int(words[2]), let bytes = content[origin]
      else { return nil }
      content[id] = bytes
      return ""
    default: return nil
    }
  }
}
