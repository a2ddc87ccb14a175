import Foundation
import HostSystem
import Synchronization
import TestSupport
import Testing

@testable import VolumeSnapshots

/// Programs that say what a test lets them say, and remember how they were called.
final class OpeningTools: ToolRunning {
  struct Call: Equatable {
    let tool: String
    let arguments: [String]
    let input: [UInt8]
  }

  private let recorded = Mutex<[Call]>([])
  private let answer: @Sendable (Call) throws -> ChildResult

  init(_ answer: @escaping @Sendable (Call) throws -> ChildResult) { self.answer = answer }

  func run(_ tool: String, _ arguments: [String], input: [UInt8], timeLimit: Duration) async throws -> ChildResult {
    let call = Call(tool: tool, arguments: arguments, input: input)
    recorded.withLock { $0.append(call) }
    return try answer(call)
  }

  var calls: [Call] { recorded.withLock { $0 } }
  var lines: [String] { calls.map { ([$0.tool] + $0.arguments).joined(separator: " ") } }
}

/// Leases that only remember what was asked of them.
final class OpeningLeases: VolumeLeasing {
  private let recorded = Mutex<[String]>([])

  func acquire(_ thing: VolumeThing) async throws -> any VolumeLease {
    recorded.withLock { $0.append("acquire \(Self.text(thing))") }
    return Lease { self.recorded.withLock { $0.append("release \(Self.text(thing))") } }
  }

  var events: [String] { recorded.withLock { $0 } }

  private static func text(_ thing: VolumeThing) -> String {
    switch thing {
    case .mapping(let name, let device): "mapping \(name) on \(device)"
    case .mount(let path, let device): "mount \(device) at \(path)"
    default: "\(thing)"
    }
  }

  private struct Lease: VolumeLease {
    let end: @Sendable () -> Void
    func amend(details: [String: String]) async throws {}
    func release() async throws { end() }
  }
}

extension ChildResult {
  static let done = ChildResult(end: .exited(0))
  static func said(_ text: String) -> ChildResult { ChildResult(end: .exited(0), output: Array(text.utf8)) }
  static func failed(_ code: Int32, _ words: String...) -> ChildResult {
    ChildResult(end: .exited(code), lastWords: words)
  }
}

extension BusyRetry {
  /// Three attempts, without waiting.
  static let atOnce = BusyRetry(attempts: 3) { _ in }
}

extension KernelView {
  /// One device at each path, the same number for all; mounts as the text of `mountinfo`.
  static func made(
    device: DeviceNumber = DeviceNumber(major: 253, minor: 5), mounts: @escaping @Sendable () -> String = { "" },
    process: @escaping @Sendable () -> Int32? = { nil }
  ) -> KernelView {
    KernelView(
      mounts: { MountTable(parsing: Array(mounts().utf8)) }, deviceNumber: { _ in device },
      processes: { _, _ in process() })
  }
}

/// A directory of a test's own, removed at the end.
final class OpeningScratch: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "backupctl-opening-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)  // What can't be removed is left to the system.
  }

  /// A file in it.
  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path = "\(path)/\(name)"
    try Data(bytes).write(to: URL(filePath: path))
    return path
  }

  /// A file of zeros in it that takes no space.
  func image(_ name: String, mebibytes: Int) throws -> String {
    let path = "\(path)/\(name)"
    let file = try OpenFile.open(Array(path.utf8), .newFile(permissions: 0o600))
    try file.setSize(Int64(mebibytes) << 20)
    try file.close()
    return path
  }

  /// A recorded file of `Tests/Fixtures/luks`.
  static func fixture(_ name: String) throws -> [UInt8] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return Array(try Data(contentsOf: tests.appending(path: "Fixtures/luks/\(name)")))
  }

  static func has(_ program: String) -> Bool {
    ["/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"].contains {
      FileManager.default.isExecutableFile(atPath: $0 + program)
    }
  }

  static func run(_ vector: String..., input: [UInt8] = []) async throws -> String {
    try await run(vector, input: input)
  }

  static func run(_ vector: [String], input: [UInt8] = []) async throws -> String {
    let result = try await HostTools().run(
      vector[0], Array(vector.dropFirst()), input: input, timeLimit: .seconds(120))
    try #require(result.isSuccess, "\(vector) \(result.end): \(result.lastWords)")
    return String(decoding: result.output, as: UTF8.self)
  }
}

/// The error that `body` throws.
func volumeError(
  _ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async -> VolumeError? {
  await #expect(throws: VolumeError.self, sourceLocation: sourceLocation) { try await body() }
}
