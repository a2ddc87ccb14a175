/// What a restore in place does next. Pure: it follows from what is noted and from what is seen on disk.
enum RestoreMove: Hashable, Sendable {
  /// Make the tree beside the live one and compare it with the point; done again after a crash, it goes on.
  case fill(part: Int)
  /// Note a new state.
  case note(part: Int, RestoreRecord.State)
  /// Let the two things of an exchange change places.
  case exchange(part: Int, item: Int)
  /// Remove a place with all in it; done again after a crash, it goes on.
  case remove(part: Int)
  /// Note whether what uses the volumes runs.
  case noteUse(RestoreRecord.Use)
  /// Stop what uses the volumes, until they are closed.
  case stopUse
  /// Start it again.
  case startUse
  /// Neither the old nor the new thing is where it should be.
  case stop(part: Int, item: Int)
  /// What is wanted is reached.
  case done

  /// Decides.
  ///
  /// Towards a restore all parts are filled before the first one is exchanged, so that one that can't be restored leaves
  /// everything as it was. Back it goes in the opposite order. What uses volumes, or is named, is stopped for the exchanges only.
  /// - Parameter side: which thing of an exchange is live now; asked only about the part that is being exchanged,
  ///   ``RestoreRecord/partInExchange``.
  static func next(
    of record: RestoreRecord, side: (_ part: Int, _ item: Int) throws -> RestoreExchange.Side
  ) rethrows -> RestoreMove {
    let parts = Array(record.parts.enumerated())
    switch record.intent {
    case .restore:
      for (number, part) in parts where part.state == .filling { return .fill(part: number) }
      if let move = stopping(record, for: [.filled, .exchanging]) { return move }
      for (number, part) in parts {
        switch part.state {
        case .filled: return .note(part: number, .exchanging)
        case .exchanging:
          return try exchanges(of: number, from: .old, order: Array(0..<part.exchangeCount), side)
            ?? .note(part: number, .exchanged)
        default: continue
        }
      }
      return starting(record) ?? .done
    case .undo:
      if let move = stopping(record, for: [.exchanging, .exchanged, .undoing]) { return move }
      for (number, part) in parts.reversed() {
        switch part.state {
        case .exchanging, .exchanged: return .note(part: number, .undoing)
        case .undoing:
          return try exchanges(of: number, from: .new, order: (0..<part.exchangeCount).reversed(), side)
            ?? .note(part: number, .undone)
        // Nothing of it was ever live: what is beside is a copy of the point and nothing else.
        case .filling, .filled: return .note(part: number, .removing)
        case .removing: return .remove(part: number)
        case .undone, .removed: continue
        }
      }
      return starting(record) ?? .done
    case .forget:
      for (number, part) in parts {
        switch part.state {
        case .removed: continue
        case .removing: return .remove(part: number)
        default: return .note(part: number, .removing)
        }
      }
      return .done
    }
  }

  /// What is done so that parts in these states can be exchanged; nil if nothing uses them that is stopped for it, or all of it is.
  private static func stopping(_ record: RestoreRecord, for states: Set<RestoreRecord.State>) -> RestoreMove? {
    let stopsForTrees = !(record.named ?? []).isEmpty
    guard record.parts.contains(where: { ($0.volume != nil || stopsForTrees) && states.contains($0.state) }) else {
      return nil
    }
    switch record.use {
    case .stopped: return nil
    case .stopping: return .stopUse
    case .running, .starting, nil: return .noteUse(.stopping)
    }
  }

  /// What is done so that what was stopped runs again; nil if it does.
  private static func starting(_ record: RestoreRecord) -> RestoreMove? {
    if record.isInUse { return nil }
    return record.use == .starting ? .startUse : .noteUse(.starting)
  }

  /// The first exchange that is still on one side; nil if all have left it.
  private static func exchanges(
    of number: Int, from: RestoreExchange.Side, order: [Int],
    _ side: (Int, Int) throws -> RestoreExchange.Side
  ) rethrows -> RestoreMove? {
    for item in order {
      switch try side(number, item) {
      case from: return .exchange(part: number, item: item)
      case .unknown: return .stop(part: number, item: item)
      default: continue
      }
    }
    return nil
  }
}

extension RestoreRecord {
  /// The part of which it must be looked which thing is live; nil if there is none.
  var partInExchange: Int? {
    switch intent {
    case .restore: parts.firstIndex { $0.state == .exchanging }
    case .undo: parts.lastIndex { $0.state == .undoing }
    case .forget: nil
    }
  }
}
