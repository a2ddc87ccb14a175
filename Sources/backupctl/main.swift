import BackupCommands
import Glibc
import HostSystem

let cancellation = Cancellation()
let signals = StopSignals { _ in cancellation.cancel() }
raiseOpenFileLimit()
let arguments = Array(CommandLine.arguments.dropFirst())
let code = await BackupctlCommand.run(
  arguments,
  CommandEnvironment(
    variables: environmentVariables(), clock: SystemClock(), output: .standardOutput, messages: .standardError,
    cancellation: cancellation, processID: getpid(), commandLine: CommandLine.arguments.joined(separator: " ")))
exit(signals.first == 0 ? code : 128 + signals.first)
