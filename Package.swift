// swift-tools-version: 6.2
import PackageDescription

// Every target is compiled in the Swift 6 language mode, with warnings as errors and with imports that stay
// inside the module unless they are written `public import`.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
  name: "backupctl",
  products: [
    .executable(name: "backupctl", targets: ["backupctl"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // The table of who may import whom is held by Tests/ArchitectureTests.
    .executableTarget(name: "backupctl", dependencies: ["BackupCommands", "HostSystem"], swiftSettings: strict),
    .target(
      name: "BackupCommands",
      dependencies: [
        "BackupEngine", "BackupReporting", "BackupCatalog", "BackupRepository", "BackupArchive", "VolumeSnapshots",
        "BackupPolicy", "JobEngine", "HostSystem", "BackupModel", argumentParser,
      ],
      swiftSettings: strict),
    .target(
      name: "BackupEngine",
      dependencies: [
        "JobEngine", "BackupReporting", "BackupCatalog", "BackupRepository", "BackupArchive", "VolumeSnapshots",
        "BackupPolicy", "HostSystem", "BackupModel",
      ],
      swiftSettings: strict),
    .target(name: "BackupReporting", dependencies: ["HostSystem", "BackupModel"], swiftSettings: strict),
    .target(name: "JobEngine", swiftSettings: strict),
    .target(
      name: "BackupRepository", dependencies: ["BackupArchive", "HostSystem", "BackupModel", crypto],
      resources: [.embedInCode("Resources/rescue.py"), .embedInCode("Resources/README.txt")],
      swiftSettings: strict),
    .target(
      name: "BackupArchive", dependencies: ["CLibArchive", "CZstd", "HostSystem", "BackupModel", crypto],
      swiftSettings: strict),
    .target(name: "VolumeSnapshots", dependencies: ["HostSystem", "BackupModel"], swiftSettings: strict),
    .target(name: "BackupCatalog", dependencies: ["HostSystem", "BackupModel", grdb], swiftSettings: strict),
    .target(name: "BackupPolicy", dependencies: ["BackupModel", yams], swiftSettings: strict),
    .target(
      name: "HostSystem", dependencies: ["CLinux", "BackupModel", subprocess, systemPackage], swiftSettings: strict),
    .target(name: "BackupModel", swiftSettings: strict),
    .target(name: "CLinux"),
    .systemLibrary(name: "CLibArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

    .executableTarget(
      name: "overhead", dependencies: ["BackupEngine", "BackupCatalog", "JobEngine", "HostSystem", "BackupModel"],
      path: "bench/Overhead", swiftSettings: strict),
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(name: "ArchitectureTests", swiftSettings: strict),
    .testTarget(name: "BackupModelTests", dependencies: ["TestSupport", "BackupModel"], swiftSettings: strict),
    .testTarget(
      name: "HostSystemTests", dependencies: ["TestSupport", "HostSystem", "BackupModel"], swiftSettings: strict),
    .testTarget(
      name: "BackupArchiveTests", dependencies: ["TestSupport", "BackupArchive", "HostSystem", "BackupModel"],
      swiftSettings: strict),
    .testTarget(
      name: "BackupRepositoryTests",
      dependencies: ["TestSupport", "BackupRepository", "BackupArchive", "HostSystem", "BackupModel"],
      swiftSettings: strict),
    .testTarget(
      name: "BackupCatalogTests", dependencies: ["TestSupport", "BackupCatalog", "HostSystem", "BackupModel", grdb],
      swiftSettings: strict),
    .testTarget(
      name: "VolumeSnapshotsTests", dependencies: ["TestSupport", "VolumeSnapshots", "HostSystem", "BackupModel"],
      swiftSettings: strict),
    .testTarget(
      name: "BackupPolicyTests", dependencies: ["TestSupport", "BackupPolicy", "BackupModel"], swiftSettings: strict),
    .testTarget(
      name: "BackupReportingTests", dependencies: ["BackupReporting", "HostSystem", "BackupModel"],
      exclude: ["Golden"], swiftSettings: strict),
    .testTarget(name: "JobEngineTests", dependencies: ["TestSupport", "JobEngine"], swiftSettings: strict),
    .testTarget(
      name: "BackupEngineTests",
      dependencies: [
        "TestSupport",
        "BackupEngine", "JobEngine", "BackupCatalog", "BackupRepository", "BackupArchive", "VolumeSnapshots",
        "BackupPolicy", "HostSystem", "BackupModel",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "BackupCommands", "BackupEngine", "BackupReporting", "BackupCatalog", "BackupRepository", "BackupPolicy",
        "HostSystem", "BackupModel", argumentParser,
      ],
      exclude: ["Golden"],
      swiftSettings: strict),
  ]
)
