import ArgumentParser
import BackupModel
import BackupPolicy

/// Values as a person types them after an option; a mistake is told with an example.
enum OptionValue {
  /// A length of time.
  static func duration(_ text: String) throws -> Duration {
    guard let duration = Duration(parsing: text) else {
      throw ValidationError("'\(text)' is not a length of time, such as 30d, 12h or 90m")
    }
    return duration
  }

  /// A share from nothing to all of it.
  static func share(_ text: String) throws -> Percentage {
    guard let share = Percentage(parsing: text), share <= .whole else {
      throw ValidationError("'\(text)' is not a share from 0% to 100%, such as 70%")
    }
    return share
  }

  /// A size, which may be nothing.
  static func size(_ text: String) throws -> ByteCount {
    guard let size = ByteCount(parsing: text) else {
      throw ValidationError("'\(text)' is not a size, such as 100GiB")
    }
    return size
  }

  /// How much of a disk is to be free.
  static func freeSpace(_ text: String) throws -> FreeSpaceGoal {
    guard let goal = FreeSpaceGoal(parsing: text) else {
      throw ValidationError("'\(text)' is neither a share of the disk nor a size, such as 10% or 200GiB")
    }
    return goal
  }
}
