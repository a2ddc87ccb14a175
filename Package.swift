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
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
  name: "backupctl",
  products: [
    .executable(name: "backupctl", targets: ["backupctl"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // The table of who may import whom is held by Tests/ArchitectureTests.
    .executableTarget(name: "backupctl", dependencies: ["BackupCommands", "HostSystem"], swiftSettings: strict),
    .target(
      name: "BackupCommands",
      dependencies: [
        "BackupEngine", "BackupRepository", "BackupArchive", "BackupPolicy", "JobEngine", "HostSystem", "BackupModel",
        argumentParser,
      ],
      swiftSettings: strict),
    .target(
      name: "BackupEngine",
      dependencies: [
        "JobEngine", "BackupRepository", "BackupArchive", "BackupPolicy", "HostSystem", "BackupModel",
      ],
      swiftSettings: strict),
    .target(name: "JobEngine", swiftSettings: strict),
    .target(
      name: "BackupRepository", dependencies: ["BackupArchive", "HostSystem", "BackupModel", crypto],
      resources: [.embedInCode("Resources/rescue.py"), .embedInCode("Resources/README.txt")],
      swiftSettings: strict),
    .target(
      name: "BackupArchive", dependencies: ["CLibArchive", "CZstd", "HostSystem", "BackupModel", crypto],
      swiftSettings: strict),
    .target(name: "BackupPolicy", dependencies: ["BackupModel", yams], swiftSettings: strict),
    .target(name: "HostSystem", dependencies: ["CLinux", "BackupModel"], swiftSettings: strict),
    .target(name: "BackupModel", swiftSettings: strict),
    .target(name: "CLinux"),
    .systemLibrary(name: "CLibArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

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
      name: "BackupPolicyTests", dependencies: ["TestSupport", "BackupPolicy", "BackupModel"], swiftSettings: strict),
    .testTarget(name: "JobEngineTests", dependencies: ["TestSupport", "JobEngine"], swiftSettings: strict),
    .testTarget(
      name: "BackupEngineTests",
      dependencies: [
        "TestSupport",
        "BackupEngine", "JobEngine", "BackupRepository", "BackupArchive", "BackupPolicy", "HostSystem", "BackupModel",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "BackupCommands", "BackupEngine", "BackupRepository", "HostSystem", "BackupModel", argumentParser,
      ],
      exclude: ["Golden"],
      swiftSettings: strict),
  ]
)
