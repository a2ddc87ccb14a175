import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct VolumeSelectionTests {
  /// Volumes as the reference host has them.
  static let candidates = [
    candidate("vm-9999-pvc-0001", claim: "media/jellyfin"),
    candidate("vm-9999-pvc-0002", claim: "media/cache-a", size: .gibibytes(300)),
    candidate("vm-9999-pvc-0003", claim: "db-main/postgres"),
    candidate("vm-9999-pvc-0004", claim: "logs/ring"),
    candidate("vm-101-disk-0"), candidate("nfs-data", size: .gibibytes(2000)),
    candidate("vm-9999-pvc-0001_snap_20261122_0300", own: true),
    candidate("vm-9999-pvc-0001", group: "ssd", pool: "fast"),
  ]

  static func candidate(
    _ name: String, group: String = "pve", pool: String = "data", claim: String? = nil,
    size: ByteCount = .gibibytes(10), own: Bool = false
  ) -> VolumeCandidate {
    let parts = claim?.split(separator: "/").map(String.init)
    return VolumeCandidate(
      group: group, pool: pool, name: name, size: size,
      claim: parts.map { ClaimName(namespace: $0[0], name: $0[1]) }, isOwnSnapshot: own)
  }

  private func declaration(_ keys: String) throws -> VolumeDeclaration {
    let text = "repository: {path: /r}\nkubernetes: {command: [kubectl]}\nvolumes: [{name: pvc, \(keys)}]"
    return try #require(try Configuration.parse(text: text, file: "c.yaml").volumes.first)
  }

  @Test(
    arguments: [
      ("group: pve", ["nfs-data", "vm-101-disk-0", "0001", "0002", "0003", "0004"]),
      ("group: ssd", ["0001"]),
      ("group: pve, pool: data, match: \"vm-*-pvc-*\"", ["0001", "0002", "0003", "0004"]),
      ("group: pve, match: [vm-101-disk-0, nfs-*]", ["nfs-data", "vm-101-disk-0"]),
      ("group: pve, namespaces: [media, \"db-*\"]", ["0001", "0002", "0003"]),
      ("group: pve, namespaces: \"*\"", ["0001", "0002", "0003", "0004"]),
      ("group: pve, minimum-size: 300GiB", ["nfs-data", "0002"]),
      ("group: pve, maximum-size: 10GiB", ["vm-101-disk-0", "0001", "0003", "0004"]),
      ("group: pve, exclude: [{match: \"*-pvc-*\", reason: r}]", ["nfs-data", "vm-101-disk-0"]),
      (
        "group: pve, exclude: [{claim: \"*/*\", reason: r}]", ["nfs-data", "vm-101-disk-0"]
      ),
      ("group: pve, namespaces: media, exclude: [{claim: \"media/cache-*\", reason: r}]", ["0001"]),
    ])
  func selectsByGroupPoolPatternSizeNamespaceAndClaim(_ keys: String, _ expected: [String]) throws {
    let selection = try VolumeSelection(of: try declaration(keys), among: Self.candidates, claims: .known)
    #expect(selection.selected.map { $0.name.replacing("vm-9999-pvc-", with: "") } == expected)
  }

  @Test func givesTheReasonOfTheFirstExclusionThatMatches() throws {
    let declared = try declaration(
      "group: pve, match: vm-9999-*, exclude: [{match: \"*-0004\", reason: one}, {claim: \"*/*\", reason: two}]")
    let selection = try VolumeSelection(of: declared, among: Self.candidates, claims: .known)
    #expect(selection.selected.isEmpty)
    #expect(selection.excluded.map(\.reason) == ["two", "two", "two", "one"])
  }

  @Test func leavesOutOnPurposeWhatThePatternDoesNotMeanEither() throws {
    let declared = try declaration(
      "group: pve, pool: data, match: \"vm-*\", exclude: [{match: nfs-data, reason: a tree}, {match: \"*_snap_*\", reason: r}]"
    )
    let selection = try VolumeSelection(of: declared, among: Self.candidates, claims: .known)
    #expect(selection.excluded.map(\.volume.name) == ["nfs-data"])
    #expect(selection.selected.count == 5)
  }

  @Test(arguments: [
    (6, "group: pve", "it is a snapshot of backupctl"), (0, "group: ssd", "it is not in the group ssd"),
    (0, "group: pve, pool: fast", "it is not in the pool fast"),
    (4, "group: pve, match: [a, \"vm-*-pvc-*\"]", "its name does not match a, vm-*-pvc-*"),
    (4, "group: pve, namespaces: media", "it has no claim"),
    (3, "group: pve, namespaces: [media, a]", "its claim logs/ring is in none of the namespaces media, a"),
    (0, "group: pve, minimum-size: 11GiB", "its size 10 GiB is below 11GiB"),
    (5, "group: pve, maximum-size: 1536MiB", "its size 2.0 TiB is above 1536MiB"),
  ])
  func saysWhyAVolumeIsNotMeant(_ index: Int, _ keys: String, _ why: String) throws {
    let verdict = VolumeSelection.verdict(on: Self.candidates[index], by: try declaration(keys))
    #expect(verdict == .notMatched(because: why))
  }

  @Test(arguments: ["namespaces: media", "exclude: [{claim: \"media/*\", reason: r}]"])
  func selectsNothingByClaimsWhenTheyAreNotKnown(_ keys: String) throws {
    let declared = try declaration("group: pve, \(keys)")
    let error = try #require(throws: PolicyError.self) {
      try VolumeSelection(of: declared, among: Self.candidates, claims: .unknown(because: "kubectl ended with code 1"))
    }
    #expect(error.category == .failed)
    #expect(
      error.message == "cannot select the volumes `pvc`: they are told apart by their claims, and the claims are not "
        + "known: kubectl ended with code 1")
  }

  @Test func selectsNothingByClaimsWhenNoVolumeHasOne() throws {
    let nameless = Self.candidates.map { volume in
      var volume = volume
      volume.claim = nil
      return volume
    }
    let declared = try declaration("group: pve, exclude: [{claim: \"media/*\", reason: r}]")
    let error = try #require(throws: PolicyError.self) {
      try VolumeSelection(of: declared, among: nameless, claims: .known)
    }
    #expect(error.message.hasSuffix("the claims are not known: no volume of this host has a claim"))
  }

  @Test func selectsByNameWhileTheClusterIsDown() throws {
    let declared = try declaration("group: pve, match: \"vm-*\"")
    let selection = try VolumeSelection(of: declared, among: Self.candidates, claims: .unknown(because: "it is down"))
    #expect(selection.selected.count == 5)
  }

  @Test func isAnErrorWhenNothingIsMeant() throws {
    let declared = try declaration("group: pve, pool: dta")
    let error = try #require(throws: PolicyError.self) {
      try VolumeSelection(of: declared, among: Self.candidates, claims: .known)
    }
    #expect(
      error.message
        == "cannot select the volumes `pvc`: none of the 7 thin volumes of the group pve is meant by it")
  }

  @Test(arguments: [
    ("pve", "vm-101-disk-0", "volume/pve/vm-101-disk-0"), ("a+b", "c.d_e", "volume/a+b/c.d_e"),
    ("pve", "lock", "volume/pve/%6Cock"), ("points", "x", "volume/%70oints/x"),
  ])
  func namesTheSourceOfAVolume(_ group: String, _ name: String, _ expected: String) {
    #expect(Self.candidate(name, group: group).source?.description == expected)
  }

  @Test(arguments: [
    ("*", "", true), ("*", "a", true), ("a", "a", true), ("a", "ab", false), ("a*", "a", true), ("*a", "ba", true),
    ("a*b", "ab", true), ("a*b", "acb", true), ("a*b", "abc", false), ("a*a", "a", false), ("*a*", "bab", true),
    ("a*b*c", "axbxbxc", true), ("**", "x", true), ("a*", "ba", false),
  ])
  func matchesNamesWithStars(_ pattern: String, _ name: String, _ matches: Bool) {
    #expect(Wildcard(pattern).matches(name) == matches)
  }
}
