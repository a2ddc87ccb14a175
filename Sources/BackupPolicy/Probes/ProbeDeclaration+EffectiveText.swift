extension ProbeDeclaration {
  /// The declaration as YAML on one line with every default; ``list(_:)`` reads it back.
  var effectiveText: String {
    var values = ["timeout: \(timeLimit.policyText)"]
    switch test {
    case .sqlite, .fileSystem: break
    case .dump(let unchangedFor): values.append("unchanged-for: \(unchangedFor?.policyText ?? "never")")
    case .postgres(let programs): values.append("programs: \(programs.yamlQuoted)")
    case .command(let vector): values.insert("run: \(vector.yamlList)", at: 0)
    }
    return "{\(name): {\(values.joined(separator: ", "))}}"
  }
}
