import Testing

@testable import JobEngine

@Suite struct StartRuleTests {
  private func need(
    _ job: String, _ kind: JobNode.Need.Kind, _ state: JobState, _ tasks: [String: TaskState] = [:]
  ) -> EndedNeed<String> {
    EndedNeed(
      kind: kind, job: job, state: state,
      tasks: tasks.sorted { $0.key < $1.key }.map { JobInput(job: job, subject: $0.key, state: $0.value) })
  }

  private func decision(
    _ condition: JobNode.Condition, _ needs: EndedNeed<String>...
  ) -> String {
    switch StartRule.decide(condition, needs: needs) {
    case .expand(let inputs, let gaps, let missing):
      "runs on \(inputs.map(\.subject)) without \(gaps.map(\.description)) \(missing.map(\.subject))"
    case .skip(let reason): "skipped because \(reason)"
    }
  }

  @Test func runsOnWhatSucceededWhenANeedFailedInPart() {
    let archive = need("archive", .of, .failed, ["a": .succeeded, "b": .failed, "c": .degraded, "d": .timedOut])
    #expect(decision(.success, archive) == #"runs on ["a", "c"] without ["archive failed"] ["b", "d"]"#)
  }

  @Test func skipsNamingTheNeedWhenNothingOfItSucceeded() {
    #expect(decision(.success, need("archive", .of, .failed, ["a": .failed])) == "skipped because archive failed")
  }

  @Test func runsOnTheOtherNeedWhenOneFailedWhole() {
    let skipped = JobState.skipped(because: .needFailed(job: "freeze"))
    #expect(
      decision(.success, need("volumes", .of, skipped), need("nfs", .of, .succeeded, ["a": .succeeded]))
        == #"runs on ["a"] without ["volumes was skipped because freeze failed"] []"#)
  }

  @Test func skipsWhenOneNeedFailedAndTheOthersLeftNothing() {
    #expect(
      decision(.success, need("nfs", .of, .succeeded), need("volumes", .of, .failed))
        == "skipped because volumes failed")
  }

  @Test func skipsAfterANeedThatFailedOnlyInPart() {
    #expect(
      decision(
        .success, need("archive", .of, .failed, ["a": .succeeded]), need("archive", .after, .failed))
        == "skipped because archive failed")
  }

  @Test func countsDegradedAsSuccess() {
    #expect(decision(.success, need("a", .after, .degraded)) == "runs on [] without [] []")
  }

  @Test func runsOnNothingWhenANeedSucceededWithoutTasks() {
    #expect(decision(.success, need("a", .of, .succeeded)) == "runs on [] without [] []")
  }

  @Test func handsAJobThatAlwaysRunsEveryTaskWhateverItsState() {
    #expect(
      decision(.always, need("a", .of, .failed, ["x": .failed, "y": .succeeded]))
        == #"runs on ["x", "y"] without [] []"#)
  }

  @Test func runsAJobForFailuresAfterASkipThatStemsFromOne() {
    let skipped = JobState.skipped(because: .needSkipped(job: "b", because: .needFailed(job: "a")))
    #expect(decision(.failure, need("c", .after, skipped)) == "runs on [] without [] []")
  }

  @Test func skipsAJobForFailuresWhenNothingFailed() {
    #expect(decision(.failure, need("a", .after, .degraded)) == "skipped because nothing failed")
    #expect(
      decision(.failure, need("b", .after, .skipped(because: .nothingFailed))) == "skipped because nothing failed")
  }

  @Test func skipsAJobAfterOneThatHadNoFailureToDealWith() {
    #expect(
      decision(.success, need("repair", .after, .skipped(because: .nothingFailed)))
        == "skipped because repair was skipped because nothing failed")
  }
}
