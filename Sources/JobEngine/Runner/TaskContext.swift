/// What an attempt knows of the run around it.
public struct TaskContext<Subject: TaskSubject>: Sendable {
  /// The task.
  public let id: TaskID<Subject>
  /// Which attempt this is; the first is 1.
  public let attempt: Int
  private let sink: @Sendable (TaskProgress) -> Void

  /// Makes a context whose remarks go to `sink`, for testing a body by itself.
  public init(id: TaskID<Subject>, attempt: Int, sink: @escaping @Sendable (TaskProgress) -> Void) {
    self.id = id
    self.attempt = attempt
    self.sink = sink
  }

  /// Passes a remark to the observer of the run; may be called from any thread.
  public func report(_ progress: TaskProgress) {
    sink(progress)
  }
}
