import HostSystem

/// How a dump of a database is written.
enum DumpFormat: Sendable, Hashable {
  /// What `pg_dump` and `pg_dumpall` write as SQL.
  case postgres
  /// What `mysqldump` and `mariadb-dump` write.
  case mysql
  /// What `pg_dump` writes with `-Fc`, or in the file `toc.dat` of `-Fd`.
  case postgresArchive
  /// One of the others, compressed by `gzip`.
  case gzip
  /// One of the others, compressed by `zstd`.
  case zstd

  /// The program that decompresses it, with its arguments.
  var decompressor: [String]? {
    switch self {
    case .gzip: ["gzip", "-dc"]
    case .zstd: ["zstd", "-dcq"]
    case .postgres, .mysql, .postgresArchive: nil
    }
  }

  /// Recognizes a dump by its first bytes.
  ///
  /// What is compressed shows nothing of itself, so its name counts too: `.sql` or `.dump` somewhere in it. `mysqldump --compact` writes
  /// neither beginning nor end, so that nobody can know whether it is whole.
  ///
  /// - Parameter isStream: whether it is the output of a command, whose name says nothing.
  init?(head: [UInt8], name: PathBytes, isStream: Bool) {
    if head.starts(with: "PGDMP".utf8) {
      self = .postgresArchive
      return
    }
    let compressed: DumpFormat? =
      head.starts(with: [0x1F, 0x8B]) ? .gzip : head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) ? .zstd : nil
    if let compressed {
      let text = name.displayedPath.lowercased()
      guard isStream || text.contains(".sql") || text.contains(".dump") else { return nil }
      self = compressed
      return
    }
    guard let text = Self.plain(head) else { return nil }
    self = text
  }

  /// Recognizes a dump in SQL by its first bytes.
  static func plain(_ head: [UInt8]) -> DumpFormat? {
    guard head.first == 0x2D || head.first == 0x2F else { return nil }
    for line in head.prefix(1024).split(separator: 0x0A).prefix(6) {
      if line.starts(with: "-- PostgreSQL database dump".utf8) { return .postgres }
      if line.starts(with: "-- PostgreSQL database cluster dump".utf8) { return .postgres }
      if line.starts(with: "-- MySQL dump ".utf8) || line.starts(with: "-- MariaDB dump ".utf8) { return .mysql }
    }
    return nil
  }
}
