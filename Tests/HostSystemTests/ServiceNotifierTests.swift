import Foundation
import HostSystem
import Testing

@Suite(.timeLimit(.minutes(10))) struct ServiceNotifierTests {
  /// What a real listener on a socket hears of some messages.
  private func heard(abstract: Bool, _ speak: (ServiceNotifier) -> Void) async throws -> [String] {
    let directory = try ScratchDirectory()
    let name = abstract ? "@backupctl-test-\(UUID().uuidString)" : "\(directory.url.path)/notify"
    let script = """
      import socket, sys
      name = sys.argv[1]
      listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      listener.bind("\\0" + name[1:] if name[0] == "@" else name)
      print("bound", flush=True)
      while True:
          text = listener.recv(4096).decode()
          print(text, flush=True)
          if text == "STOPPING=1": break
      """
    let lines = Monitor<[String]>([])
    async let listening = ChildCommand("python3", ["-c", script, name]).run { line in
      lines.update { $0.append(String(decoding: line, as: UTF8.self)) }
    }
    try await withWorkerThread { lines.wait { $0.isEmpty ? nil : () } }
    let notifier = ServiceNotifier(variables: ["NOTIFY_SOCKET": name], processID: 1)
    #expect(notifier.isListenedTo)
    speak(notifier)
    notifier.stopping()
    #expect(try await listening.isSuccess)
    return lines.update { $0 }
  }

  @Test(arguments: [false, true]) func tellsTheManagerWhatIsGoingOn(abstract: Bool) async throws {
    let heard = try await heard(abstract: abstract) { notifier in
      notifier.ready()
      notifier.status("two\nlines")
      notifier.alive()
      notifier.extendTimeout(by: .seconds(60))
    }
    #expect(
      heard == [
        "bound", "READY=1", "STATUS=two lines", "WATCHDOG=1", "EXTEND_TIMEOUT_USEC=60000000", "STOPPING=1",
      ])
  }

  @Test func doesNothingOutsideOfAService() {
    let notifier = ServiceNotifier(variables: [:], processID: 1)
    #expect(!notifier.isListenedTo)
    #expect(notifier.watchdogInterval == nil)
    notifier.ready()
  }

  @Test func goesOnIfNobodyListensAnyMore() {
    let notifier = ServiceNotifier(variables: ["NOTIFY_SOCKET": "/nowhere/at/all"], processID: 1)
    notifier.ready()
    #expect(!ServiceNotifier(variables: ["NOTIFY_SOCKET": "vsock:2:1"], processID: 1).isListenedTo)
  }

  @Test func knowsTheWatchdogThatIsMeantForThisProcess() {
    let variables = ["WATCHDOG_USEC": "600000000", "WATCHDOG_PID": "7"]
    #expect(ServiceNotifier(variables: variables, processID: 7).watchdogInterval == .seconds(600))
    #expect(ServiceNotifier(variables: variables, processID: 8).watchdogInterval == nil)
  }
}
