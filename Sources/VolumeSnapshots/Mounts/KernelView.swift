public import HostSystem

/// What the kernel says of devices, mounts and processes; a test says it itself.
public struct KernelView: Sendable {
  /// The mounts of this process.
  let mounts: @Sendable () throws -> MountTable
  /// The number of the block device at a path.
  ///
  /// - Throws: ``VolumeError`` `notFound` if there is no such path, `refused` if it isn't a block device.
  let deviceNumber: @Sendable (_ path: String) throws -> DeviceNumber
  /// The number of a running process of a program that has a certain argument, nil if there is none.
  let processes: @Sendable (_ program: String, _ argument: String) throws -> Int32?

  /// Says what it is told to say.
  public init(
    mounts: @escaping @Sendable () throws -> MountTable,
    deviceNumber: @escaping @Sendable (_ path: String) throws -> DeviceNumber,
    processes: @escaping @Sendable (_ program: String, _ argument: String) throws -> Int32?
  ) {
    self.mounts = mounts
    self.deviceNumber = deviceNumber
    self.processes = processes
  }

  /// This host's kernel.
  public static let host = KernelView(
    mounts: { try MountTable.current() }, deviceNumber: numberOfDevice(at:),
    processes: process(of:withArgument:))

  private static func numberOfDevice(at path: String) throws -> DeviceNumber {
    let status: FileStatus
    do {
      status = try OpenFile.open(Array(path.utf8), .readOwn).status()
    } catch {
      throw VolumeError(
        .notFound, "cannot use the device \(path): \(error.reason)", cause: error.cause,
        hint: "look with `lsblk`; a volume must be active to have a device")
    }
    guard status.kind == .blockDevice else {
      throw VolumeError(.refused, "cannot use \(path): it is not a block device")
    }
    return status.deviceNumber
  }

  /// A program whose parent was killed goes on: it may make what is to be removed after it was looked for.
  private static func process(of program: String, withArgument argument: String) throws -> Int32? {
    let directory = try OpenFile.open(Array("/proc".utf8), .directoryFollowing)
    for name in try directory.names() {
      guard let number = Int32(String(decoding: name, as: UTF8.self)) else { continue }
      var line: [UInt8] = []
      do {
        let file = try directory.open(name + Array("/cmdline".utf8), .readOwn)
        try file.read(at: 0, count: 65_536, appendingTo: &line)
      } catch {
        // A process that ended meanwhile is none.
        continue
      }
      // Arguments end with NULs (proc_pid_cmdline(5)).
      let words = line.split(separator: 0)
      let isProgram = words.first?.split(separator: UInt8(ascii: "/")).last?.elementsEqual(program.utf8) ?? false
      if isProgram, words.dropFirst().contains(where: { $0.elementsEqual(argument.utf8) }) { return number }
    }
    return nil
  }
}
