/// Who may import whom. Dependencies point down: a module names modules of later rows only.
enum ImportTable {
  /// A module and what `Package.swift` lists as its dependencies.
  struct Row {
    let module: String
    let dependencies: Set<String>
    /// Modules that come with the toolchain and need no dependency.
    let system: Set<String>

    init(_ module: String, _ dependencies: Set<String>, system: Set<String> = []) {
      self.module = module
      self.dependencies = dependencies
      self.system = system
    }
  }

  static let rows = [
    Row("backupctl", ["BackupCommands", "HostSystem"], system: ["Glibc"]),
    Row(
      "BackupCommands",
      [
        "BackupEngine", "BackupReporting", "BackupCatalog", "BackupRepository", "BackupArchive", "VolumeSnapshots",
        "BackupPolicy", "JobEngine", "HostSystem", "BackupModel", "ArgumentParser",
      ],
      system: ["FoundationEssentials", "Synchronization"]),
    Row(
      "BackupEngine",
      [
        "JobEngine", "BackupReporting", "BackupCatalog", "BackupRepository", "BackupArchive", "VolumeSnapshots",
        "BackupPolicy", "HostSystem", "BackupModel",
      ],
      system: ["FoundationEssentials", "Synchronization"]),
    Row("BackupReporting", ["HostSystem", "BackupModel"], system: ["FoundationEssentials"]),
    Row("JobEngine", [], system: ["Synchronization"]),
    Row(
      "BackupRepository", ["BackupArchive", "HostSystem", "BackupModel", "Crypto"],
      system: ["FoundationEssentials", "Synchronization"]),
    Row(
      "BackupArchive", ["CLibArchive", "CZstd", "HostSystem", "BackupModel", "Crypto"],
      system: ["Glibc", "Synchronization"]),
    Row("VolumeSnapshots", ["HostSystem", "BackupModel"], system: ["FoundationEssentials", "Synchronization"]),
    Row("BackupCatalog", ["HostSystem", "BackupModel", "GRDB"], system: ["FoundationEssentials"]),
    Row("BackupPolicy", ["BackupModel", "Yams"]),
    Row(
      "HostSystem", ["CLinux", "BackupModel", "Subprocess", "SystemPackage"], system: ["Glibc", "Synchronization"]),
    Row("BackupModel", []),
  ]

  /// C modules, which have no Swift files of their own, and libraries that exactly one module may import.
  static let soleImporters = [
    "CLinux": "HostSystem", "CLibArchive": "BackupArchive", "CZstd": "BackupArchive", "Yams": "BackupPolicy",
    "Subprocess": "HostSystem", "SystemPackage": "HostSystem",
    "ArgumentParser": "BackupCommands", "GRDB": "BackupCatalog",
  ]
}
