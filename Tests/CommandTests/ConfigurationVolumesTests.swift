import BackupPolicy
import Foundation
import Testing

@testable import BackupCommands

/// The JSON of `config show` against its YAML: the same keys, the same values.
@Suite struct ConfigurationVolumesTests {
  private static let text = """
    repository: {path: /r}
    kubernetes: {command: [kubectl, -n, "a b"], timeout: 5s}
    pool-limits: {data: 70%}
    volumes:
      - name: pvc
        group: pve
        pool: data
        match: "vm-*"
        namespaces: [media]
        minimum-size: 1GiB
        maximum-size: 2GiB
        exclude: [{match: "vm-9*", reason: scratch}, {claim: "media/*", reason: films}]
        block-size: 64KiB
        together: true
        freeze: {command: [x, freeze], thaw: [x, thaw]}
        luks: {key-file: /k}
        maximum-age: 26h
      - {name: files, group: ssd, mode: files, luks: {key-command: [vault, read]}}
    """

  private func document() throws -> [String: Any] {
    let configuration = try Configuration.parse(text: Self.text, file: "c.yaml")
    let json = try JSONText.encode(ConfigurationDocument(configuration))
    return try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
  }

  @Test func showsEveryKeyOfTheYAMLAndNoOther() throws {
    let configuration = try Configuration.parse(text: Self.text, file: "c.yaml")
    let yaml = configuration.effectiveYAML().split(separator: "\n").map(String.init)
    let volumes = try #require(try document()["volumes"] as? [[String: Any]])
    let start = try #require(yaml.firstIndex(of: "volumes:"))
    let end = try #require(yaml.firstIndex(of: "pool-limits:"))
    var keys: [Set<String>] = []
    for line in yaml[(start + 1)..<end] {
      let begins = line.hasPrefix("  - ")
      guard begins || (line.hasPrefix("    ") && !line.hasPrefix("     ")) else { continue }
      if begins { keys.append([]) }
      keys[keys.count - 1].insert(String(line.dropFirst(4).prefix { $0 != ":" }))
    }
    #expect(keys == volumes.map { Set($0.keys) })
  }

  @Test func showsSizesInBytesAndWhereTheKeyComesFromButNoKey() throws {
    let volumes = try #require(try document()["volumes"] as? [[String: Any]])
    #expect(volumes[0]["minimum-size"] as? Int == 1 << 30 && volumes[0]["block-size"] as? Int == 65_536)
    #expect(volumes[0]["luks"] as? [String: String] == ["key-file": "/k"])
    #expect(volumes[1]["luks"] as? [String: [String]] == ["key-command": ["vault", "read"]])
    #expect(
      volumes[0]["exclude"] as? [[String: String]] == [
        ["match": "vm-9*", "reason": "scratch"], ["claim": "media/*", "reason": "films"],
      ])
    #expect(try document()["pool-limits"] as? [String: String] == ["data": "70%", "metadata": "80%"])
    let cluster = try #require(try document()["kubernetes"] as? [String: Any])
    #expect(cluster["command"] as? [String] == ["kubectl", "-n", "a b"] && cluster["timeout"] as? String == "5s")
  }
}
