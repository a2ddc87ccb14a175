import BackupModel

extension String {
  /// The text as a double-quoted YAML scalar that reads back as the same text.
  var yamlQuoted: String {
    var quoted = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      // Control characters, line separators and the byte order mark are not printable in YAML 1.1.
      case _
      where scalar.value < 0x20 || (0x7f...0xa0).contains(scalar.value) || scalar.value == 0x2028
        || scalar.value == 0x2029 || scalar.value == 0xfeff || (0xfffe...0xffff).contains(scalar.value):
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

extension ByteCount {
  /// The count without rounding, in the largest unit that divides it: `2MiB`, `1536KiB`, `1000`.
  var exactText: String {
    var units = ["KiB", "MiB", "GiB", "TiB", "PiB"][...]
    var number = bytes
    var unit = ""
    while number != 0, number % 1024 == 0, let larger = units.popFirst() {
      number /= 1024
      unit = larger
    }
    return "\(number)\(unit)"
  }
}
