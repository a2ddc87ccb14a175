import Foundation
import Testing

@Suite struct ImportTableTests {
  @Test(arguments: try SourceFile.all(in: "Sources"))
  func importsOnlyWhatTheTableLists(file: SourceFile) throws {
    let row = try #require(
      ImportTable.rows.first { $0.module == file.module }, "\(file.module) is missing in the import table")
    let others = Set(file.imports).subtracting(row.dependencies.union(row.system))
    #expect(others.isEmpty, "\(file) imports \(others.sorted()), which its module may not")
  }

  @Test func tableHasARowForEachModuleAndNoOther() throws {
    #expect(Set(try SourceFile.all(in: "Sources").map(\.module)) == Set(ImportTable.rows.map(\.module)))
  }

  @Test func tablePointsDown() {
    for (position, row) in ImportTable.rows.enumerated() {
      let above = Set(ImportTable.rows[...position].map(\.module))
      #expect(row.dependencies.isDisjoint(with: above), "\(row.module) points up")
    }
  }

  @Test(arguments: ImportTable.soleImporters)
  func oneModuleImportsTheLibrary(library: String, importer: String) throws {
    let importers = Set(try SourceFile.all(in: "Sources").filter { $0.imports.contains(library) }.map(\.module))
    #expect(importers == [importer])
  }

  @Test func packageDeclaresTheDependenciesOfTheTable() throws {
    let declared = try PackageTargets.read()
    for row in ImportTable.rows { #expect(declared[row.module] == row.dependencies, "\(row.module)") }
  }

  @Test func packageDeclaresWhatTestsImport() throws {
    let declared = try PackageTargets.read()
    let modules = Set(ImportTable.rows.map(\.module))
    for file in try SourceFile.all(in: "Tests") where file.module.hasSuffix("Tests") {
      let undeclared = Set(file.imports).intersection(modules).subtracting(declared[file.module] ?? [])
      #expect(undeclared.isEmpty, "\(file) imports \(undeclared.sorted()) undeclared")
    }
  }

  @Test func readsImportsWithTheirModifiers() {
    let file = SourceFile(
      path: "Sources/M/F.swift",
      lines: [
        "import A", "public import B", "@testable import C", "// import D", "import struct E.T", "  let important = 1",
      ])
    #expect(file.imports == ["A", "B", "C", "E"])
  }
}

/// The targets in `Package.swift` with their dependencies.
enum PackageTargets {
  static func read() throws -> [String: Set<String>] {
    let text = try SourceFile.text("Package.swift")
    // `let crypto: Target.Dependency = .product(name: "Crypto", …)`
    var products: [String: String] = [:]
    for match in text.matches(of: /let (\w+): Target\.Dependency = \.product\(name: "(\w+)"/) {
      products[String(match.1)] = String(match.2)
    }
    var targets: [String: Set<String>] = [:]
    for match in text.matches(
      of: /\.(?:executableTarget|target|testTarget)\(\s*name: "(\w+)"(?:,\s*dependencies: \[([^\]]*)\])?/)
    {
      let names = (match.2 ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init)
      targets[String(match.1)] = Set(
        names.map { $0.hasPrefix("\"") ? $0.replacing("\"", with: "") : products[$0] ?? $0 })
    }
    return targets
  }
}
