public import BackupModel
public import BackupPolicy
public import HostSystem

/// A command whose output is archived as one source.
public struct StreamSource: Sendable {
  /// The source's name; its kind is stream.
  public var source: SourceID
  /// What writes the content to its standard output.
  public var command: ChildCommand
  /// The name that the content has in a point: one component.
  public var file: String
  /// Whether an output of no bytes is nothing unusual.
  public var mayBeEmpty: Bool

  /// Describes a source.
  public init(
    source: SourceID, command: ChildCommand, file: String = StreamDeclaration.defaultFile, mayBeEmpty: Bool = false
  ) {
    self.source = source
    self.command = command
    self.file = file
    self.mayBeEmpty = mayBeEmpty
  }

  /// The source of a configured stream.
  ///
  /// - Throws: ``EngineError`` `badSpecification` if it has no command; a parsed declaration has one.
  public init(_ stream: StreamDeclaration) throws(EngineError) {
    guard var command = ChildCommand(vector: stream.command) else {
      throw EngineError(.badSpecification, "cannot archive \(stream.source): it has no command")
    }
    command.environment = stream.environment
    self.init(source: stream.source, command: command, file: stream.file, mayBeEmpty: stream.mayBeEmpty)
  }
}
