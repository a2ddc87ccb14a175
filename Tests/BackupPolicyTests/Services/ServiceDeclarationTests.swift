import Testing

@testable import BackupPolicy

@Suite struct ServiceDeclarationTests {
  private func parse(_ services: String) throws -> Configuration {
    try Configuration.parse(text: "repository: {path: /r}\n\(services)", file: "c.yaml")
  }

  @Test func readsEveryKey() throws {
    let configuration = try parse(
      """
      services:
        - name: photos
          sources: [nfs/immich, "stream/immich-*"]
          order: 10
          objectives: {rpo: 36h, rto: 2h}
          probes:
            - sqlite
            - {dump: {unchanged-for: never}}
            - {postgres: {timeout: 1h, programs: /opt/pg}}
            - {command: [check, "a b"]}
          workloads: [deployment/photos in apps, statefulset/db.main in db-1, daemonset/sync in kube-system]
        - {name: etc, sources: etc, probes: [], workloads: deployment/etc in apps}
      kubernetes: {command: [kubectl]}
      restore: {keep-undo: 14d}
      """)
    #expect(
      configuration.services == [
        ServiceDeclaration(
          name: "photos", sources: [Wildcard("nfs/immich"), Wildcard("stream/immich-*")], order: 10,
          objectives: ServiceObjectives(rpo: .seconds(36 * 3600), rto: .seconds(7200)),
          probes: [
            ProbeDeclaration(.sqlite), ProbeDeclaration(.dump(unchangedFor: nil)),
            ProbeDeclaration(.postgres(programs: "/opt/pg"), timeLimit: .seconds(3600)),
            ProbeDeclaration(.command(["check", "a b"])),
          ],
          workloads: [
            WorkloadDeclaration(.deployment, "photos", in: "apps"),
            WorkloadDeclaration(.statefulSet, "db.main", in: "db-1"),
            WorkloadDeclaration(.daemonSet, "sync", in: "kube-system"),
          ]),
        ServiceDeclaration(
          name: "etc", sources: [Wildcard("etc")], order: 100, probes: [],
          workloads: [WorkloadDeclaration(.deployment, "etc", in: "apps")]),
      ])
    #expect(configuration.restore.keepUndo == .seconds(14 * 86_400))
    let printed = configuration.effectiveYAML()
    #expect(try Configuration.parse(text: printed, file: "printed") == configuration)
  }

  @Test func leavesProbesToDrillsAndStopsNothingIfNothingIsSaid() throws {
    let service = try #require(try parse("services: [{name: a, sources: b}]").services.first)
    #expect(service.probes == nil && service.workloads.isEmpty)
  }

  @Test(arguments: [
    "wiki", "deployment/wiki", "deployment/wiki in", "deployment/wiki  in apps", "deployment/wiki of apps",
    "deployment/wiki/x in apps", "deployment/wiki in apps now", "deployment/ in apps", "deployment/Wiki in apps",
    "deployment/-n in apps", "deployment/wiki in -A", "deployment/wiki in a.b", "deployment/wiki- in apps",
  ])
  func refusesWhatIsNoWorkload(text: String) throws {
    let error = try #require(throws: PolicyError.self) {
      try parse("services: [{name: a, sources: b, workloads: ['\(text)']}]\nkubernetes: {command: [kubectl]}")
    }
    #expect(
      error.message.contains("is the text \"\(text)\", expected a workload such as `deployment/wiki in apps`"),
      "\(error)")
  }

  @Test func keepsAnUndoForAWeekIfNothingIsSaid() throws {
    #expect(try parse("").restore.keepUndo == .seconds(7 * 86_400))
  }

  @Test(
    arguments: [
      ("services: [{name: a, source: b}]", "c.yaml:2: unknown key `source` in a service; did you mean `sources`?"),
      ("services: [{name: a}]", "c.yaml:2: a service has no `sources`"),
      ("services: [{sources: a}]", "c.yaml:2: a service has no `name`"),
      ("services: [{name: a, sources: []}]", "c.yaml:2: `sources` of the service `a` is empty"),
      ("services: [{name: a/b, sources: x}]", "c.yaml:2: `name` is `a/b`, expected \(plainNameRule)"),
      ("services: [{name: a, sources: [x, x]}]", "c.yaml:2: `x` is named twice"),
      (
        "services:\n  - {name: a, sources: x}\n  - {name: a, sources: y}", "c.yaml:4: duplicate service name `a`"
      ),
      (
        "services:\n  - {name: a, sources: x}\n  - {name: b, sources: [y, x]}",
        "c.yaml:4: the source `x` of the service `b` belongs to `a` already"
      ),
      (
        "services: [{name: a, sources: x, order: -1}]",
        "c.yaml:2: `order` is `-1`, expected a whole number from 0 to 10000"
      ),
      ("services: [{name: a, sources: x, objectives: {}}]", "c.yaml:2: `objectives` promises nothing"),
      (
        "services: [{name: a, sources: x, objectives: {rpp: 1h}}]",
        "c.yaml:2: unknown key `rpp` in `objectives`; did you mean `rpo`?"
      ),
      (
        "services: [{name: a, sources: x, probes: [sqlit]}]",
        "c.yaml:2: item 1 of `probes` is `sqlit`, expected one of"
      ),
      (
        "services: [{name: a, sources: x, workloads: [deploy/wiki in apps]}]",
        "c.yaml:2: the workload `deploy/wiki in apps` has the unknown kind `deploy`"
      ),
      (
        "services: [{name: a, sources: x, workloads: [deployment/a in b, deployment/a in b]}]",
        "c.yaml:2: `deployment/a in b` is named twice"
      ),
      (
        "services:\n  - {name: a, sources: x}\n  - {name: b, sources: y, workloads: deployment/a in b}",
        "c.yaml:4: the service `b` names workloads, but no cluster is there to stop them"
      ),
      ("restore: {keep-undo: 1m}", "c.yaml:2: `keep-undo` is `1m`, expected a length of time"),
      ("restore: {keep-undu: 1d}", "c.yaml:2: unknown key `keep-undu` in `restore`; did you mean `keep-undo`?"),
    ])
  func saysWhatIsWrong(text: String, message: String) throws {
    let error = try #require(throws: PolicyError.self) { try parse(text) }
    #expect(error.category == .usage)
    #expect(error.message.hasPrefix("cannot read \(message)"), "\(error.message)")
  }
}
