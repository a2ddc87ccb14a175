import BackupArchive
public import BackupModel
import HostSystem

/// Examines the structure of one pack: tables, seek table, the header of each frame; no data.
struct PackExamination {
  let store: SourceStore
  let cancellation: Cancellation

  /// What was found.
  struct Outcome {
    var reader: PackReader?
    var damage: [Damage] = []
  }

  func examine(_ name: PackName) throws -> Outcome {
    var outcome = Outcome()
    do {
      let reader = try store.openPack(name)
      outcome.reader = reader
      _ = try reader.runs()
      if let problem = try reader.seekTableProblem() {
        var damage = Damage(of: name, in: store.source, RepositoryError(.damaged, problem))
        damage.hidesChunks = false
        outcome.damage.append(damage)
      }
      outcome.damage += try headers(reader, name)
    } catch let error where !(error is CancellationError) {
      outcome.damage.append(Damage(of: name, in: store.source, error))
    }
    return outcome
  }

  private func headers(_ reader: PackReader, _ name: PackName) throws -> [Damage] {
    var damage: [Damage] = []
    for number in reader.frames.indices {
      if number % 256 == 0 { try cancellation.check() }
      let problem: String?
      do {
        problem = try reader.headerProblem(ofFrame: number)
      } catch let error as SystemError {
        problem = error.description
      }
      guard let problem else { continue }
      damage.append(Damage(ofFrame: number, in: name, of: store.source, problem))
    }
    return damage
  }
}

extension Damage {
  /// A frame that is damaged.
  public init(ofFrame frame: Int, in pack: PackName, of source: SourceID, _ cause: String) {
    self.init(source: source, what: "frame \(frame) of pack \(pack) is damaged", cause: cause)
    self.pack = pack
    frames = FrameRanges([frame])
  }
}
