import FoundationEssentials
import HostSystem

/// A line that a plug-in writes to its standard output.
enum PluginEvent<Answer: Decodable & Sendable>: Sendable {
  /// How severe a remark is.
  enum Level: String, Decodable, Sendable {
    case info, warning, error
  }

  /// How far it has come, or what it is at.
  case progress(activity: String?, completed: UInt64?, total: UInt64?)
  /// A remark.
  case log(Level, String)
  /// What the verb asks for.
  case result(Answer)

  private struct Head: Decodable {
    let event: String
  }

  private struct Progress: Decodable {
    let activity: String?
    let completed: UInt64?
    let total: UInt64?
  }

  private struct Log: Decodable {
    let level: Level
    let message: String
  }

  private struct ResultHead: Decodable {
    let `protocol`: Int
  }

  /// Reads a line.
  ///
  /// - Throws: ``PluginFault``: every byte of it is untrusted.
  init(_ line: [UInt8]) throws(PluginFault) {
    guard String(validating: line, as: UTF8.self) != nil else {
      throw PluginFault("it wrote a line that isn't UTF-8", line)
    }
    let event: String
    do {
      event = try JSONDecoder().decode(Head.self, from: Data(line)).event
    } catch {
      throw PluginFault("it wrote a line that isn't a JSON object with an `event`", line)
    }
    do {
      switch event {
      case "progress":
        let progress = try JSONDecoder().decode(Progress.self, from: Data(line))
        self = .progress(activity: progress.activity, completed: progress.completed, total: progress.total)
      case "log":
        let log = try JSONDecoder().decode(Log.self, from: Data(line))
        self = .log(log.level, log.message)
      case "result":
        let spoken = try JSONDecoder().decode(ResultHead.self, from: Data(line)).protocol
        guard spoken == KindPlugin.protocolVersion else {
          throw PluginFault(
            "it answered in version \(spoken) of the protocol; this is for version \(KindPlugin.protocolVersion)")
        }
        self = .result(try JSONDecoder().decode(Answer.self, from: Data(line)))
      default:
        throw PluginFault("it wrote the unknown event `\(Array(event.utf8).displayedPath.prefix(60))`", line)
      }
    } catch let fault as PluginFault {
      throw fault
    } catch {
      throw PluginFault("a value in its event `\(event)` is missing or of the wrong type", line)
    }
  }
}

/// Something that a plug-in did against the protocol.
struct PluginFault: Error {
  /// What it did, as a clause.
  let what: String
  /// The beginning of the line, made safe to show.
  let line: String?

  init(_ what: String, _ line: [UInt8]? = nil) {
    self.what = what
    self.line = line.map { line in
      let shown = Array(line.prefix(200)).displayedPath
      return line.count > 200 ? shown + "…" : shown
    }
  }
}
