import BackupModel

extension VolumeDeclaration {
  /// The declaration as lines of YAML with every default of this module spelled out.
  var effectiveLines: [String] {
    var lines = ["name: \(name.yamlQuoted)", "group: \(group.yamlQuoted)"]
    if let pool { lines.append("pool: \(pool.yamlQuoted)") }
    lines.append("match: \(patterns.map(\.text).yamlList)")
    if let namespaces { lines.append("namespaces: \(namespaces.map(\.text).yamlList)") }
    if let minimumSize { lines.append("minimum-size: \(minimumSize.exactText)") }
    if let maximumSize { lines.append("maximum-size: \(maximumSize.exactText)") }
    lines += Configuration.lines("exclude", of: exclusions.map { [$0.effectiveText] })
    lines.append("mode: \(mode.rawValue)")
    if mode == .image {
      if let blockSize { lines.append("block-size: \(blockSize.exactText)") }
      lines += ["audit: \(audit)", "compare-in-full: \(compareInFull)"]
    }
    lines.append("together: \(together)")
    if let freeze {
      lines += ["freeze:", "  command: \(freeze.freeze.yamlList)", "  thaw: \(freeze.thaw.yamlList)"]
      lines.append("  timeout: \(freeze.timeLimit.policyText)")
    }
    switch luksKey {
    case .file(let path): lines.append("luks: {key-file: \(path.yamlQuoted)}")
    case .command(let vector): lines.append("luks: {key-command: \(vector.yamlList)}")
    case nil: break
    }
    if let maximumAge { lines.append("maximum-age: \(maximumAge.policyText)") }
    return lines
  }
}

extension VolumeDeclaration.Exclusion {
  fileprivate var effectiveText: String {
    switch excluded {
    case .volumes(let pattern): "{match: \(pattern.text.yamlQuoted), reason: \(reason.yamlQuoted)}"
    case .claims(let namespace, let claim):
      "{claim: \("\(namespace)/\(claim)".yamlQuoted), reason: \(reason.yamlQuoted)}"
    }
  }
}

extension PoolLimits {
  /// The limits as lines of YAML.
  var effectiveLines: [String] { ["pool-limits:", "  data: \(data)", "  metadata: \(metadata)"] }
}

extension KubernetesDeclaration {
  /// The declaration as lines of YAML.
  var effectiveLines: [String] {
    [
      "kubernetes:", "  command: \(command.yamlList)", "  driver: \(driver.yamlQuoted)",
      "  timeout: \(timeLimit.policyText)",
    ]
  }
}
