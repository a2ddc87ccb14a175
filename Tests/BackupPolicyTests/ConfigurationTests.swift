import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct ConfigurationTests {
  private func parse(_ text: String) throws -> Configuration { try Configuration.parse(text: text, file: "c.yaml") }

  private func message(_ text: String) throws -> String {
    let error = try #require(throws: PolicyError.self) { try parse(text) }
    #expect(error.category == .usage)
    return error.message
  }

  /// A configuration with one tree that has these keys beside name and path.
  private func tree(_ keys: String) -> String {
    "repository: {path: /r}\ntrees:\n  - {name: etc, path: /etc, \(keys)}\n"
  }

  static let full = """
    repository: {path: /mnt/backup/backupctl, id: 6F1C1F0E-2a5b-4c7d-9e8f-0a1b2c3d4e5f, must-be-mounted: true}
    trees:
      - name: etc
        path: /etc//
        exclude:
          - {pattern: "*.swp", reason: "editor's \\"leftovers\\""}
          - {pattern: '\\!x', reason: begins with a mark}
        one-file-system: false
      - name: nfs
        path: /srv/nfs
        each-child: true
        exclude-children:
          - {name: immich, reason: "1.5 TB, goes offsite directly"}
          - {name: "größe: # 1", reason: odd}
        maximum-age: 2d
    streams:
      - name: db
        command: [pg_dump, -Fc, "it's #1", ""]
        file: größe.dump
        environment: {PGHOST: /run/postgresql, PGPORT: 5433}
        maximum-age: 36h
        may-be-empty: true
    parameters:
      {compression-level: 9, frame-size: 1MiB, pack-size: 1GiB, chunk-size: 512KiB, suspicious-below: 12.5%}
    limits: {read-rate: 80MiB/s, write-rate: 1536K, io-pressure: 12.5%, threads: 2}
    state-directory: /var/lib/backupctl/
    schedules: /srv/schedules
    plugins: [/opt/kinds]
    maximum-age: 8d
    metrics:
      textfile: /var/lib/node/backupctl.prom
      pushgateway: {url: "http://[::1]:9091/push", job: nightly, header-file: /etc/backupctl/push}
    notifications:
      - {name: chat, on: [degraded, failed], schedules: [weekly], webhook: {url: "https://h/?a=1", header-file: /h}}
      - {name: phone, ntfy: {url: "https://ntfy.sh/x", priority: 4, tags: [disk, "+1"], header-file: /h}}
      - {name: mail, on: failed, mail: {to: root, from: backup@host.example}}
      - {name: script, command: [/usr/local/bin/told, --now]}
      - {name: dead-man, ping: {url: "https://hc.example/1"}}
    coverage:
      roots: [/srv, /home/]
      exclude: [{path: /srv/scratch, reason: "made anew: daily"}]
    volumes:
      - {name: pvc, group: pve, match: "vm-*-pvc-*", exclude: [{claim: "media/*", reason: "big: films"}], audit: 0.5%}
    pool-limits: {data: 85%}
    kubernetes: {command: [ssh, k8s, kubectl], timeout: 5s}
    services:
      - {name: photos, sources: [nfs/immich, "stream/db*"], order: 3, objectives: {rpo: 36h, rto: 1h30m}}
    restore: {keep-undo: 3d}
    retention:
      keep: {last: 3, within-daily: 2w}
      services: {photos: {keep: {daily: 14}}, "it's": {keep: {last: 1}}}
      sources: [{match: "nfs/*", keep: {weekly: 4}}, {match: [etc, stream/db], keep: {within: 90d}}]
    """

  @Test func readsEveryKey() throws {
    let configuration = try parse(Self.full)
    let etc = try #require(SourceID(kind: .tree, name: "etc"))
    let nfs = try #require(SourceID(kind: .tree, name: "nfs"))
    let db = try #require(SourceID(kind: .stream, name: "db"))
    #expect(
      configuration
        == Configuration(
          repository: RepositoryDeclaration(
            path: "/mnt/backup/backupctl", id: "6f1c1f0e-2a5b-4c7d-9e8f-0a1b2c3d4e5f", mustBeMounted: true),
          trees: [
            TreeDeclaration(
              source: etc, path: "/etc",
              exclusions: [
                .init(pattern: "*.swp", reason: "editor's \"leftovers\""),
                .init(pattern: "\\!x", reason: "begins with a mark"),
              ], staysOnOneFileSystem: false),
            TreeDeclaration(
              source: nfs, path: "/srv/nfs", eachChild: true,
              excludedChildren: [
                .init(name: "immich", reason: "1.5 TB, goes offsite directly"),
                .init(name: "größe: # 1", reason: "odd"),
              ], maximumAge: .seconds(2 * 86_400)),
          ],
          streams: [
            StreamDeclaration(
              source: db, command: ["pg_dump", "-Fc", "it's #1", ""], file: "größe.dump",
              environment: ["PGHOST": "/run/postgresql", "PGPORT": "5433"], maximumAge: .seconds(36 * 3600),
              mayBeEmpty: true)
          ],
          parameters: ArchiveParameters(
            compressionLevel: 9, frameSize: .mebibytes(1), packSize: .gibibytes(1), chunkSize: .kibibytes(512),
            suspiciousBelow: Percentage(millionths: 125_000)),
          limits: Limits(
            readRate: .mebibytes(80), writeRate: .kibibytes(1536), ioPressure: Percentage(millionths: 125_000),
            threads: 2),
          stateDirectory: "/var/lib/backupctl", scheduleDirectory: "/srv/schedules", pluginDirectories: ["/opt/kinds"],
          maximumAge: .seconds(8 * 86_400),
          metrics: MetricsDeclaration(
            textfile: "/var/lib/node/backupctl.prom",
            pushgateway: .init(url: "http://[::1]:9091/push", job: "nightly", headerFile: "/etc/backupctl/push")),
          notifications: Self.notifications,
          coverage: CoverageDeclaration(
            roots: ["/srv", "/home"], excluded: [.init(path: "/srv/scratch", reason: "made anew: daily")]),
          volumes: [
            VolumeDeclaration(
              name: "pvc", group: "pve", patterns: [Wildcard("vm-*-pvc-*")],
              exclusions: [
                .init(.claims(namespace: Wildcard("media"), claim: .anything), reason: "big: films")
              ], audit: Percentage(millionths: 5000))
          ], poolLimits: PoolLimits(data: Percentage(percent: 85)),
          kubernetes: KubernetesDeclaration(command: ["ssh", "k8s", "kubectl"], timeLimit: .seconds(5)),
          services: [
            ServiceDeclaration(
              name: "photos", sources: [Wildcard("nfs/immich"), Wildcard("stream/db*")], order: 3,
              objectives: ServiceObjectives(rpo: .seconds(36 * 3600), rto: .seconds(5400)))
          ],
          restore: RestoreDeclaration(keepUndo: .seconds(3 * 86_400)), retention: try Self.retention()))
    #expect(try configuration.trees[0].excludePatterns().excludes(path: Array("a/b.swp".utf8), isDirectory: false))
  }

  private static func retention() throws -> RetentionDeclaration {
    func rules(_ text: String) throws -> RetentionDeclaration.Rules { .init(try KeepRules(parsing: text)) }
    return RetentionDeclaration(
      keep: try rules("last=3,within-daily=14d"),
      services: [
        .init(name: "photos", rules: try rules("daily=14")), .init(name: "it's", rules: try rules("last=1")),
      ],
      sources: [
        .init([Wildcard("nfs/*")], rules: try rules("weekly=4")),
        .init([Wildcard("etc"), Wildcard("stream/db")], rules: try rules("within=90d")),
      ])
  }

  private static let notifications = [
    NotificationDeclaration(
      name: "chat", events: [.failed, .degraded], schedules: ["weekly"],
      target: .webhook(url: "https://h/?a=1", headerFile: "/h")),
    NotificationDeclaration(
      name: "phone", target: .ntfy(url: "https://ntfy.sh/x", priority: 4, tags: ["disk", "+1"], headerFile: "/h")),
    NotificationDeclaration(
      name: "mail", events: [.failed], target: .mail(to: ["root"], from: "backup@host.example")),
    NotificationDeclaration(name: "script", target: .command(["/usr/local/bin/told", "--now"])),
    NotificationDeclaration(name: "dead-man", events: [], target: .ping(url: "https://hc.example/1")),
  ]

  @Test func usesTheDocumentedDefaults() throws {
    let configuration = try parse("repository: {path: /r}\ntrees:\n  - {name: etc, path: /etc}\n")
    #expect(!configuration.repository.mustBeMounted)
    #expect(configuration.repository.id == nil)
    #expect(configuration.trees[0].staysOnOneFileSystem)
    #expect(!configuration.trees[0].eachChild)
    #expect(configuration.parameters == ArchiveParameters())
    #expect(configuration.parameters.compressionLevel == 2)
    #expect(configuration.parameters.frameSize == .mebibytes(2))
    #expect(configuration.parameters.packSize == .gibibytes(4))
    #expect(configuration.parameters.chunkSize == .kibibytes(512))
    #expect(configuration.limits == Limits())
    #expect(configuration.stateDirectory == nil && configuration.maximumAge == nil)
    #expect(configuration.scheduleDirectory == "/etc/backupctl/schedules")
    #expect(configuration.pluginDirectories == ["/usr/local/lib/backupctl/kinds", "/usr/lib/backupctl/kinds"])
    #expect(configuration.trees[0].maximumAge == nil)
    #expect(configuration.streams.isEmpty && configuration.notifications.isEmpty)
    #expect(configuration.metrics == MetricsDeclaration(textfile: nil, pushgateway: nil))
    #expect(configuration.coverage == CoverageDeclaration(roots: ["/srv"], excluded: []))
    #expect(configuration.volumes.isEmpty && configuration.poolLimits == PoolLimits())
    #expect(configuration.kubernetes == nil && configuration.retention.isEmpty)
    #expect(configuration.parameters.suspiciousBelow == Percentage(percent: 50))
  }

  @Test(arguments: [
    full, "repository: {path: /r}", "repository: {path: /}\nparameters: {pack-size: 1073741825}",
    "repository: {path: \"/a b/\\u0007\\\"\"}\ntrees:\n  - {name: a/b, path: /, each-child: true}\n",
    "repository: {path: /r}\nlimits: {threads: auto, read-rate: 65537}\nplugins: []\ncoverage: {roots: []}\n",
    "repository: {path: /r}\nmetrics: {textfile: /m.prom}\nstreams: [{name: a, command: [\"\\t'\", \"\"]}]\n",
    "repository: {path: /r}\nmetrics: {pushgateway: {url: \"http://h\"}}\nmaximum-age: 1w1s\n",
    "repository: {path: /r}\nnotifications: [{name: n, ntfy: {url: \"http://h\"}}, {name: m, mail: {to: [a, b]}}]\n",
  ])
  func printsEffectiveValuesThatParseBackToTheSame(_ text: String) throws {
    let configuration = try parse(text)
    let printed = configuration.effectiveYAML()
    #expect(try Configuration.parse(text: printed, file: "printed.yaml") == configuration)
    #expect(try Configuration.parse(text: printed, file: "printed.yaml").effectiveYAML() == printed)
  }

  @Test func printsEveryDefault() throws {
    #expect(
      try parse("repository: {path: /r}\ntrees:\n  - {name: etc, path: /etc}\n").effectiveYAML() == """
        repository:
          path: "/r"
          must-be-mounted: false
          immutable: false
        schedules: "/etc/backupctl/schedules"
        plugins: ["/usr/local/lib/backupctl/kinds", "/usr/lib/backupctl/kinds"]
        trees:
          - name: "etc"
            path: "/etc"
            exclude: []
            one-file-system: true
            each-child: false
        streams: []
        volumes: []
        pool-limits:
          data: 90%
          metadata: 80%
        services: []
        retention: {}
        restore:
          keep-undo: 7d
          stop-within: 5m
          start-within: 5m
        parameters:
          compression-level: 2
          frame-size: 2MiB
          pack-size: 4GiB
          chunk-size: 512KiB
          suspicious-below: 50%
        limits:
          threads: auto
        metrics: {}
        notifications: []
        coverage:
          roots: ["/srv"]
          exclude: []

        """)
  }

  @Test(arguments: [
    ("", "c.yaml:1: a configuration has no `repository`"),
    ("[]", "c.yaml:1: the document is a list of 0 items, expected a mapping"),
    ("repository: /r", "c.yaml:1: `repository` is `/r`, expected a mapping"),
    ("repository: {path: r}", "`path` is `r`, expected an absolute path, one that begins with `/`"),
    ("repository: {path: /a/../b}", "`path` is `/a/../b`, expected a path without `.` and `..`"),
    ("repository: {path: \"/a\\0\"}", "expected a path without NUL characters"),
    ("repository: {path: }", "`path` is nothing, expected a path"),
    ("repository: {path: /r, id: abc}", "`id` is `abc`, expected an id such as"),
    ("repository: {path: /r, mounted: true}", "unknown key `mounted` in `repository`"),
    ("repository: {path: /r}\ntree: []", "c.yaml:2: unknown key `tree` in a configuration; did you mean `trees`?"),
    ("repository: {path: /r}\ntrees: {}", "c.yaml:2: `trees` is a mapping, expected a list"),
    ("repository: {path: /r}\ntrees: [etc]", "c.yaml:2: item 1 of `trees` is `etc`, expected a mapping"),
    ("repository: {path: /r}\ntrees: [{path: /etc}]", "item 1 of `trees` has no `name`"),
    ("repository: {path: /r}\ntrees: [{name: etc}]", "item 1 of `trees` has no `path`"),
    ("repository: {path: /r}\ntrees: [{name: a/points, path: /a}]", "`name` is `a/points`, expected a name"),
    (
      "repository: {path: /r}\ntrees: [{name: a/b, path: /a}, {name: a, path: /c}]",
      "tree name `a` overlaps with `a/b`, declared on line 2"
    ),
    ("repository: {path: /r}\nparameters: {compression-level: 20}", "expected a whole number from 1 to 19"),
    ("repository: {path: /r}\nparameters: {frame-size: 1KiB}", "from 64KiB to 64MiB"),
    ("repository: {path: /r}\nparameters: {pack-size: 2TiB}", "from 1MiB to 1TiB"),
    ("repository: {path: /r}\nparameters: {chunk-size: 1}", "from 64KiB to 16MiB"),
    ("repository: {path: /r}\nparameters: {chunk-size: 1.5MiB}", "`chunk-size` is `1.5MiB`, expected a power of two"),
    ("repository: {path: /r}\nparameters: {threads: 2}", "c.yaml:2: unknown key `threads` in `parameters`"),
    ("repository: {path: /r}\nstate-directory: lib", "`state-directory` is `lib`, expected an absolute path"),
    ("repository: {path: /r}\nschedules: [/a, /b]", "`schedules` is a list of 2 items, expected a path"),
    ("repository: {path: /r}\nplugins: [/a, /b, /a/]", "c.yaml:2: `/a` is named twice"),
    ("repository: {path: /r}\nplugins: [kinds]", "`kinds`, expected an absolute path"),
    ("repository: {path: /r}\nmaximum-age: 8", "expected a length of time such as `90s`"),
    ("repository: {path: /r}\nmaximum-age: 1s", "from 1m to 3650d"),
    ("repository: {path: /r}\nparameters: {suspicious-below: 101%}", "from 0% to 100%"),
    ("repository: {path: /r}\nparameters: {pack-size: 1MiB}", "`pack-size` 1MiB is smaller than `frame-size` 2MiB"),
  ])
  func refusesAMistakeNamingIt(_ text: String, _ part: String) throws {
    let message = try message(text)
    #expect(message.contains(part), "\(message)")
  }

  @Test(arguments: [
    ("exclude: [{pattern: a}]", "exclusion `a` of tree `etc` has no `reason`"),
    ("exclude: [{pattern: a, reason: \" \"}]", "`reason` is the text \" \", expected a reason in words"),
    ("exclude: [{pattern: a, reason: }]", "`reason` is nothing, expected a reason in words"),
    ("exclude: [{reason: a}]", "an exclusion of tree `etc` has no `pattern`"),
    ("exclude: [a]", "item 1 of `exclude` is `a`, expected a mapping"),
    ("exclude: [{pattern: \"\", reason: a}]", "exclusion `` of tree `etc`: it names nothing"),
    ("exclude-children: [{name: a, reason: b}]", "has `exclude-children` but not `each-child: true`"),
    ("each-child: true, exclude-children: [{name: a}]", "excluded child `a` of tree `etc` has no `reason`"),
    ("each-child: true, exclude-children: [{name: a/b, reason: c}]", "expected the name of one directory"),
    (
      "each-child: true, exclude-children: [{name: a, reason: b}, {name: a, reason: c}]",
      "child `a` of tree `etc` is excluded twice"
    ),
  ])
  func refusesAMistakeInATreeNamingIt(_ keys: String, _ part: String) throws {
    let message = try message(tree(keys))
    #expect(message.hasPrefix("cannot read c.yaml:3: "))
    #expect(message.contains(part), "\(message)")
  }

  @Test func saysWhereThreadsMoved() throws {
    let error = try #require(throws: PolicyError.self) { try parse("repository: {path: /r}\nparameters: {threads: 2}") }
    #expect(error.hint == "it moved to `limits`: write `limits: {threads: …}` beside `parameters`")
  }

  @Test func takesNamesThatOnlyBeginAlikeForDifferentTrees() throws {
    let text = "repository: {path: /r}\ntrees: [{name: nfs, path: /a}, {name: nfs-ssd, path: /b}]"
    #expect(try parse(text).trees.map(\.name) == ["nfs", "nfs-ssd"])
  }
}
