extension Configuration {
  /// The configuration as YAML with every default spelled out; it parses back to an equal configuration.
  ///
  /// What is neither set nor has a default, such as a rate that isn't limited, is left out.
  public func effectiveYAML() -> String {
    var lines = ["repository:", "  path: \(repository.path.yamlQuoted)"]
    if let id = repository.id { lines.append("  id: \(id.yamlQuoted)") }
    lines.append("  must-be-mounted: \(repository.mustBeMounted)")
    lines.append("  immutable: \(repository.isImmutable)")
    if let stateDirectory { lines.append("state-directory: \(stateDirectory.yamlQuoted)") }
    lines.append("schedules: \(scheduleDirectory.yamlQuoted)")
    lines.append("plugins: \(pluginDirectories.yamlList)")
    if let maximumAge { lines.append("maximum-age: \(maximumAge.policyText)") }
    lines += Self.lines("trees", of: trees.map(\.effectiveLines))
    lines += Self.lines("streams", of: streams.map(\.effectiveLines))
    lines += Self.lines("volumes", of: volumes.map(\.effectiveLines)) + poolLimits.effectiveLines
    lines += kubernetes?.effectiveLines ?? []
    lines += Self.lines("services", of: services.map(\.effectiveLines))
    lines += retention.effectiveLines + restore.effectiveLines
    lines += parameters.effectiveLines + limits.effectiveLines + metrics.effectiveLines
    lines += Self.lines("notifications", of: notifications.map(\.effectiveLines))
    lines += coverage.effectiveLines
    return lines.joined(separator: "\n") + "\n"
  }

  /// A key with a list of mappings, each given as its lines.
  static func lines(_ key: String, of items: [[String]]) -> [String] {
    guard !items.isEmpty else { return ["\(key): []"] }
    return ["\(key):"]
      + items.flatMap { item in item.enumerated().map { ($0.offset == 0 ? "  - " : "    ") + $0.element } }
  }
}

extension TreeDeclaration {
  fileprivate var effectiveLines: [String] {
    var lines = ["name: \(name.yamlQuoted)", "path: \(path.yamlQuoted)"]
    lines += Configuration.lines(
      "exclude", of: exclusions.map { ["{pattern: \($0.pattern.yamlQuoted), reason: \($0.reason.yamlQuoted)}"] })
    lines.append("one-file-system: \(staysOnOneFileSystem)")
    lines.append("each-child: \(eachChild)")
    if eachChild {
      lines += Configuration.lines(
        "exclude-children",
        of: excludedChildren.map { ["{name: \($0.name.yamlQuoted), reason: \($0.reason.yamlQuoted)}"] })
    }
    if let maximumAge { lines.append("maximum-age: \(maximumAge.policyText)") }
    return lines
  }
}

extension StreamDeclaration {
  fileprivate var effectiveLines: [String] {
    var lines = ["name: \(name.yamlQuoted)", "command: \(command.yamlList)", "file: \(file.yamlQuoted)"]
    let variables = environment.sorted { $0.key < $1.key }
    lines.append(variables.isEmpty ? "environment: {}" : "environment:")
    for (name, value) in variables { lines.append("  \(name): \(value.yamlQuoted)") }
    if let maximumAge { lines.append("maximum-age: \(maximumAge.policyText)") }
    lines.append("may-be-empty: \(mayBeEmpty)")
    return lines
  }
}

extension ArchiveParameters {
  fileprivate var effectiveLines: [String] {
    [
      "parameters:",
      "  compression-level: \(compressionLevel)",
      "  frame-size: \(frameSize.exactText)",
      "  pack-size: \(packSize.exactText)",
      "  chunk-size: \(chunkSize.exactText)",
      "  suspicious-below: \(suspiciousBelow)",
    ]
  }
}

extension Limits {
  fileprivate var effectiveLines: [String] {
    var lines = ["limits:"]
    if let readRate { lines.append("  read-rate: \(readRate.exactText)") }
    if let writeRate { lines.append("  write-rate: \(writeRate.exactText)") }
    if let ioPressure { lines.append("  io-pressure: \(ioPressure)") }
    return lines + ["  threads: \(threads.map(String.init) ?? "auto")"]
  }
}

extension MetricsDeclaration {
  fileprivate var effectiveLines: [String] {
    guard self != MetricsDeclaration() else { return ["metrics: {}"] }
    var lines = ["metrics:"]
    if let textfile { lines.append("  textfile: \(textfile.yamlQuoted)") }
    if let pushgateway {
      lines += ["  pushgateway:", "    url: \(pushgateway.url.yamlQuoted)", "    job: \(pushgateway.job.yamlQuoted)"]
      if let headerFile = pushgateway.headerFile { lines.append("    header-file: \(headerFile.yamlQuoted)") }
    }
    return lines
  }
}

extension CoverageDeclaration {
  fileprivate var effectiveLines: [String] {
    let exclusions = Configuration.lines(
      "exclude", of: excluded.map { ["{path: \($0.path.yamlQuoted), reason: \($0.reason.yamlQuoted)}"] })
    return ["coverage:", "  roots: \(roots.yamlList)"] + exclusions.map { "  " + $0 }
  }
}

extension NotificationDeclaration {
  fileprivate var effectiveLines: [String] {
    var lines = ["name: \(name.yamlQuoted)"]
    if !events.isEmpty {
      lines.append("on: \(Event.allCases.filter(events.contains).map(\.rawValue).yamlList)")
    }
    if let schedules { lines.append("schedules: \(schedules.yamlList)") }
    return lines + target.effectiveLines
  }
}

extension NotificationDeclaration.Target {
  fileprivate var effectiveLines: [String] {
    func header(_ file: String?) -> [String] { file.map { ["  header-file: \($0.yamlQuoted)"] } ?? [] }
    switch self {
    case .webhook(let url, let headerFile):
      return ["webhook:", "  url: \(url.yamlQuoted)"] + header(headerFile)
    case .ntfy(let url, let priority, let tags, let headerFile):
      let level = priority.map { ["  priority: \($0)"] } ?? []
      return ["ntfy:", "  url: \(url.yamlQuoted)"] + level + ["  tags: \(tags.yamlList)"] + header(headerFile)
    case .mail(let recipients, let sender):
      return ["mail:", "  to: \(recipients.yamlList)"] + (sender.map { ["  from: \($0.yamlQuoted)"] } ?? [])
    case .command(let vector):
      return ["command: \(vector.yamlList)"]
    case .ping(let url):
      return ["ping:", "  url: \(url.yamlQuoted)"]
    }
  }
}

extension [String] {
  /// The texts as a YAML list on one line.
  var yamlList: String { "[\(map(\.yamlQuoted).joined(separator: ", "))]" }
}
