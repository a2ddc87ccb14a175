import HostSystem

/// Examines the installed thin-provisioning-tools.
public enum ThinTools {
  /// A program of them; a host may have them of different packages.
  public enum Program: String, CaseIterable, Sendable {
    /// Lists the thin devices of a pool and what each takes.
    case list = "thin_ls"
    /// Prints the mappings of a thin device.
    case dump = "thin_dump"
    /// Compares the mappings of two thin devices.
    case delta = "thin_delta"
  }

  /// The version of the installed tools, if those that are to be used can be relied on.
  ///
  /// - Parameter programs: those that are to be used.
  /// - Throws: ``VolumeError`` `unsupportedVersion` with the reason and what to install, `unusableOutput` if a program
  ///   doesn't say its version; as ``ToolRunning/run(_:_:input:timeLimit:)``.
  @discardableResult
  public static func check(_ programs: [Program], of tools: any ToolRunning) async throws -> ThinToolsVersion {
    var versions: [ThinToolsVersion] = []
    for program in programs.map(\.rawValue) {
      let output = try await tools.output(of: program, ["-V"], to: "find the version of \(program)")
      guard let version = ThinToolsVersion(printed: output) else {
        throw VolumeError(
          .unusableOutput, "cannot use \(program): it doesn't say its version",
          cause: Array(output.prefix(200)).displayedPath, hint: advice)
      }
      if let refusal = version.refusal {
        throw VolumeError(
          .unsupportedVersion, "cannot use \(program) \(version): \(refusal)",
          cause: "versions 0.7.4 to 0.9.0, and 1.0.6 or newer, are accepted", hint: advice)
      }
      versions.append(version)
    }
    guard let first = versions.first, versions.allSatisfy({ $0 == first }) else {
      let found = zip(programs, versions).map { "\($0.rawValue) \($1)" }.joined(separator: ", ")
      throw VolumeError(
        .unsupportedVersion, "cannot use the thin-provisioning-tools: they are of different versions", cause: found,
        hint: advice)
    }
    return first
  }

  private static let advice =
    "install thin-provisioning-tools 0.9.0 (Debian 12) or 1.0.6 and newer (Debian 13 has 1.1.0): "
    + "`apt-get install thin-provisioning-tools`"
}
