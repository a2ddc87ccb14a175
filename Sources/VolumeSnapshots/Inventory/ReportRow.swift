import BackupModel

/// One row of a report of lvm2: texts by field, with accessors that name what is missing or can't be understood.
struct ReportRow {
  /// The program that said it, for messages.
  let tool: String
  /// The values by field; a number of the format `json_std` is kept as its digits, a list as its items with commas between.
  let values: [String: String]

  /// The text of a field; may be empty.
  func text(_ field: String) throws(VolumeError) -> String {
    guard let text = values[field] else {
      throw VolumeError(
        .unusableOutput, "cannot understand what \(tool) says of \(subject): the field \(field) is missing",
        hint: "check `\(tool) --version` and run `\(tool) -o +\(field)`")
    }
    return text
  }

  /// The text of a field that must not be empty.
  func filled(_ field: String) throws(VolumeError) -> String {
    let text = try text(field)
    guard !text.isEmpty else { throw unusable(field, text) }
    return text
  }

  /// A whole number.
  func number(_ field: String) throws(VolumeError) -> Int64 {
    let text = try text(field)
    guard let number = Int64(text), number >= 0 else { throw unusable(field, text) }
    return number
  }

  /// A number of bytes.
  func bytes(_ field: String) throws(VolumeError) -> ByteCount { ByteCount(try number(field)) }

  /// Seconds since 1970, or nil if LVM doesn't know.
  func time(_ field: String) throws(VolumeError) -> Timestamp? {
    try text(field).isEmpty ? nil : Timestamp(seconds: try number(field))
  }

  /// A level, or nil if LVM can't tell, which it says by an empty text.
  func level(_ field: String) throws(VolumeError) -> FillLevel? {
    let text = try text(field)
    if text.isEmpty { return nil }
    guard let level = FillLevel(parsing: text) else { throw unusable(field, text) }
    return level
  }

  /// Whether a field has its word; an empty text is no, `unknown` is no as well: the thing isn't active.
  func isSet(_ field: String, word: String) throws(VolumeError) -> Bool {
    switch try text(field) {
    case word: true
    case "", "unknown": false
    case let other: throw unusable(field, other)
    }
  }

  /// The items of a list.
  func items(_ field: String) throws(VolumeError) -> [String] {
    try text(field).split(separator: ",").map(String.init)
  }

  /// The name of the volume in a row of `lvs`.
  func volumeName(_ field: String = "lv_name") throws(VolumeError) -> VolumeName {
    let (group, volume) = (try text("vg_name"), try text(field))
    guard let name = VolumeName(group: group, volume: volume) else { throw unusable(field, "\(group)/\(volume)") }
    return name
  }

  /// The name of another volume of the same group, or nil if the field is empty.
  ///
  /// Volumes that LVM hides are written in brackets in some fields; those are dropped.
  func volumeNameIfAny(_ field: String) throws(VolumeError) -> VolumeName? {
    let text = try text(field)
    if text.isEmpty { return nil }
    let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    guard let name = VolumeName(group: try self.text("vg_name"), volume: bare) else { throw unusable(field, text) }
    return name
  }

  /// An error that names field and value.
  func unusable(_ field: String, _ value: String) -> VolumeError {
    VolumeError(
      .unusableOutput, "cannot understand what \(tool) says of \(subject): \(field) is '\(value)'",
      hint: "run `\(tool) -o +\(field)`")
  }

  private var subject: String {
    switch (values["vg_name"], values["lv_name"]) {
    case (let group?, let volume?): "\(group)/\(volume)"
    case (let group?, nil): group
    default: "a volume without a name"
    }
  }
}
