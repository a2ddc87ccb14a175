import HostSystem
import Testing

@testable import BackupEngine

@Suite struct DumpScanTests {
  private static let plain = """
    --
    -- PostgreSQL database dump
    --

    CREATE TABLE t (a int);
    COPY public.t (a) FROM stdin;
    1
    \\.

    --
    -- PostgreSQL database dump complete
    --


    """

  private func scan(_ text: String, pieces: Int = .max) -> DumpScan {
    var scan = DumpScan()
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      scan.take(rest.prefix(pieces))
      rest = rest.dropFirst(pieces)
    }
    scan.finish()
    return scan
  }

  @Test(arguments: [1, 2, 7, 64, .max]) func findsTheSameHoweverItIsCutIntoPieces(pieces: Int) {
    let whole = scan(Self.plain, pieces: pieces)
    #expect(whole.format == .postgres && whole.hasRows && whole.missingEnd == nil)
    #expect(whole.count == Int64(Self.plain.utf8.count))
    let empty = scan(Self.plain.replacing("\n1\n", with: "\n"), pieces: pieces)
    #expect(empty.format == .postgres && !empty.hasRows && empty.missingEnd == nil)
  }

  @Test func missesTheEndOfADumpAtEveryByteBeforeIt() {
    let end = Self.plain.utf8.count - "\n--\n\n".utf8.count
    for length in stride(from: 60, to: end, by: 3) {
      #expect(scan(String(Self.plain.utf8.prefix(length)) ?? "").missingEnd == "-- PostgreSQL database dump complete")
    }
  }

  @Test func wantsTheEndOfTheClusterWhenTheDumpIsOfAllDatabases() {
    let head = "--\n-- PostgreSQL database cluster dump\n--\n\n"
    #expect(scan(head + Self.plain).missingEnd == "-- PostgreSQL database cluster dump complete")
    #expect(scan(head + Self.plain + "--\n-- PostgreSQL database cluster dump complete\n--\n").missingEnd == nil)
  }

  @Test func takesWhatNewerVersionsWriteAroundTheDump() {
    let text = Self.plain.replacing("\nCREATE", with: "\n\\restrict abc\n\nCREATE") + "\\unrestrict abc\n\n"
    let found = scan(text)
    #expect(found.format == .postgres && found.hasRows && found.missingEnd == nil)
    let maria = "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\n--\nINSERT INTO `t` VALUES (1);\n"
    #expect(scan(maria).format == .mysql)
    #expect(scan(maria + "-- Dump completed on 2026-11-22\n").missingEnd == nil)
  }

  @Test func findsRowsInALineThatIsLongerThanIsKept() {
    let row = "INSERT INTO `t` VALUES " + String(repeating: "(1),", count: 100_000) + ";\n"
    #expect(scan("-- MySQL dump 10.13\n--\n" + row, pieces: 1000).hasRows)
    #expect(!scan("-- MySQL dump 10.13\n--\n-- " + row, pieces: 1000).hasRows)
  }

  @Test(arguments: [
    ("PGDMP\u{1}", "x", DumpFormat.postgresArchive), ("-- MySQL dump 10\n", "x", .mysql),
    ("--\n-- PostgreSQL database dump\n", "x", .postgres), ("-- a migration\n", "a.sql", nil), ("", "a.sql", nil),
  ])
  func recognizesDumpsByTheirFirstBytes(head: String, name: String, format: DumpFormat?) {
    #expect(DumpFormat(head: Array(head.utf8), name: PathBytes(path: name), isStream: false) == format)
  }

  @Test func recognizesWhatIsCompressedByItsNameOrAsAStream() {
    let gzip: [UInt8] = [0x1F, 0x8B, 8, 0]
    #expect(DumpFormat(head: gzip, name: PathBytes(path: "a.SQL.gz"), isStream: false) == .gzip)
    #expect(DumpFormat(head: gzip, name: PathBytes(path: "photo.gz"), isStream: false) == nil)
    #expect(DumpFormat(head: gzip, name: PathBytes(path: "content"), isStream: true) == .gzip)
    #expect(DumpFormat(head: [0x28, 0xB5, 0x2F, 0xFD], name: PathBytes(path: "x.dump.zst"), isStream: false) == .zstd)
  }
}
