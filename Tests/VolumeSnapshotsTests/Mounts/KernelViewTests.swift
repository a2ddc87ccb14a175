import HostSystem
import Testing

@testable import VolumeSnapshots

@Suite("What the kernel says")
struct KernelViewTests {
  @Test func findsARunningProgramByAnArgumentOfIts() throws {
    let program = try #require(CommandLine.arguments.first?.split(separator: "/").last.map(String.init))
    let argument = try #require(CommandLine.arguments.dropFirst().first)
    #expect(try KernelView.host.processes(program, argument) != nil)
    #expect(try KernelView.host.processes(program, "backupctl-no-such-argument") == nil)
    #expect(try KernelView.host.processes("cryptsetup-\(program)", argument) == nil)
  }

  @Test(arguments: [("/nonexistent/device", VolumeError.Code.notFound), ("/dev/null", .refused), ("/tmp", .refused)])
  func refusesWhatIsNotABlockDevice(path: String, code: VolumeError.Code) async {
    let error = await volumeError { _ = try KernelView.host.deviceNumber(path) }
    #expect(error?.code == code)
  }
}
