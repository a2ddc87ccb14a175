import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// A test of restored data by someone who knows what such data are like.
///
/// To add one, write a type, a word in `ProbeDeclaration` and a line in ``ProbeDeclaration/probe``.
protocol Probe: Sendable {
  /// Looks at what was restored, and changes it if it has to: it is a copy that is thrown away.
  ///
  /// - Throws: `CancellationError`; anything else only if not even that can be said what couldn't be looked at.
  func run(on data: RestoredData) async throws -> ProbeReport
}

/// What a drill restored, for its probes.
struct RestoredData: Sendable {
  /// The directory that holds the tree, or the files of an image, as programs see it; the scratch directory of an image that isn't mounted.
  let directory: PathBytes
  /// What comes before that path for this process, where programs see other mounts.
  var seenThrough: PathBytes = []
  /// The scratch directory, for files of the probes.
  let workspace: PathBytes
  /// The image, if the point holds one.
  let image: ScratchImage?
  /// The files of which it is known what they are; none of an image that isn't mounted.
  let recognized: RecognizedFiles
  /// The point and those before it.
  let history: PointHistory
  /// How programs are run.
  let isolation: Isolation

  /// The absolute path of something in the tree, for this process.
  func path(of relative: PathBytes) -> PathBytes { seenThrough + pathOfPrograms(relative) }

  /// The absolute path as an argument; nil if it isn't text, which an argument must be.
  func argument(_ relative: PathBytes) -> String? { String(validating: pathOfPrograms(relative), as: UTF8.self) }

  private func pathOfPrograms(_ relative: PathBytes) -> PathBytes {
    isRootPath(relative[...]) ? directory : directory + [0x2F] + relative
  }
}

extension ProbeDeclaration {
  /// What makes the test.
  var probe: any Probe {
    switch test {
    case .sqlite: SQLiteProbe(timeLimit: timeLimit)
    case .dump(let unchangedFor): DumpProbe(timeLimit: timeLimit, unchangedFor: unchangedFor)
    case .postgres(let programs): PostgresProbe(timeLimit: timeLimit, programs: programs)
    case .fileSystem: FileSystemProbe(timeLimit: timeLimit)
    case .command(let vector): CommandProbe(timeLimit: timeLimit, vector: vector)
    }
  }
}
