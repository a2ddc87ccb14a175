import Foundation
import GRDB
import Testing

@testable import BackupCatalog

/// `docs/catalog.md` against the real tables.
@Suite struct DocumentationTests {
  private let scene: CatalogScene
  private let page: String

  init() throws {
    scene = try CatalogScene()
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    page = try String(contentsOf: root.appending(path: "docs/catalog.md"), encoding: .utf8)
  }

  @Test func namesEachTable() throws {
    try scene.fill()
    let tables = try scene.withDatabase {
      try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    }
    #expect(tables.count == 10)
    for table in tables { #expect(page.contains("`\(table)`"), "\(table)") }
  }

  @Test func namesEachState() throws {
    for word in RunState.allCases.map(\.rawValue) + RecordedState.allCases.map(\.rawValue) {
      #expect(page.contains("`\(word)`"), "\(word)")
    }
  }

  @Test func showsQueriesThatWork() throws {
    try scene.fill()
    let block = try #require(page.split(separator: "```").first { $0.hasPrefix("sh\n") })
    let queries = block.matches(of: /"([^"]+)"/).map { String($0.1) }
    #expect(queries.count == 6)
    for query in queries {
      let rows = try scene.withDatabase { try Row.fetchAll($0, sql: query) }
      // There are no leases or sources, and no task of this run failed.
      #expect(!rows.isEmpty || ["lease", "source", "task"].contains { query.contains("FROM \($0)") }, "\(query)")
    }
  }
}
