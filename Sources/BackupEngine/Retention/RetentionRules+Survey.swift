public import BackupPolicy
public import BackupRepository

extension RetentionRules {
  /// Finds which rules apply to each source of a host.
  ///
  /// - Parameter job: the rules of the job that forgets; nil if it has none or there is no job.
  /// - Throws: `RepositoryError` if the sources can't be listed.
  public init(
    _ configuration: Configuration?, in repository: Repository, job: EffectiveRules? = nil
  ) throws {
    let declaration = configuration?.retention ?? RetentionDeclaration()
    guard declaration.hasOverrides else {
      // Nothing hangs on a name, so nobody need look at services.
      self.init(declaration, directory: ServiceDirectory([], sources: []), sources: [], job: job)
      return
    }
    let survey = try ServiceSurvey(configuration, in: repository)
    self.init(declaration, directory: survey.directory, sources: survey.sources, job: job)
  }

  /// Refuses to go on if some rules apply to nothing.
  ///
  /// A misspelt name would have what it was meant to keep forgotten by other rules, and what is forgotten doesn't come back.
  /// - Throws: ``EngineError`` `badSpecification` naming each place.
  public func check() throws(EngineError) {
    guard let first = problems.first else { return }
    throw EngineError(
      .badSpecification, "cannot forget by the rules of the configuration: \(first.line)",
      cause: problems.count > 1 ? problems.dropFirst().map(\.line).joined(separator: "; ") : nil,
      hint:
        "correct the name or take the rules out; `backupctl config show --effective` shows what applies to each source")
  }
}
