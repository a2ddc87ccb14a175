import BackupModel

/// An amount of storage as Kubernetes writes it: `10Gi`, `500M`, `1.5Gi`, `10737418240`, `1e10`.
///
/// The format: `k8s.io/apimachinery/pkg/api/resource`, `Quantity`. `Ki`, `Mi` … are powers of 1024, `k`, `M` … of 1000,
/// `e` has a power of ten.
func byteCount(ofKubernetes text: String) -> ByteCount? {
  let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
  guard let number = Double(digits), digits.first != ".", digits.last != "." else { return nil }
  let binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
  let decimal = ["k", "M", "G", "T", "P", "E"]
  let suffix = String(text.dropFirst(digits.count))
  var factor = 1.0
  if let power = binary.firstIndex(of: suffix) {
    for _ in 0...power { factor *= 1024 }
  } else if let power = decimal.firstIndex(of: suffix) {
    for _ in 0...power { factor *= 1000 }
  } else if let first = suffix.first, first == "e" || first == "E" {
    guard let power = Int(suffix.dropFirst()), (0...18).contains(power) else { return nil }
    for _ in 0..<power { factor *= 10 }
  } else if !suffix.isEmpty {
    return nil
  }
  let bytes = (number * factor).rounded(.up)
  guard bytes.isFinite, bytes < 9.0e18 else { return nil }
  return ByteCount(Int64(bytes))
}
