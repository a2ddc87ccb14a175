import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct ServiceDirectoryTests {
  private func source(_ text: String, namespace: String? = nil) throws -> ServiceSource {
    ServiceSource(try #require(SourceID(parsing: text)), claimNamespace: namespace)
  }

  private func directory(_ sources: [String], _ declarations: [ServiceDeclaration] = []) throws -> ServiceDirectory {
    ServiceDirectory(declarations, sources: try sources.map { try source($0) })
  }

  private func names(_ directory: ServiceDirectory) -> [String: [String]] {
    Dictionary(uniqueKeysWithValues: directory.services.map { ($0.name, $0.sources.map(\.description)) })
  }

  @Test(
    arguments: [
      ("tree/nfs/immich", nil, "immich"), ("tree/nfs-ssd/immich", nil, "immich"),
      ("tree/nfs/immich-backup", nil, "immich"), ("tree/etc", nil, "etc"), ("stream/databases", nil, "databases"),
      ("tree/nfs/-backup", nil, "-backup"), ("tree/nfs/_files", nil, "nfs"), ("tree/_files", nil, "_files"),
      ("tree/nfs/backup", nil, "backup"), ("tree/nfs/a-backup-backup", nil, "a-backup"),
      ("volume/pve/vm-101-disk-0", nil, "vm-101-disk-0"), ("volume/pve/vm-101-pvc-1", "media", "media"),
    ] as [(String, String?, String)])
  func namesTheServiceOfASource(text: String, namespace: String?, service: String) throws {
    #expect(try source(text, namespace: namespace).serviceName == service)
  }

  @Test func joinsSourcesOfSeveralTreesAndClaims() throws {
    let directory = ServiceDirectory(
      [],
      sources: try [
        source("tree/nfs/immich"), source("tree/nfs-ssd/immich"), source("tree/nfs/immich-backup"),
        source("tree/nfs/x"),
        source("volume/pve/vm-1-pvc-a", namespace: "immich"), source("volume/pve/vm-1-pvc-b", namespace: "immich"),
      ])
    #expect(
      names(directory) == [
        "immich": [
          "tree/nfs-ssd/immich", "tree/nfs/immich", "tree/nfs/immich-backup", "volume/pve/vm-1-pvc-a",
          "volume/pve/vm-1-pvc-b",
        ], "x": ["tree/nfs/x"],
      ])
    #expect(directory.problems == [] && directory.services.allSatisfy { !$0.isDeclared })
  }

  @Test func letsADeclarationTakeSourcesInItsOwnOrder() throws {
    let directory = try directory(
      ["tree/nfs/immich", "stream/immich-db", "tree/nfs/photos"],
      [
        ServiceDeclaration(
          name: "photos", sources: [Wildcard("stream/immich-db"), Wildcard("nfs/*")], order: 1,
          objectives: ServiceObjectives(rto: .seconds(60)))
      ])
    #expect(names(directory) == ["photos": ["stream/immich-db", "tree/nfs/immich", "tree/nfs/photos"]])
    #expect(directory.problems == [])
    #expect(directory.services.first?.isDeclared == true && directory.services.first?.order == 1)
  }

  @Test func ordersServicesByNumberThenName() throws {
    let directory = try directory(
      ["tree/a", "tree/b", "tree/c"],
      [
        ServiceDeclaration(name: "last", sources: [Wildcard("a")], order: 200),
        ServiceDeclaration(name: "first", sources: [Wildcard("c")], order: 1),
      ])
    #expect(directory.services.map(\.name) == ["first", "b", "last"])
  }

  // MARK: - What is said

  @Test func saysThatASourceIsInTwoServicesAndGivesItToTheFirst() throws {
    let directory = try directory(
      ["tree/nfs/a", "tree/nfs/b"],
      [
        ServiceDeclaration(name: "one", sources: [Wildcard("nfs/a")]),
        ServiceDeclaration(name: "two", sources: [Wildcard("nfs/*")]),
      ])
    #expect(names(directory) == ["one": ["tree/nfs/a"], "two": ["tree/nfs/b"]])
    #expect(
      directory.problems == ["the source tree/nfs/a is of the service `one`, and `nfs/*` of `two` matches it too"])
  }

  @Test func saysThatAServiceHasNoSourceAndWhatComesNearest() throws {
    let directory = try directory(
      ["tree/nfs/immich"], [ServiceDeclaration(name: "photos", sources: [Wildcard("nfs/imich")])])
    #expect(
      directory.problems == [
        "the service `photos` names `nfs/imich`, which no source matches; did you mean `nfs/immich`?",
        "the service `photos` has no source",
      ])
    #expect(directory.services.map(\.name) == ["immich"])
  }

  @Test func saysThatADeclarationLeavesOutSourcesOfItsName() throws {
    let directory = try directory(
      ["tree/nfs/immich", "tree/nfs-ssd/immich"],
      [ServiceDeclaration(name: "immich", sources: [Wildcard("nfs/immich")])])
    #expect(
      directory.problems == [
        "tree/nfs-ssd/immich by name would be of the service `immich`, whose `sources` in the configuration leave it out"
      ])
  }

  @Test func saysThatANameClashesWithASource() throws {
    let clashing = try directory(["tree/immich", "tree/nfs/immich"])
    #expect(
      clashing.problems == [
        "`immich` is the name of the source tree/immich and of a service of other sources: alone it means the source, "
          + "the service is `service/immich`"
      ])
    #expect(clashing.service(named: "service/immich")?.sources.count == 2)
    #expect(try directory(["tree/etc"]).problems == [], "a service of just that source is the same thing")
  }

  @Test func findsAServiceByNameOnly() throws {
    let directory = try directory(["tree/nfs/immich"])
    #expect(directory.service(named: "immich") != nil && directory.service(named: "service/immich") != nil)
    #expect(directory.service(named: "imich") == nil && directory.service(named: "nfs/immich") == nil)
  }
}
