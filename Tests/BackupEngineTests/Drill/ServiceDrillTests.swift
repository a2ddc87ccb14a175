import BackupModel
import BackupPolicy
import BackupRepository
import Testing

@testable import BackupEngine

/// What drills of all sources of a service say about what is promised of it.
@Suite struct ServiceDrillTests {
  private func drill(
    rpo: Duration? = nil, rto: Duration? = nil, _ change: (inout [ServiceDrill.Measure]) -> Void = { _ in }
  ) throws -> ServiceDrill {
    let sources = try ["tree/a", "stream/b"].map { try #require(SourceID(parsing: $0)) }
    let directory = ServiceDirectory(
      [
        ServiceDeclaration(
          name: "wiki", sources: [Wildcard("tree/a"), Wildcard("stream/b")],
          objectives: ServiceObjectives(rpo: rpo, rto: rto))
      ], sources: sources.map { ServiceSource($0) })
    var measures = sources.map { source in
      var measure = ServiceDrill.Measure(source, maximumAge: nil)
      (measure.result, measure.restoreSeconds, measure.ageSeconds) = (.ok, 30, 3600)
      return measure
    }
    measures[1].ageSeconds = 7200
    change(&measures)
    return ServiceDrill(try #require(directory.services.first), measures)
  }

  @Test func addsUpTheRestoresAndTakesTheOldestData() throws {
    let drill = try drill()
    #expect(drill.restoreSeconds == 60 && drill.ageSeconds == 7200)
    #expect(drill.drilledCount == 2 && drill.result == .ok)
    #expect(drill.rto == nil && drill.rpo == nil && drill.missed.isEmpty, "nothing is promised")
  }

  @Test(arguments: [(60, ServiceReport.Verdict.met), (59, .missed)]) func measuresTheTime(
    seconds: Int, verdict: ServiceReport.Verdict
  ) throws {
    let drill = try drill(rto: .seconds(seconds))
    #expect(drill.rto == verdict)
    #expect(drill.missed == (verdict == .met ? [] : ["wiki: RTO missed: restoring it took 1m, 59s is promised"]))
  }

  @Test(arguments: [(7200, ServiceReport.Verdict.met), (7199, .missed)]) func measuresTheAge(
    seconds: Int, verdict: ServiceReport.Verdict
  ) throws {
    let drill = try drill(rpo: .seconds(seconds))
    #expect(drill.rpo == verdict)
    #expect(
      drill.missed
        == (verdict == .met ? [] : ["wiki: RPO missed by stream/b: its data were 2h old, 1h59m59s is promised"]))
  }

  @Test func takesWhatIsPromisedOfASourceWhereTheServicePromisesNothing() throws {
    #expect(try drill { $0[0].maximumAge = .seconds(3600) }.rpo == .met)
    #expect(try drill { $0[0].maximumAge = .seconds(3599) }.rpo == .missed)
    #expect(try drill(rpo: .seconds(7200)) { $0[0].maximumAge = .seconds(1) }.rpo == .met)
  }

  @Test func knowsNothingOfWhatWasNotDrilled() throws {
    let drill = try drill(rpo: .seconds(9000), rto: .seconds(9000)) {
      ($0[0].result, $0[0].restoreSeconds, $0[0].ageSeconds) = (nil, nil, nil)
    }
    #expect(drill.rto == .unknown && drill.rpo == .unknown && drill.missed.isEmpty)
    #expect(drill.drilledCount == 1 && drill.result == .incomplete)
    #expect(drill.restoreSeconds == nil && drill.ageSeconds == nil)
  }

  @Test func missesWhatIsPromisedWhereThereIsNoPoint() throws {
    let drill = try drill(rpo: .seconds(9000)) {
      ($0[0].result, $0[0].restoreSeconds, $0[0].ageSeconds, $0[0].hasNoPoint) = (nil, nil, nil, true)
    }
    #expect(drill.rpo == .missed)
    #expect(drill.missed == ["wiki: RPO missed by tree/a: it has no point, 2h30m is promised"])
  }

  @Test(
    arguments: [
      (.ok, .ok, .ok), (.ok, .incomplete, .incomplete), (.incomplete, .damaged, .damaged), (.damaged, .ok, .damaged),
    ] as [(Attestation.Result, Attestation.Result, Attestation.Result)])
  func isAsBadAsItsWorstSource(first: Attestation.Result, second: Attestation.Result, all: Attestation.Result) throws {
    #expect(try drill { ($0[0].result, $0[1].result) = (first, second) }.result == all)
  }

  @Test func doesNotMeasureTheRestoreOfWhatCanNotBeRestored() throws {
    let source = try #require(SourceID(parsing: "tree/a"))
    var attestation = Attestation(
      at: Timestamp(seconds: 10), action: .drill, result: .damaged, tool: "t", seconds: 1)
    (attestation.restoreSeconds, attestation.ageSeconds) = (0, 60)
    var measure = ServiceDrill.Measure(source, maximumAge: nil)
    measure.take(attestation)
    #expect(measure.restoreSeconds == nil && measure.ageSeconds == 60)
    attestation.result = .incomplete
    measure.take(attestation)
    #expect(measure.restoreSeconds == 0)
  }
}
