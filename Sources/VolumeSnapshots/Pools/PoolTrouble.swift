/// Why a pool can't be changed, whatever its space.
public enum PoolTrouble: Hashable, Sendable {
  /// The kernel gave it up.
  case failed
  /// Its metadata must be checked first.
  case needsCheck
  /// Its metadata can't be changed, mostly since they were full.
  case readOnly
  /// Another fault, in LVM's word.
  case other(String)
  /// It is suspended: commands would wait for ever.
  case suspended
  /// It isn't active, so that nothing is known of its space.
  case inactive
  /// It is active, but LVM doesn't say how full it is.
  case levelUnknown

  /// Finds the gravest trouble of a pool; nil if there is none.
  public init?(_ pool: ThinPool) {
    if pool.health == .failed {
      self = .failed
    } else if pool.needsCheck {
      self = .needsCheck
    } else if pool.health == .readOnly {
      self = .readOnly
    } else if case .other(let word) = pool.health {
      self = .other(word)
    } else if !pool.isActive {
      self = .inactive
    } else if pool.isSuspended {
      self = .suspended
    } else {
      return nil
    }
  }

  /// What to type next.
  func hint(for pool: VolumeName) -> String {
    switch self {
    case .failed, .needsCheck:
      "run `vgchange -an \(pool.group)` once nothing uses its volumes, then `lvconvert --repair \(pool)`"
    case .readOnly:
      "run `lvs -a -o +lv_health_status \(pool.group)`; full metadata grow by `lvextend --poolmetadatasize`"
    case .other, .levelUnknown: "run `lvs -a -o +lv_health_status,lv_attr \(pool.group)`"
    case .suspended: "run `dmsetup info -c` to see whether another program is at work"
    case .inactive: "run `lvchange -ay \(pool)`"
    }
  }
}

extension PoolTrouble: CustomStringConvertible {
  /// The trouble as the end of a sentence about the pool.
  public var description: String {
    switch self {
    case .failed: "has failed"
    case .needsCheck: "needs a check of its metadata (needs_check)"
    case .readOnly: "has become read-only"
    case .other(let word): "is not healthy: lvs says '\(word)'"
    case .suspended: "is suspended"
    case .inactive: "is not active"
    case .levelUnknown: "does not tell how full it is"
    }
  }
}
