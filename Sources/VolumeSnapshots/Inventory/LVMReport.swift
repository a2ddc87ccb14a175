import FoundationEssentials

/// The JSON that lvm2 prints with `--reportformat json` or `json_std`: reports, each with rows under a name such as `lv`.
struct LVMReport: Decodable {
  private let report: [[String: [[String: Value]]]]

  /// The rows under a name.
  ///
  /// - Parameter tool: the program that printed it, for messages.
  /// - Throws: ``VolumeError`` `unusableOutput` for anything that isn't such a report, or was cut off.
  static func rows(_ name: String, in output: [UInt8], of tool: String) throws(VolumeError) -> [ReportRow] {
    let decoded: LVMReport
    do {
      decoded = try JSONDecoder().decode(LVMReport.self, from: Data(output))
    } catch {
      let start = String(decoding: output.prefix(120), as: UTF8.self)
      throw VolumeError(
        .unusableOutput, "cannot understand what \(tool) says: it isn't a report in JSON",
        cause: output.isEmpty ? "it printed nothing" : "it begins with '\(start)' and has \(output.count) bytes",
        hint: "run `\(tool) --reportformat json`")
    }
    let lists = decoded.report.compactMap { $0[name] }
    guard !lists.isEmpty else {
      throw VolumeError(
        .unusableOutput, "cannot understand what \(tool) says: its report has no '\(name)'",
        hint: "run `\(tool) --reportformat json`")
    }
    return lists.joined().map { row in ReportRow(tool: tool, values: row.mapValues(\.text)) }
  }

  /// A value: always a text in `json`; in `json_std` also a number, a list or null.
  private struct Value: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        text = ""
      } else if let string = try? container.decode(String.self) {  // Another type is tried next.
        text = string
      } else if let items = try? container.decode([String].self) {  // As above.
        text = items.joined(separator: ",")
      } else if let number = try? container.decode(Int64.self) {  // As above.
        text = String(number)
      } else {
        text = String(try container.decode(Double.self))
      }
    }
  }
}
