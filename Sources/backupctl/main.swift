import BackupCommands
import Glibc
import HostSystem

let cancellation = Cancellation()
let abandonment = Cancellation()
// The first signal asks the command to stop; a second one asks it not to wait for its clean-up, if it can be asked.
let signals = StopSignals { count in
  switch count {
  case 1: cancellation.cancel()
  case 2 where abandonment.isAwaited: abandonment.cancel()
  default: return false
  }
  return true
}
raiseOpenFileLimit()
let arguments = Array(CommandLine.arguments.dropFirst())
let code = await BackupctlCommand.run(
  arguments,
  CommandEnvironment(
    variables: environmentVariables(), clock: SystemClock(), output: .standardOutput, messages: .standardError,
    input: CommandInput(isTerminal: Terminal(descriptor: 0).isTerminal) { readLine() }, cancellation: cancellation,
    abandonment: abandonment, processID: getpid(),
    commandLine: CommandLine.arguments.joined(separator: " ")))
exit(signals.first == 0 ? code : 128 + signals.first)
