import BackupModel
import BackupPolicy
import Testing
import VolumeSnapshots

@testable import BackupEngine

@Suite struct VolumeCoverageTests {
  private func cover(_ declarations: String, _ seen: SeenVolumes) throws -> VolumeCoverage {
    VolumeCoverage(try VolumeScene.declarations(declarations), seen: seen)
  }

  private static let pvc =
    "{name: pvc, group: pve, pool: data, match: \"*-pvc-*\", exclude: [{claim: \"media/cache-*\", reason: again}]}"

  @Test func saysOfEachVolumeWhatProtectsItOrWhyNot() throws {
    let coverage = try cover(Self.pvc, VolumeScene.seen())
    #expect(
      coverage.items.map(VolumeScene.line) == [
        "pve/vm-101-disk-0: uncovered; pvc: its name does not match *-pvc-*",
        "pve/vm-9999-pvc-1 (media/jellyfin): volume/pve/vm-9999-pvc-1 of pvc",
        "pve/vm-9999-pvc-2 (media/cache-a): excluded, again of pvc",
        "pve/vm-9999-pvc-3 (db/postgres): volume/pve/vm-9999-pvc-3 of pvc",
      ])
    #expect(coverage.problems.isEmpty)
  }

  @Test func givesAVolumeToTheFirstThatSelectsItEvenIfAnotherLeavesItOut() throws {
    let coverage = try cover(
      "\(Self.pvc), {name: media, group: pve, namespaces: media}, {name: all, group: pve, pool: data}",
      VolumeScene.seen())
    #expect(
      coverage.items.map(VolumeScene.line).prefix(4) == [
        "pve/scratch: uncovered; pvc: it is not in the pool data; media: it has no claim; all: it is not in the pool data",
        "pve/vm-101-disk-0: volume/pve/vm-101-disk-0 of all",
        "pve/vm-9999-pvc-1 (media/jellyfin): volume/pve/vm-9999-pvc-1 of pvc",
        "pve/vm-9999-pvc-2 (media/cache-a): volume/pve/vm-9999-pvc-2 of media",
      ])
  }

  @Test func reportsAGroupThatCanNotBeListed() throws {
    let seen = SeenVolumes(groups: ["pve": .failed(because: "vgs ended with code 5")], claims: VolumeScene.claims)
    let coverage = try cover(Self.pvc, seen)
    #expect(
      coverage.problems == ["cannot select the volumes `pvc`: the group pve can't be listed: vgs ended with code 5"])
    #expect(
      coverage.items.map(VolumeScene.line) == [
        "claim db/postgres: unknown; its volume vm-9999-pvc-3 may be in pve, which can't be listed",
        "claim media/cache-a: excluded, again of pvc",
        "claim media/jellyfin: unknown; its volume vm-9999-pvc-1 may be in pve, which can't be listed",
      ])
  }

  @Test func reportsAGroupAPoolAndASelectionThatAreNotThere() throws {
    let coverage = try cover(
      "{name: a, group: pvw}, {name: b, group: pve, pool: dta}, {name: c, group: pve, match: nothing}",
      VolumeScene.seen())
    #expect(
      coverage.problems == [
        "cannot select the volumes `a`: the group pvw can't be listed: it was not looked at",
        "cannot select the volumes `b`: the group pve has no thin pool dta, only data, other",
        "cannot select the volumes `c`: none of the 6 thin volumes of the group pve is meant by it",
      ])
    #expect(coverage.items.filter { $0.kind == .volume }.map(\.protection) == Array(repeating: .uncovered, count: 5))
  }

  @Test func excludesNothingByClaimAndProtectsNothingWhenClaimsAreNotKnown() throws {
    let unknown = KnownClaims(
      inventory: nil, claims: .unknown(because: "kubectl ended with code 1"), warning: "the claims are not known")
    let coverage = try cover(
      "\(Self.pvc), {name: vm, group: pve, match: \"vm-101-*\"}", VolumeScene.seen(claims: unknown))
    #expect(
      coverage.items.map(VolumeScene.line).filter { !$0.contains("scratch") } == [
        "pve/vm-101-disk-0: volume/pve/vm-101-disk-0 of vm",
        "pve/vm-9999-pvc-1: unknown; whether pvc means it depends on its claim, which is not known",
        "pve/vm-9999-pvc-2: unknown; whether pvc means it depends on its claim, which is not known",
        "pve/vm-9999-pvc-3: unknown; whether pvc means it depends on its claim, which is not known",
      ])
    #expect(coverage.problems.count == 2 && coverage.problems[0] == "the claims are not known")
    #expect(coverage.problems[1].contains("the claims are not known: kubectl ended with code 1"))
  }

  @Test func reportsClaimsWhoseVolumesNoPoolThatIsDeclaredHas() throws {
    let claims = KnownClaims(
      ClaimInventory(claims: [
        VolumeScene.claim("a/elsewhere", "scratch"), VolumeScene.claim("a/far", "vm-9999-pvc-9", node: "pve2"),
        VolumeScene.claim("a/file", nil), VolumeScene.claim("a/gone", "vm-9999-pvc-8", phase: .released),
        VolumeScene.claim("a/here", "vm-9999-pvc-1"), VolumeScene.claim("media/cache-z", "vm-9999-pvc-7"),
      ]))
    let coverage = try cover(Self.pvc, VolumeScene.seen(claims: claims))
    #expect(
      coverage.items.filter { $0.kind == .claim }.map(VolumeScene.line) == [
        "claim a/elsewhere: uncovered; its volume pve/scratch is in the pool other, which nothing declares",
        "claim a/far: uncovered; its volume vm-9999-pvc-9 is not on this host (node pve2)",
        "claim a/file: uncovered; its volume pvc-of-file lies on the storage proxmox-lvm, which is not LVM's (node pve1)",
        "claim media/cache-z: excluded, again of pvc",
      ])
  }

  @Test func reportsAWarningAboutClaimsAsAProblem() throws {
    let old = KnownClaims(
      inventory: VolumeScene.claims.inventory, claims: .known, warning: "the claims of the cluster are those of monday")
    let coverage = try cover(Self.pvc, VolumeScene.seen(claims: old))
    #expect(coverage.problems == ["the claims of the cluster are those of monday"])
    #expect(coverage.items.count == 4)
  }

  @Test(arguments: ["mode: files", "luks: {key-file: /k}"])
  func reportsAVolumeThatTwoSelectionsMeanInDifferentWays(_ keys: String) throws {
    let coverage = try cover(
      "\(Self.pvc), {name: other, group: pve, match: \"*-pvc-1\", \(keys)}, {name: same, group: pve, pool: data}",
      VolumeScene.seen())
    #expect(
      coverage.problems == [
        "pve/vm-9999-pvc-1 is meant by `pvc` and by `other`, which disagree in `mode` or `luks`: leave it out of one of them"
      ])
  }

  @Test func hasNothingToSayWhenNothingIsDeclared() {
    let coverage = VolumeCoverage([], seen: SeenVolumes(groups: [:]))
    #expect(coverage.items.isEmpty && coverage.problems.isEmpty)
  }

  @Test func listsTheSourcesOfAllSelectionsEachOnce() throws {
    let declarations = try VolumeScene.declarations(
      "\(Self.pvc), {name: none, group: pvw}, {name: all, group: pve, pool: data, maximum-age: 1d}")
    let sources = VolumeCoverage.sources(of: declarations, seen: VolumeScene.seen())
    #expect(
      sources.map { "\($0.id) of \($0.declaration.name)" } == [
        "volume/pve/vm-9999-pvc-1 of pvc", "volume/pve/vm-9999-pvc-3 of pvc", "volume/pve/vm-101-disk-0 of all",
        "volume/pve/vm-9999-pvc-2 of all",
      ])
  }

  @Test func joinsTheVolumesIntoTheCoverageOfTheHost() throws {
    var configuration = Configuration(repository: RepositoryDeclaration(path: "/r"))
    configuration.coverage.roots = []
    configuration.volumes = try VolumeScene.declarations(Self.pvc)
    let survey = CoverageSurvey(configuration, volumes: VolumeScene.seen())
    #expect(survey.uncovered == ["pve/vm-101-disk-0"])
    #expect(survey.excludedCount == 1 && survey.problems.isEmpty)
    let blind = CoverageSurvey(configuration)
    #expect(blind.items.isEmpty)
    #expect(
      blind.problems == ["cannot select the volumes `pvc`: the group pve can't be listed: it was not looked at"])
  }
}
