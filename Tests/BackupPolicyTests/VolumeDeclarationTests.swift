import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct VolumeDeclarationTests {
  static let full = """
    - name: pvc
      group: pve
      pool: data
      match: ["vm-*-pvc-*", vm-101-disk-0]
      namespaces: [media, "db-*"]
      minimum-size: 1GiB
      maximum-size: 200GiB
      exclude:
        - {match: "vm-*-pvc-0000*", reason: "ring buffer"}
        - {claim: "media/cache-*", reason: "can be \\"downloaded\\" again"}
      mode: image
      block-size: 128KiB
      audit: 0.5%
      compare-in-full: 10
      together: true
      freeze: {command: [qm, guest, cmd, 101, freeze], thaw: [qm, guest, cmd, 101, thaw], timeout: 1m}
      luks: {key-command: [vault, read, key]}
      maximum-age: 26h
    - {name: vms, group: ssd, mode: files, luks: {key-file: /root/keys/x}}
    """

  private func volumes(_ list: String) throws -> [VolumeDeclaration] {
    let indented = list.split(separator: "\n").map { "  \($0)\n" }.joined()
    return try Configuration.parse(
      text: "repository: {path: /r}\nkubernetes: {command: [kubectl]}\nvolumes:\n\(indented)", file: "c.yaml"
    ).volumes
  }

  @Test func readsEveryKey() throws {
    let declarations = try volumes(Self.full)
    #expect(
      declarations == [
        VolumeDeclaration(
          name: "pvc", group: "pve", pool: "data", patterns: [Wildcard("vm-*-pvc-*"), Wildcard("vm-101-disk-0")],
          namespaces: [Wildcard("media"), Wildcard("db-*")], minimumSize: .gibibytes(1), maximumSize: .gibibytes(200),
          exclusions: [
            .init(.volumes(Wildcard("vm-*-pvc-0000*")), reason: "ring buffer"),
            .init(
              .claims(namespace: Wildcard("media"), claim: Wildcard("cache-*")),
              reason: "can be \"downloaded\" again"),
          ], mode: .image, blockSize: .kibibytes(128), audit: Percentage(millionths: 5000), compareInFull: 10,
          together: true,
          freeze: .init(
            freeze: ["qm", "guest", "cmd", "101", "freeze"], thaw: ["qm", "guest", "cmd", "101", "thaw"],
            timeLimit: .seconds(60)),
          luksKey: .command(["vault", "read", "key"]), maximumAge: .seconds(26 * 3600)),
        VolumeDeclaration(name: "vms", group: "ssd", mode: .files, luksKey: .file("/root/keys/x")),
      ])
    #expect(declarations.map(\.needsClaims) == [true, false])
  }

  @Test func usesTheDocumentedDefaults() throws {
    let declaration = try #require(try volumes("- {name: all, group: pve}").first)
    #expect(declaration == VolumeDeclaration(name: "all", group: "pve"))
    #expect(declaration.patterns == [.anything] && declaration.namespaces == nil && declaration.pool == nil)
    #expect(declaration.mode == .image && declaration.blockSize == nil && !declaration.together)
    #expect(declaration.audit == Percentage(percent: 1) && declaration.compareInFull == 20)
    #expect(!declaration.needsClaims)
    let freeze = try #require(
      try volumes("- {name: all, group: pve, freeze: {command: [x], thaw: [y]}}").first?.freeze)
    #expect(freeze.timeLimit == .seconds(30))
  }

  @Test func printsTheEffectiveValues() throws {
    let configuration = Configuration(
      repository: RepositoryDeclaration(path: "/r"), volumes: try volumes(Self.full),
      kubernetes: KubernetesDeclaration(command: ["kubectl"]))
    let printed = configuration.effectiveYAML()
    #expect(
      printed.contains(
        """
        volumes:
          - name: "pvc"
            group: "pve"
            pool: "data"
            match: ["vm-*-pvc-*", "vm-101-disk-0"]
            namespaces: ["media", "db-*"]
            minimum-size: 1GiB
            maximum-size: 200GiB
            exclude:
              - {match: "vm-*-pvc-0000*", reason: "ring buffer"}
              - {claim: "media/cache-*", reason: "can be \\"downloaded\\" again"}
            mode: image
            block-size: 128KiB
            audit: 0.5%
            compare-in-full: 10
            together: true
            freeze:
              command: ["qm", "guest", "cmd", "101", "freeze"]
              thaw: ["qm", "guest", "cmd", "101", "thaw"]
              timeout: 1m
            luks: {key-command: ["vault", "read", "key"]}
            maximum-age: 1d2h
          - name: "vms"
            group: "ssd"
            match: ["*"]
            exclude: []
            mode: files
            together: false
            luks: {key-file: "/root/keys/x"}
        pool-limits:
          data: 90%
          metadata: 80%
        kubernetes:
          command: ["kubectl"]
          driver: "csi.proxmox.sinextra.dev"
          timeout: 20s

        """))
    #expect(try Configuration.parse(text: printed, file: "printed.yaml") == configuration)
  }

  @Test func belongsToASchedulesOwnSourcesToo() throws {
    let text = "volumes:\n  - {name: pvc, group: pve, namespaces: media}\njobs:\n  a: {kind: archive, trees: [etc]}\n"
    let schedule = try Schedule.parse(text: text, file: "nightly.yaml", kinds: knownKinds)
    #expect(schedule.volumes == [VolumeDeclaration(name: "pvc", group: "pve", namespaces: [Wildcard("media")])])
  }

  @Test(arguments: ["namespaces: media", "exclude: [{claim: a/b, reason: c}]"])
  func refusesASelectionByClaimWhenNoClusterIsAsked(_ keys: String) throws {
    let error = try #require(throws: PolicyError.self) {
      try Configuration.parse(
        text: "repository: {path: /r}\nvolumes:\n  - {name: all, group: pve}\n  - {name: pvc, group: pve, \(keys)}",
        file: "c.yaml")
    }
    #expect(
      error.message
        == "cannot read c.yaml:4: the volumes `pvc` are told apart by their claims, but no cluster is asked")
    #expect(error.hint?.contains("`kubernetes: {command: [kubectl,") == true)
  }

  @Test(arguments: [
    ("pool-limits: {data: 0%}", "`data` is `0%`, expected a percentage such as `5%`, from 1% to 99%"),
    ("pool-limits: {metadata: 100%}", "`metadata` is `100%`, expected"),
    ("pool-limits: {meta-data: 1%}", "unknown key `meta-data` in `pool-limits`; did you mean `metadata`?"),
    ("pool-limit: {}", "unknown key `pool-limit` in a configuration; did you mean `pool-limits`?"),
    ("kubernetes: {}", "`kubernetes` has no `command`"),
    ("kubernetes: {command: kubectl}", "`command` is `kubectl`, expected a list of texts"),
    ("kubernetes: {command: []}", "`command` is a list of 0 items"),
    ("kubernetes: {command: [kubectl], driver: \" \"}", "expected the name of a driver"),
    ("kubernetes: {command: [kubectl], timeout: 1h}", "`timeout` is `1h`, expected a length of time"),
  ])
  func refusesAMistakeBesideTheVolumesNamingIt(_ text: String, _ part: String) throws {
    let error = try #require(throws: PolicyError.self) {
      try Configuration.parse(text: "repository: {path: /r}\n\(text)", file: "c.yaml")
    }
    #expect(error.category == .usage && error.message.hasPrefix("cannot read c.yaml:2: "))
    #expect(error.message.contains(part), "\(error.message)")
  }

  @Test func readsLimitsOfPools() throws {
    let configuration = try Configuration.parse(
      text: "repository: {path: /r}\npool-limits: {data: 70%}", file: "c.yaml")
    #expect(configuration.poolLimits == PoolLimits(data: Percentage(percent: 70), metadata: Percentage(percent: 80)))
  }
}
